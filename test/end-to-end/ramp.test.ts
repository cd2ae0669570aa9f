import { describe, it } from 'vitest';
import { realPrometheus } from '../support/prometheus.ts';
import { buttonsOf } from '../support/slack-client.ts';
import { cardIn, startTestWorld } from '../support/test-world.ts';

const prometheus = await realPrometheus();
const patient = { timeout: 60_000 };

describe.concurrent('a ramp', () => {
  it('goes on to its end, though the bot was killed between two steps', { timeout: 180_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const world = await startTestWorld();
    onTestFinished(() => world.stop());
    await world.people.command('alice', 'reviews v3 25,60,100 every 15s');
    const first = await cardIn(world.people, ['ramp to v3, step 1 of 3', 'Next: 60 %'], { timeoutMs: 30_000 });
    expect(first.text).toContain('No guard watches');

    await world.bots[0]?.kill();
    await expect.poll(() => Date.now() - Number(first.ts) * 1000, patient).toBeGreaterThan(17_000);
    await world.startBot();

    const last = await cardIn(world.people, ['step 3 of 3', 'Finished'], { timeoutMs: 90_000 });
    expect(last.ts).toBe(first.ts);
    expect(await world.objects.weights('reviews')).toEqual(expect.arrayContaining([['v3', 100]]));
    expect(await world.objects.ledger('reviews')).toMatchObject({ seq: 3 });
  });

  it('is paused, goes on, makes its next step once for two clicks, and goes back in one change', {
    timeout: 120_000,
  }, async ({ expect, onTestFinished }) => {
    const world = await startTestWorld();
    onTestFinished(() => world.stop());
    await world.people.command('alice', 'reviews v3 10..100 by 10 every 5m');
    const running = await cardIn(world.people, ['step 1 of 10', 'Next: 20 %'], { timeoutMs: 30_000 });
    await world.people.click('alice', running, 'Pause');
    const paused = await cardIn(world.people, ['step 1 of 10', '*Paused* by'], { timeoutMs: 30_000 });
    await world.people.click('alice', paused, 'Resume');
    const again = await cardIn(world.people, ['step 1 of 10', 'Next: 20 %'], { timeoutMs: 30_000 });

    await Promise.all((['alice', 'bob'] as const).map((user) => world.people.click(user, again, '20 % now')));
    const second = await cardIn(world.people, ['step 2 of 10', 'Next: 30 %'], { timeoutMs: 30_000 });
    expect(buttonsOf(second).map((button) => button.text)).toContain('30 % now');
    expect(await world.objects.ledger('reviews')).toMatchObject({ seq: 2 });

    await world.people.click('bob', second, 'Roll back to v1 100 %');
    await cardIn(world.people, ['Aborted', 'Back to v1 100 %'], { timeoutMs: 30_000 });
    expect(await world.objects.weights('reviews')).toEqual(expect.arrayContaining([['v1', 100]]));
    expect(await world.objects.ledger('reviews')).toMatchObject({ seq: 3 });
  });

  it.skipIf(prometheus === undefined)(
    'takes itself back when its version fails more often (needs a Prometheus)',
    { timeout: 240_000 },
    async ({ expect, onTestFinished }) => {
      const world = await startTestWorld({ bookinfo: { requestsPerSecond: 40 }, prometheus: {} });
      onTestFinished(() => world.stop());
      expect(await world.measuring.state).toEqual({ kind: 'running' });
      const form = new URLSearchParams({ 'reviews-v3.fail': '50' });
      await fetch(new URL('/faults', world.page?.url), { method: 'POST', body: form });

      await world.people.command('alice', 'reviews v3 30 for 5m, 100');
      const back = await cardIn(
        world.people,
        ['Taken back', 'v3 fails more often', 'Were it no worse', 'Back to v1 100 %'],
        {
          timeoutMs: 150_000,
        },
      );

      expect(back.text).toMatch(/fewer than one ramp in 1,000/);
      expect(await world.objects.weights('reviews')).toEqual(expect.arrayContaining([['v1', 100]]));
      expect(await world.objects.ledger('reviews')).toMatchObject({ seq: 2, revisions: [{ by: 'guard' }, {}] });
      const told = await world.people.waitFor('a word in the thread', (messages) =>
        messages.find(({ thread_ts, text }) => thread_ts === back.ts && text.includes('Taken back')),
      );
      expect(told.text).toContain('<@');
    },
  );
});
