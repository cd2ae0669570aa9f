import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { isFor, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;

/** In the answer to what was accepted, whichever of its deliveries was answered first. */
const taken = ' % to v3';

/** How many of a person's changes were too many, as all processes together count them. */
async function refusedOf(redis: Redis, user: string): Promise<number> {
  const [key = ''] = await redis.keys(`{shiftbot}:over-limit:change:*:${user}`);
  return Number(await redis.get(key));
}

describe('a flood of commands, with two processes of the bot', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  it('is taken up to the limit, told once, and does not hold back others', async () => {
    world = await startTestWorld({
      bots: [{ roles: 'chat' }, { roles: 'chat,worker' }],
      environment: { COMMANDS_PER_MINUTE: '1' },
    });

    for (let share = 1; share <= 12; share += 1) await world.people.command('alice', `reviews v3 ${share}`);
    await world.people.command('bob', 'ratings v2 50');

    const redis = new Redis(world.redisUrl);
    await expect.poll(() => refusedOf(redis, alice.id)).toBe(11);
    redis.disconnect();
    const messages = await world.people.waitFor(
      'the answers to alice and bob',
      (all) =>
        all.some((message) => isFor(bob.id, message, 'ratings · 50 % to v2')) &&
        all.some((message) => isFor(alice.id, message, taken)) &&
        all.some((message) => isFor(alice.id, message, 'That is a lot')) &&
        all,
    );
    const said = (...words: readonly string[]) => messages.filter((message) => isFor(alice.id, message, ...words));
    expect(said(taken)).toHaveLength(1);
    expect(said('That is a lot: I take 1 a minute')).toHaveLength(1);
    expect(said()).toHaveLength(2);
  });
});
