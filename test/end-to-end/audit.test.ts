import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { keys } from '../../src/redis/keys.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { isFor, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob, carol } = workspace.users;
const token = 'a-token-for-the-audit';
const recordKey = 'a-key-that-signs-records';
const policy = `groups:
  sre: [${bob.id}]
rules:
  - name: reviews
    target: "*/default/reviews"
    shift: [${alice.id}]
    approve: { by: [sre], from: 25 }
`;

type Line = Readonly<Record<string, unknown>>;

describe('the audit of the built bot', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  async function started(): Promise<void> {
    const environment = { AUDIT_TOKEN: token, RECORD_KEY: recordKey };
    world = await startTestWorld({ bots: [{ roles: 'chat,worker' }, { roles: 'chat,worker' }], policy, environment });
  }

  /** What a process hands out, as soon as it has so many lines. */
  async function exported(count: number, bot = world.bots[0]): Promise<readonly Line[]> {
    let lines: readonly Line[] = [];
    const headers = { authorization: `Bearer ${token}` };
    await expect
      .poll(async () => {
        const text = await (await fetch(`${bot?.url}/audit.ndjson`, { headers })).text();
        lines = text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line));
        return lines.length;
      })
      .toBe(count);
    return lines;
  }

  it('tells of an approval, to people, to who exports it and in the log', async () => {
    await started();
    const { people } = world;
    await people.command('alice', 'reviews v3 50 --reason "red <!channel> stars"');
    const waits = await world.card('reviews · 50 % to v3');
    await people.command('carol', 'reviews v3 30');
    await world.told(carol.id, 'You may not shift traffic here');
    await people.click('alice', waits, 'Approve');
    await world.told(alice.id, 'You may not approve here');
    await people.click('bob', waits, 'Approve');
    await world.card('reviews · 50 % to v3', 'Applied in');

    const lines = await exported(5);
    await people.command('carol', 'audit reviews');
    const shown = await world.told(carol.id, 'newest first');
    await people.command('carol', `audit <@${bob.id}|bob>`);
    const ofBob = await world.told(carol.id, `*<@${bob.id}>*, newest first`);

    const told = lines.map(({ kind, by, because, rule }) => [kind, by, because, rule]);
    const line = { name: 'reviews', line: 4 };
    const member = (user: string) => expect.objectContaining({ user });
    expect(told).toEqual([
      ['awaiting', member(alice.id), undefined, line],
      ['denied', member(carol.id), 'not-allowed', line],
      ['denied', member(alice.id), 'not-allowed', line],
      ['approved', member(bob.id), undefined, line],
      ['applied', undefined, undefined, undefined],
    ]);
    expect(new Set(lines.filter(({ changeId }) => changeId !== undefined).map(({ plan }) => plan)).size).toBe(1);
    expect(
      shown.text
        .split('\n')
        .slice(1)
        .map((each) => each.replace(/^[^·]+· /, '').replace(/c-\w{8}/, 'c-…')),
    ).toEqual([
      `applied, asked by <@${alice.id}> · c-… \`reviews\` v1 100 → 50 %, v3 0 → 50 % · “red !channel stars”`,
      `<@${bob.id}> approved, asked by <@${alice.id}> · c-… \`reviews\` v1 100 → 50 %, v3 0 → 50 % · rule \`reviews\`, line 4 of the policy file · “red !channel stars”`,
      `<@${alice.id}> was denied by policy · approve c-… \`reviews\` v1 100 → 50 %, v3 0 → 50 % · \`not-allowed\` · rule \`reviews\`, line 4 of the policy file`,
      `<@${carol.id}> was denied by policy · shift \`reviews\` v1 100 → 70 %, v3 0 → 30 % · \`not-allowed\` · rule \`reviews\`, line 4 of the policy file`,
      `<@${alice.id}> asked; waits for approval · c-… \`reviews\` v1 100 → 50 %, v3 0 → 50 % · rule \`reviews\`, line 4 of the policy file · “red !channel stars”`,
    ]);
    expect(ofBob.text.split('\n')).toHaveLength(2);
    const logged = () => world.logs.flatMap((each) => (each.includes('"msg":"audit"') ? [JSON.parse(each).id] : []));
    await expect.poll(() => logged().toSorted()).toEqual(lines.map(({ id }) => id).toSorted());
    expect(world.logs.join('\n')).not.toMatch(new RegExp(`${token}|${recordKey}`));
    expect(await exported(5, world.bots[1])).toEqual(lines);
  });

  it('tells of clicks that no card shows, and answers them all alike', async () => {
    await started();
    const { people } = world;
    await people.command('alice', 'reviews v3 10');
    const shown = await world.card('reviews · 10 % to v3', 'Applied in');
    const [, id = ''] = /(c-\w{8})/.exec(shown.text) ?? [];
    const place = { channel: shown.channel, messageTs: shown.ts };
    const elsewhere = await people.say('bob', 'look', { channel: workspace.channels.general.id });

    await people.clickRaw('carol', { ...place, action: { action_id: 'roll_back', value: `${id}x` } });
    await world.told(carol.id, 'not one of mine');
    await people.clickRaw('carol', { ...place, action: { action_id: 'roll_back', value: 'c-00000000' } });
    const unknown = await world.told(carol.id, 'Nothing is known of c-00000000');
    await people.clickRaw('carol', { ...place, action: { action_id: 'delete_all', value: id } });
    await world.told(carol.id, 'I do not know what');
    await people.clickRaw('alice', {
      ...{ channel: elsewhere.channel, messageTs: elsewhere.ts },
      action: { action_id: 'roll_back', value: id },
    });
    const strayed = await people.waitFor(
      'the answer in the other channel',
      (all) => all.findLast((message) => isFor(alice.id, message, 'Nothing is known')),
      { channel: elsewhere.channel },
    );

    const lines = await exported(6);

    expect(lines.slice(2).map(({ because, deed, detail }) => [because, deed, detail])).toEqual([
      ['altered-button', 'click', 'roll_back'],
      ['unknown-change', 'rollback', undefined],
      ['unknown-button', 'click', 'delete_all'],
      ['wrong-channel', 'click', undefined],
    ]);
    expect(strayed.text.replace(id, 'c-00000000')).toBe(unknown.text);
    expect((await world.objects.ledger('reviews')).seq).toBe(1);
  });

  it('shows an entry that was altered in Redis as one that cannot be trusted', async () => {
    await started();
    const { people } = world;
    await people.command('carol', 'reviews v3 30');
    await exported(1);
    const redis = new Redis(world.redisUrl);
    const [[entry = '', [, event = '', , mac = '']] = ['', []]] = await redis.xrange(keys.audit, '-', '+');
    await redis.xdel(keys.audit, entry);
    await redis.xadd(keys.audit, '*', 'event', event.replaceAll(carol.id, bob.id), 'mac', mac);
    redis.disconnect();

    await people.command('alice', 'audit reviews');

    expect((await world.told(alice.id, 'cannot be trusted')).text).not.toContain(bob.id);
    expect(await exported(1)).toMatchObject([{ kind: 'untrusted' }]);
  });
});
