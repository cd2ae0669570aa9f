import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Bundles } from '../../src/process/bundles.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('hands on what was heard about one thing once per interval, no matter how often it was heard', () => {
  const { bundles, handed } = collected();

  for (let at = 0; at < 20; at += 1) {
    bundles.add('reviews', [at]);
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(500);

  expect(handed.map((each) => each.length)).toEqual([5, 5, 5, 5]);
  expect(handed.flat()).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

it('does not make one thing wait for another', () => {
  const { bundles, handed } = collected();

  bundles.add('reviews', [1]);
  vi.advanceTimersByTime(400);
  bundles.add('ratings', [2]);
  vi.advanceTimersByTime(100);

  expect(handed).toEqual([[1]]);
});

it('hands on nothing after it was stopped', () => {
  const { bundles, handed } = collected();

  bundles.add('reviews', [1]);
  bundles.stop();
  bundles.add('reviews', [2]);
  vi.advanceTimersByTime(1_000);

  expect(handed).toEqual([]);
});

function collected() {
  const handed: (readonly number[])[] = [];
  const join = (earlier: readonly number[], later: readonly number[]) => [...earlier, ...later];
  return { handed, bundles: new Bundles<readonly number[]>(450, join, (bundle) => handed.push(bundle)) };
}
