import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../../src/slack/client/pace.ts';

describe('the pace of a channel', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const staying = new AbortController().signal;

  /** How many of so many turns were granted by now. */
  function counted(turns: readonly Promise<boolean>[]): () => number {
    let granted = 0;
    for (const turn of turns) void turn.then(() => (granted += 1));
    return () => granted;
  }

  it('lets a short burst through, and then one message a second', async () => {
    const pace = new Pace();
    const granted = counted(Array.from({ length: 7 }, () => pace.turn('C1', staying)));

    await vi.advanceTimersByTimeAsync(0);
    const atOnce = granted();
    await vi.advanceTimersByTimeAsync(1_000);
    const afterOneSecond = granted();
    await vi.advanceTimersByTimeAsync(2_000);

    expect([atOnce, afterOneSecond, granted()]).toEqual([4, 5, 7]);
  });

  it('says whether a turn took a wait', async () => {
    const pace = new Pace();

    const turns = Array.from({ length: 5 }, () => pace.turn('C1', staying));
    await vi.advanceTimersByTimeAsync(1_000);

    expect(await Promise.all(turns)).toEqual([false, false, false, false, true]);
  });

  it('stays away as long as Slack asked, from that channel and from no other', async () => {
    const pace = new Pace();
    pace.block('C1', 30_000);
    const [blocked, other] = [counted([pace.turn('C1', staying)]), counted([pace.turn('C2', staying)])];

    await vi.advanceTimersByTimeAsync(29_000);
    const early = [blocked(), other()];
    await vi.advanceTimersByTimeAsync(1_001);

    expect([early, blocked()]).toEqual([[0, 1], 1]);
  });

  it('gives the place of whoever leaves to those who wait', async () => {
    const pace = new Pace();
    const leaving = new AbortController();
    counted(Array.from({ length: 4 }, () => pace.turn('C1', staying)));
    const left = counted(Array.from({ length: 100 }, () => pace.turn('C1', leaving.signal)));
    const granted = counted([pace.turn('C1', staying)]);

    leaving.abort();
    await vi.advanceTimersByTimeAsync(0);
    const before = [left(), granted()];
    await vi.advanceTimersByTimeAsync(1_000);

    expect([before, granted()]).toEqual([[100, 0], 1]);
  });

  it('lets nobody wait once it is closed', async () => {
    const pace = new Pace();
    pace.block('C1', 30_000);
    const waiting = pace.turn('C1', staying);
    const refused = expect(waiting).rejects.toMatchObject({ outcome: 'later' });

    pace.close();

    await refused;
    await expect(pace.turn('C1', staying)).rejects.toMatchObject({ outcome: 'later' });
  });

  it('forgets channels that are quiet, however many there were', async () => {
    const pace = new Pace();
    for (let channel = 0; channel < 3_000; channel += 1) {
      await pace.turn(`C${channel}`, staying);
      await vi.advanceTimersByTimeAsync(2_000);
    }

    expect(await pace.turn('C1', staying)).toBe(false);
  });
});
