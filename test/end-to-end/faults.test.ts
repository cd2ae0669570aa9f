import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startRedis } from '../../src/sandbox/redis-server.ts';
import { buttonsOf, type SlackMessage } from '../support/slack-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;

describe('when something fails in between', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  function cards(messages: readonly SlackMessage[]): readonly SlackMessage[] {
    return messages.filter((message) => message.subtype !== 'ephemeral');
  }

  it('applies what was accepted when chat and worker run apart, and chat was killed meanwhile', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }] });
    await world.people.command('alice', 'reviews v3 50');
    await world.card('reviews · 50 % to v3', 'Queued');
    await world.bots[0]?.kill();

    await world.startBot('worker');

    await world.card('reviews · 50 % to v3', 'Applied in');
    expect(await world.objects.weights('reviews')).toEqual([
      ['v1', 50],
      ['v3', 50],
    ]);
    expect(cards(await world.people.messages())).toHaveLength(1);
  });

  it('keeps the order of one object with three workers, and applies each change once', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }] });
    const shares = [10, 20, 30, 40, 50, 60, 70, 80];
    for (const share of shares) await world.people.command('alice', `reviews v3 ${share}`);

    await Promise.all([world.startBot('worker'), world.startBot('worker'), world.startBot('worker')]);

    await world.card('reviews · 80 % to v3', 'Applied in');
    const { seq, revisions } = await world.objects.ledger('reviews');
    expect(seq).toBe(shares.length);
    expect(revisions.toReversed().map(({ to }) => to)).toEqual(shares.map((share) => ({ v1: 100 - share, v3: share })));
  });

  it('holds a change whose weights somebody moved meanwhile, and does what a person then decides', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }] });
    await world.people.command('alice', 'reviews v3 50');
    await world.people.command('alice', 'ratings v2 50');
    await world.card('ratings · 50 % to v2', 'Queued');
    for (const name of ['reviews', 'ratings']) {
      await world.objects.editByHand(name, (spec) => ({
        ...spec,
        http: [
          { route: ['v1', 'v2'].map((subset, at) => ({ destination: { host: name, subset }, weight: [70, 30][at] })) },
        ],
      }));
    }

    await world.startBot('worker');
    const reviews = await world.card('reviews · 50 % to v3', 'Held', 'v1 70 %, v2 30 %', '`kubectl-edit`');
    const ratings = await world.card('ratings · 50 % to v2', 'Held');
    const untouched = await world.objects.weights('reviews');
    await world.people.click('bob', reviews, 'Apply anyway');
    await world.people.click('bob', ratings, 'Discard');
    await world.card('reviews · 50 % to v3', 'Applied in', `applied anyway by <@${bob.id}>`);
    await world.card('ratings · 50 % to v2', 'Discarded', `<@${bob.id}>`);

    expect(untouched).toEqual([
      ['v1', 70],
      ['v2', 30],
    ]);
    expect(await world.objects.weights('reviews')).toEqual([
      ['v1', 50],
      ['v2', 0],
      ['v3', 50],
    ]);
    expect(await world.objects.weights('ratings')).toEqual([
      ['v1', 70],
      ['v2', 30],
    ]);
  });

  it('accepts nothing while Redis is down, says so at once, and does nothing of it later', async () => {
    const folder = temporaryFolder();
    const redis = await startRedis({ folder });
    world = await startTestWorld({ redisUrl: redis.url });
    await redis.kill();

    await world.people.command('bob', 'status reviews');
    await world.told(bob.id, 'for the mesh', 'What waits is not known: Redis does not answer.');

    const startedMs = performance.now();
    await world.people.command('alice', 'reviews v3 50');
    await world.told(alice.id, 'Not accepted', 'Redis');
    const tookMs = performance.now() - startedMs;
    const again = await startRedis({ folder, port: redis.port });
    try {
      await world.people.command('alice', 'status');
      await expect.poll(async () => readyz()).toBe('ready\n');
      await world.people.command('alice', 'ratings v2 50');
      await world.card('ratings · 50 % to v2', 'Applied in');

      expect(tookMs).toBeLessThan(3_000);
      expect(await world.objects.weights('reviews')).toEqual([['v1', undefined]]);
    } finally {
      await world.stop();
      await again.stop();
    }
  });

  it('rolls back from the history on the object when Redis has forgotten everything', async () => {
    world = await startTestWorld();
    await world.people.command('alice', 'reviews v3 50');
    const applied = await world.card('reviews · 50 % to v3', 'Applied in');
    const redis = new Redis(world.redisUrl);
    await redis.flushall();
    redis.disconnect();

    await world.people.click('bob', applied, 'Roll back');

    await world.card('reviews · back to v1 100 %', 'Applied in');
    expect(await world.objects.weights('reviews')).toEqual([
      ['v1', 100],
      ['v3', 0],
    ]);
  });

  it('tells of an object that is gone, with nothing left to click', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }] });
    await world.people.command('alice', 'reviews v3 50');
    await world.card('Queued');
    await world.objects.delete('reviews');

    await world.startBot('worker');

    const ended = await world.card('reviews · 50 % to v3', 'Not applied', 'no VirtualService `reviews`');
    expect(buttonsOf(ended)).toEqual([]);
  });

  it('posts the card when Slack is back, and applies the change meanwhile', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }] });
    await world.people.command('alice', 'reviews v3 50');
    const queued = await world.card('Queued');
    world.slack.pause();
    await world.startBot('worker');
    await expect
      .poll(() => world.objects.weights('reviews'))
      .toEqual([
        ['v1', 50],
        ['v3', 50],
      ]);

    world.slack.resume();

    const applied = await world.card('reviews · 50 % to v3', 'Applied in');
    expect(applied.ts).toBe(queued.ts);
  });

  it('ends in order when it is told to', async () => {
    world = await startTestWorld();
    await world.people.command('alice', 'reviews v3 50');
    await world.card('reviews · 50 % to v3', 'Applied in');
    const [bot] = world.bots;

    await bot?.stop();

    expect(await bot?.exited).toMatchObject({ code: 0 });
  });

  async function readyz(): Promise<string> {
    return (await fetch(`${world.bots[0]?.url}/readyz`)).text();
  }
});
