import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { splitSchema } from '../../src/domain/routing/ledger.ts';
import { weightOf } from '../../src/domain/routing/split.ts';
import { postSigned } from '../support/signed-request.ts';
import { startTestWorld, type TestWorld, type TestWorldOptions } from '../support/test-world.ts';

const policy = `groups:
  sre: [U02BOB]
rules:
  - name: reviews
    target: "*/default/reviews"
    channels: [C01REVIEWS]
    shift: [everyone]
    approve: { by: [sre], from: 25 }
  - name: ops
    target: "**"
    shift: [sre]
`;

describe('the built bot with a policy file', () => {
  let world: TestWorld | undefined;

  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  async function started(options: TestWorldOptions = {}): Promise<TestWorld> {
    world = await startTestWorld({ ...options, policy });
    return world;
  }

  it('says why, to whoever asks, wherever they ask', async () => {
    const world = await started();
    const { people, objects } = world;

    await people.command('alice', 'why reviews v3 50');
    const needs = await world.told('U01ALICE', 'needs approval');
    await people.command('alice', 'why ratings v1=50 v2=50');
    const refused = await world.told('U01ALICE', 'ratings');

    expect(needs.text).toContain('One approval by `sre`');
    expect(needs.text).toContain('rule `reviews`, line 4 of the policy file');
    expect(refused.text).toContain('You may not shift traffic here; `sre` may (rule `ops`, line 9 of the policy file)');
    expect((await objects.ledger('reviews')).seq).toBe(0);
  });

  it('says why in a thread, too', async () => {
    const world = await started();
    const { people } = world;
    const said = await people.say('bob', 'what may I do?');

    await people.mention('bob', 'why promote ratings v2', { thread_ts: said.ts });
    const answer = await world.told('U02BOB', '*allowed*');

    expect(answer.text).toContain('rule `ops`, line 9');
  });

  it('holds whom Slack says to be of another team for an outsider', async () => {
    const world = await started({ http: true });

    const ours = await signedCommand(world, { user_id: 'U01ALICE', team_id: 'T0SANDBOX' });
    const theirs = await signedCommand(world, { user_id: 'U01ALICE', team_id: 'T02OTHER' });

    expect(ours).toContain('needs approval');
    expect(theirs).toContain('You are of another team than I am');
  });

  it('lets a service only go back in a freeze, one way', async () => {
    const world = await started();
    const { people, objects } = world;
    const share = async () => (await objects.weights('ratings')).find(([version]) => version === 'v2')?.[1] ?? 0;
    for (const percent of [60, 0, 10, 50]) {
      await people.command('bob', `ratings v2 ${percent}`);
      await expect.poll(share).toBe(percent);
    }
    await people.command('bob', 'freeze default/ratings for 1h "carts"');
    await world.told('U02BOB', 'Frozen: the service');

    await people.command('bob', 'rollback ratings');
    await expect.poll(share).toBe(10);
    await people.command('bob', 'ratings v2 3');
    await expect.poll(share).toBe(3);
    await people.command('bob', 'ratings v2 0');
    await expect.poll(share).toBe(0);
    await people.command('bob', 'why rollback ratings');
    const why = await world.told('U02BOB', '*refused*');
    expect(why.text).toContain('it counts as a shift. Changes are frozen');
    const { revisions } = await objects.ledger('ratings');
    for (const { id } of revisions.filter(({ to }) => weightOf(splitSchema.parse(to), 'v2') > 0)) {
      await people.command('bob', `rollback ratings to ${id}`);
      await world.told('U02BOB', '*Not accepted:*', 'it counts as a shift. Changes are frozen');
    }
    expect(await share()).toBe(0);
  });

  it('lets a version grow no more than so much in a time, however fast people type', async () => {
    world = await startTestWorld({ policy: 'rules: [{ target: "**", shift: [everyone], maxStep: 25 }]\n' });
    const { people, objects } = world;
    for (const percent of [25, 50, 75, 100]) await people.command('alice', `reviews v3 ${percent}`);

    const refused = await world.told('U01ALICE', '`v3` grew by 25 percent points');
    expect(refused.text).toMatch(
      /it may get at most 25 in 1m \(rule `\*\*`, line 1 of the policy file\): 25 from <!date\^/,
    );
    await expect.poll(() => objects.weights('reviews')).toContainEqual(['v3', 25]);
    await people.command('alice', 'reviews v3 50..100 by 25 every 30s');
    await world.told('U01ALICE', 'the fastest that works is', 'every 1m');
  });

  it('keeps the last good one when the file is spoilt, and says so in status, log and metrics', async () => {
    const world = await started();
    const { people, logs } = world;
    const policyOk = async () =>
      /^shiftbot_policy_ok (\d)$/m.exec(await (await fetch(`${world.bots[0]?.url}/metrics`)).text())?.[1];
    const before = await policyOk();

    await writeFile(world.policyFile, policy.replace('shift: [everyone]', 'shifts: [everyone]'));
    await expect.poll(policyOk, { interval: 200 }).toBe('0');
    await people.command('bob', 'status reviews');
    const status = await world.told('U02BOB', 'policy file is wrong');
    await people.command('bob', 'why reviews v3 10');
    const why = await world.told('U02BOB', '*allowed*');
    await writeFile(world.policyFile, policy);
    await expect.poll(policyOk, { interval: 200 }).toBe('1');

    expect(before).toBe('1');
    expect(status.text).toContain('4:5 rules[0].shift: is missing');
    expect(why.text).toContain('rule `reviews`, line 4');
    expect(logs.some((line) => line.includes('the policy file has faults') && line.includes('7:5 '))).toBe(true);
    expect((await fetch(`${world.bots[0]?.url}/readyz`)).status).toBe(200);
  });
});

/** What the bot answers to `/shift why reviews v3 50`, posted as Slack posts it. */
function signedCommand(world: TestWorld, from: Readonly<Record<string, string>>): Promise<string> {
  return postSigned(world, {
    command: '/shift',
    text: 'why reviews v3 50',
    channel_id: 'C01REVIEWS',
    trigger_id: `trigger.${Math.random()}`,
    api_app_id: 'A0SHIFTBOT',
    response_url: 'https://hooks.slack.com/commands/1',
    ...from,
  });
}
