import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { isFor, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;

describe('a flood of commands, with two processes of the bot', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  it('is taken up to the limit, told once, and does not hold back others', async () => {
    world = await startTestWorld({
      bots: [{ roles: 'chat' }, { roles: 'chat,worker' }],
      environment: { COMMANDS_PER_MINUTE: '6' },
    });

    for (let share = 1; share <= 12; share += 1) await world.people.command('alice', `reviews v3 ${share}`);
    await world.people.command('bob', 'ratings v2 50');

    const messages = await world.people.waitFor(
      'the answer to bob',
      (all) => all.some((message) => isFor(bob.id, message, 'Accepted')) && all,
    );
    const said = (...words: readonly string[]) => messages.filter((message) => isFor(alice.id, message, ...words));
    // On a busy machine the bucket has refilled by one, or an answer did not come in time.
    expect(said('Accepted: c-').length).toBeGreaterThanOrEqual(2);
    expect(said('Accepted: c-').length).toBeLessThanOrEqual(6);
    expect(said('That is a lot: I take 6 a minute')).toHaveLength(1);
    expect(said().length).toBeLessThanOrEqual(7);
  });
});
