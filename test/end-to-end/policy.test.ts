import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorldOptions } from '../../src/sandbox/world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { isFor, startTestWorld, type TestWorld } from '../support/test-world.ts';

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

  async function started(
    options: Partial<WorldOptions> = {},
  ): Promise<{ readonly world: TestWorld; readonly path: string }> {
    const path = join(temporaryFolder(), 'policy.yaml');
    await writeFile(path, policy);
    world = await startTestWorld({ ...options, environment: { POLICY_FILE: path } });
    return { world, path };
  }

  it('says why, to whoever asks, wherever they ask', async () => {
    const { world } = await started();
    const { people, objects } = world;

    await people.command('alice', 'why reviews v3 50');
    const needs = await people.waitFor('the answer', (all) =>
      all.find((each) => isFor('U01ALICE', each, 'needs approval')),
    );
    await people.command('alice', 'why ratings v1=50 v2=50');
    const refused = await people.waitFor('the refusal', (all) =>
      all.find((each) => isFor('U01ALICE', each, 'ratings')),
    );

    expect(needs.text).toContain('One approval by `sre`');
    expect(needs.text).toContain('rule `reviews`, line 4 of the policy file');
    expect(refused.text).toContain('You may not shift traffic here; `sre` may (rule `ops`, line 9 of the policy file)');
    expect((await objects.ledger('reviews')).seq).toBe(0);
  });

  it('says why in a thread, too', async () => {
    const { world } = await started();
    const { people } = world;
    const said = await people.say('bob', 'what may I do?');

    await people.mention('bob', 'why promote ratings v2', { thread_ts: said.ts });
    const answer = await people.waitFor('why', (all) => all.find((each) => isFor('U02BOB', each, '*allowed*')));

    expect(answer.text).toContain('rule `ops`, line 9');
  });

  it('holds whom Slack says to be of another team for an outsider', async () => {
    const { world } = await started({ http: true });

    const ours = await signedCommand(world, { user_id: 'U01ALICE', team_id: 'T0SANDBOX' });
    const theirs = await signedCommand(world, { user_id: 'U01ALICE', team_id: 'T02OTHER' });

    expect(ours).toContain('needs approval');
    expect(theirs).toContain('You are of another team than I am');
  });

  it('keeps the last good one when the file is spoilt, and says so in status, log and metrics', async () => {
    const { world, path } = await started();
    const { people, logs } = world;
    const policyOk = async () =>
      /^shiftbot_policy_ok (\d)$/m.exec(await (await fetch(`${world.bots[0]?.url}/metrics`)).text())?.[1];
    const before = await policyOk();

    await writeFile(path, policy.replace('shift: [everyone]', 'shifts: [everyone]'));
    await expect.poll(policyOk, { interval: 200 }).toBe('0');
    await people.command('bob', 'status reviews');
    const status = await people.waitFor('the status', (all) =>
      all.find((each) => isFor('U02BOB', each, 'policy file is wrong')),
    );
    await people.command('bob', 'why reviews v3 10');
    const why = await people.waitFor('why', (all) => all.find((each) => isFor('U02BOB', each, '*allowed*')));
    await writeFile(path, policy);
    await expect.poll(policyOk, { interval: 200 }).toBe('1');

    expect(before).toBe('1');
    expect(status.text).toContain('4:5 rules[0].shift: is missing');
    expect(why.text).toContain('rule `reviews`, line 4');
    expect(logs.some((line) => line.includes('the policy file has faults') && line.includes('7:5 '))).toBe(true);
    expect((await fetch(`${world.bots[0]?.url}/readyz`)).status).toBe(200);
  });
});

/** What the bot answers to `/shift why reviews v3 50`, posted as Slack posts it. */
async function signedCommand(world: TestWorld, from: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({
    command: '/shift',
    text: 'why reviews v3 50',
    channel_id: 'C01REVIEWS',
    trigger_id: `trigger.${Math.random()}`,
    api_app_id: 'A0SHIFTBOT',
    response_url: 'https://hooks.slack.com/commands/1',
    ...from,
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', world.slack.credentials.signingSecret).update(`v0:${timestamp}:${body}`);
  const answer = await fetch(`${world.bots[0]?.url}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature.digest('hex')}`,
    },
    body,
  });
  return answer.text();
}
