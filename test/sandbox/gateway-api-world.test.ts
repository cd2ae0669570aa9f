import { describe, expect, it, onTestFinished } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startTestWorld } from '../support/test-world.ts';

const { alice } = workspace.users;
const noStars = ['v1'];

describe('the world of the Gateway API', () => {
  it('plays the tour with HTTPRoutes', async () => {
    const world = await startTestWorld({ world: 'gateway-api', bookinfo: { requestsPerSecond: 10 } });
    onTestFinished(() => world.stop());
    const type = (line: string) => world.people.command('alice', line);
    const told = (...words: readonly string[]) => world.told(alice.id, ...words);
    const seen = async (times: number, headers: Readonly<Record<string, string>> = {}) => {
      const versions = new Set<string>();
      for (let time = 0; time < times; time++) {
        const text = await (await fetch(world.page?.url ?? '', { headers })).text();
        versions.add(/reviews (v\d)/.exec(text)?.[1] ?? 'none');
      }
      return [...versions].toSorted();
    };

    await type('tour 1');
    await told('/shift apply bookinfo/http-route-all-v1');
    await type('apply bookinfo/http-route-all-v1');
    await told('All is already as the file says');
    expect(await seen(5)).toEqual(noStars);

    await type('reviews v3 50');
    const half = await world.card('reviews · 50 % to reviews-v3', 'Applied', 'In effect');
    await expect.poll(() => seen(20)).toEqual(['v1', 'v3']);
    await world.people.click('alice', half, 'reviews-v3 → 100 %');
    const all = await world.card('reviews · 100 % to reviews-v3', 'Applied', 'In effect');
    await expect.poll(() => seen(5)).toEqual(['v3']);
    await world.people.click('alice', all, 'Roll back');
    await world.card('reviews · back to reviews-v1 50 %, reviews-v3 50 %', 'Applied');
    await type('apply bookinfo/http-route-reviews-test-v2');
    const difference = await told('is more than a shift', 'and above it `end-user');
    await world.people.click('alice', difference, 'Apply');
    await world.card('reviews · bookinfo/http-route-reviews-test-v2', 'Applied', 'end-user = jason → reviews-v2');
    await expect.poll(() => seen(5, { cookie: 'user=jason' })).toEqual(['v2']);
    expect(await seen(5)).toEqual(noStars);
    await type('unpin reviews end-user=jason');
    await world.people.click('alice', await told('Unpinning'), 'Apply');
    await world.card('unpin', 'Applied');
    await expect.poll(() => seen(5, { cookie: 'user=jason' })).toEqual(noStars);

    // A file whose weights alone differ is the shift that it comes to.
    await type('apply bookinfo/http-route-reviews-50-v3');
    await world.card('reviews-v3 0 → 50 %', 'Applied');

    await type('reviews v3 60 ask, 100');
    await world.card('reviews · ramp to reviews-v3', 'step 1 of 2');
    await type('abort reviews');
    await world.card('reviews · ramp to reviews-v3', 'Aborted', 'Back to reviews-v1 50 %');

    await type('delete bookinfo/http-route-all-v1');
    await world.people.click('alice', await told('is more than a shift', 'it would delete'), 'Delete');
    const cleaned = await world.card('bookinfo/http-route-all-v1', 'Applied');
    await expect.poll(() => seen(30)).toEqual(['v1', 'v2', 'v3']);
    await type('tour 11');
    await told('/shift delete bookinfo/http-route-all-v1'); // the versions are Services still
    await world.people.click('alice', cleaned, 'Roll back');
    await world.card('back to before delete', 'created');
    await expect.poll(() => seen(30)).toEqual(['v1', 'v3']);
  }, 90_000);
});
