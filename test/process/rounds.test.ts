import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rounds } from '../../src/process/rounds.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

describe('rounds', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Rounds that return `found`, and the times at which each ran, in ms from the start. */
  function made(found: () => number | Promise<number>, dueInMs = () => Number.POSITIVE_INFINITY) {
    const rounds = new Rounds(new InMemoryLog());
    const startedMs = performance.now();
    const times: number[] = [];
    rounds.start(async () => {
      times.push(performance.now() - startedMs);
      return { open: await found(), dueInMs: dueInMs() };
    });
    return { rounds, times };
  }

  it('are rare while there is nothing to do', async () => {
    const { times } = made(() => 0);

    await vi.advanceTimersByTimeAsync(3_600_000);

    expect(times.length).toBeGreaterThanOrEqual(179);
    expect(times.length).toBeLessThanOrEqual(181);
  });

  it('are frequent while there is work, and after a failed round', async () => {
    const { times } = made(() => {
      if (times.length === 2) throw new Error('away');
      return times.length < 5 ? 1 : 0;
    });

    await vi.advanceTimersByTimeAsync(10_000);

    expect(times).toEqual([500, 1_200, 1_900, 2_600, 3_300]);
  });

  it('come soon after news, once for all of it', async () => {
    const { rounds, times } = made(() => 0);
    await vi.advanceTimersByTimeAsync(10_000);

    for (let news = 0; news < 100; news += 1) rounds.soon();
    await vi.advanceTimersByTimeAsync(2_000);

    expect(times).toEqual([500, 10_250]);
  });

  it('come again after news during a round', async () => {
    const going = Promise.withResolvers<number>();
    const { rounds, times } = made(() => going.promise);
    await vi.advanceTimersByTimeAsync(1_000);

    rounds.soon();
    going.resolve(0);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(times).toEqual([500, 1_700]);
  });

  it('come when a scheduled item is due', async () => {
    const { times } = made(
      () => 0,
      () => 8_500 - performance.now(),
    );

    await vi.advanceTimersByTimeAsync(8_600);

    expect(times).toEqual([500, 8_500]);
  });

  it('end when they are stopped', async () => {
    const { rounds, times } = made(() => 1);
    await vi.advanceTimersByTimeAsync(500);

    rounds.stop();
    rounds.soon();
    await vi.advanceTimersByTimeAsync(10_000);

    expect(times).toEqual([500]);
  });
});
