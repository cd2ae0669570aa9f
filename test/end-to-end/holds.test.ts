import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '../../src/redis/keys.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;
const token = 'a-token-of-incident-tools';

describe('locks and freezes of the built bot', () => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({
      bots: [{ roles: 'chat' }, { roles: 'worker' }],
      environment: { FREEZE_HOOK_TOKEN: token, RECORD_KEY: 'a key of the end to end tests' },
    });
  });
  afterAll(() => world.stop());

  async function hook(body: object, headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` }) {
    const response = await fetch(`${world.bots[1]?.url}/hooks/freeze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  it('keep a service to whoever locked it, let a rollback through, and end', async () => {
    const { people, objects } = world;
    await people.command('bob', 'reviews v3 50');
    const applied = await world.card('reviews · 50 % to v3', 'Applied in');
    await people.command('alice', 'lock reviews “migrating ratings” for 2h');
    await world.told(alice.id, 'Locked: only you move the traffic of `reviews`', '`sandbox/default/reviews`');

    await people.command('bob', 'reviews v3 100');
    const refused = await world.told(bob.id, '*Not accepted:* It is locked');
    await people.command('bob', 'status reviews');
    const status = await world.told(bob.id, 'Locked: `sandbox/default/reviews`');
    const locked = await objects.weights('reviews');
    await people.click('bob', applied, 'Roll back');
    await world.card('back to v1 100 %', 'Applied in', `<@${bob.id}>`);
    await people.command('bob', 'unlock reviews');
    await world.told(bob.id, 'Only its owner unlocks it');
    await people.command('alice', 'unlock reviews');
    await world.told(alice.id, 'Unlocked: `reviews`');
    await people.command('bob', 'promote reviews v2');
    await world.card('reviews · 100 % to v2', 'Applied in');

    for (const { text } of [refused, status]) {
      expect(text).toContain(`by <@${alice.id}>, because of \`migrating ratings\`, until <!date^`);
    }
    expect(locked).toEqual([
      ['v1', 50],
      ['v3', 50],
    ]);
  });

  it('are taken over by a button, and the owner is told', async () => {
    const { people } = world;
    await people.command('alice', 'lock ratings "hands off"');
    await world.told(alice.id, 'Locked: only you move the traffic of `ratings`');

    await people.command('bob', 'lock ratings "an incident" until tomorrow 9:00');
    const question = await world.told(bob.id, '`ratings` is locked', 'hands off', 'Nothing was changed yet');
    await people.click('bob', question, 'Take over');
    const taken = await world.told(bob.id, 'Locked: only you move', `It was the lock of <@${alice.id}>`);
    await people.click('bob', question, 'Take over');
    await people.command('alice', 'ratings v2 100');
    await world.told(alice.id, 'It is locked', `by <@${bob.id}>`, 'an incident');

    expect(taken.text).toContain('`sandbox/default/ratings`');
    await expect.poll(() => noticesTo(alice.id)).toEqual([expect.stringContaining(`was taken over by <@${bob.id}>`)]);
  });

  it('are set and ended by an incident tool, at any process', async () => {
    const { people } = world;
    const order = { action: 'freeze', name: 'INC-42', target: 'sandbox', reason: 'incident 42', for: '1h' };

    const stranger = await hook(order, { authorization: 'Bearer of-nothing' });
    const frozen = await hook(order);
    await people.command('alice', 'details v2 20');
    const refused = await world.told(alice.id, 'Changes are frozen');
    await people.command('alice', 'thaw');
    const listed = await world.told(alice.id, 'Frozen: `sandbox/**`');
    const thawed = await hook({ action: 'thaw', name: 'INC-42' });
    await people.command('alice', 'details v2 20');
    await world.card('details · 20 % to v2', 'Applied in');

    expect(stranger).toEqual({ status: 401, body: { error: 'not allowed' } });
    expect(frozen).toMatchObject({ status: 200, body: { result: 'frozen', inForce: [{ target: 'sandbox/**' }] } });
    expect(thawed).toMatchObject({ status: 200, body: { result: 'thawed', inForce: [] } });
    for (const { text } of [refused, listed]) {
      expect(text).toContain('(`INC-42`) by `hook:INC-42`, because of `incident 42`, until <!date^');
    }
  });

  it('of a person are answered with what they reach, and thawed by somebody else after a question', async () => {
    const { people } = world;
    await people.command('alice', 'freeze nowhere/default/ratings');
    await world.told(alice.id, 'No cluster of mine is called `nowhere`', '`sandbox`');
    await people.command('alice', 'freeze default/ratings for 1h');
    await world.told(alice.id, 'Frozen: the service `sandbox/default/ratings`');
    await people.command('alice', 'freeze sand*/default until friday 18:00 "release day"');
    const frozen = await world.told(alice.id, 'Frozen: every service that `sand*/default/*`', 'in cluster `sandbox`');
    await people.command('bob', 'why details v2 50');
    await world.told(bob.id, '*refused*', 'release day');

    await people.command('bob', 'thaw sand*/default');
    const question = await world.told(bob.id, 'This freeze is not yours');
    await people.click('bob', question, 'Thaw it');
    await world.told(bob.id, 'Thawed: `sand*/default/*`');

    expect(frozen.text).toMatch(/until <!date\^\d+\^\{date_short_pretty\} \{time\}\|/);
    await expect.poll(() => noticesTo(alice.id)).toContainEqual(expect.stringContaining('was thawed by'));
  });

  it('that cannot be read stop a shift, with what takes them out, and no rollback, whatever other junk is there', async () => {
    const { people, objects } = world;
    await people.command('alice', 'reviews v3 30');
    const applied = await world.card('reviews · 30 % to v3', 'Applied in');
    const redis = new Redis(world.redisUrl);
    const before = await objects.weights('reviews');
    await redis.hset(keys.freezes, 'inc-66', 'rubbish');
    await redis.set(keys.locks, 'rubbish');
    for (const key of [keys.audit, keys.open, keys.owed, keys.inDoubt, keys.recent]) await redis.set(key, 'rubbish');
    for (const key of await redis.keys(keys.bucket('*'))) {
      await redis.del(key);
      await redis.hset(key, 'rubbish', 'rubbish');
    }

    await people.command('alice', 'reviews v3 60');
    await world.told(alice.id, '*Not accepted:* What stands in Redis as a lock', '`DEL {shiftbot}:locks`');
    await people.command('alice', 'status reviews');
    await world.told(alice.id, '`DEL {shiftbot}:locks`', '`HDEL {shiftbot}:freezes "inc-66"`');
    await people.command('alice', 'why rollback reviews');
    await world.told(alice.id, '*allowed*', 'going back goes through it');
    expect(await objects.weights('reviews')).toEqual(before);
    await people.click('bob', applied, 'Roll back');
    await world.told(bob.id, 'Accepted', 'A lock in Redis cannot be read, and going back goes through it.');
    await world.card('back to v2 100 %', 'Applied in', `<@${bob.id}>`);
    await people.command('bob', 'audit reviews');
    await world.told(bob.id, 'went through a lock or freeze that cannot be read');

    await redis.del(keys.locks);
    await redis.hdel(keys.freezes, 'inc-66');
    await people.command('alice', 'reviews v3 60');
    await world.card('reviews · 60 % to v3', 'Applied in');
    redis.disconnect();
  });

  async function noticesTo(user: string): Promise<readonly string[]> {
    const posted = (await world.people.log()).filter(
      ({ direction, summary }) => direction === 'from_bot' && summary === 'chat.postMessage',
    );
    return posted.flatMap(({ detail }) => {
      const { channel, text } = detail as { channel?: string; text?: string }; // what the bot posted, as the local Slack logs it
      return channel === user && text !== undefined ? [text] : [];
    });
  }
});
