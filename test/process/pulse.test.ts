import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pulse } from '../../src/process/pulse.ts';

describe('a pulse', () => {
  let stalls: number[];
  let pulse: Pulse;
  let clockMs: number;

  beforeEach(() => {
    vi.useFakeTimers();
    stalls = [];
    clockMs = 0;
    pulse = new Pulse(
      (forMs) => stalls.push(forMs),
      () => clockMs,
    );
    pulse.start();
  });
  afterEach(() => {
    pulse.stop();
    vi.useRealTimers();
  });

  const live = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      clockMs += 250;
      vi.advanceTimersByTime(250);
    }
  };

  it('reports nothing while the process runs', () => {
    live(60_000);

    expect(pulse.justStoodStill()).toBe(false);
    expect(pulse.problem()).toBeUndefined();
    expect(stalls).toEqual([]);
  });

  it('ignores a short pause', () => {
    clockMs += 1_900;

    expect(pulse.justStoodStill()).toBe(false);
    expect(stalls).toEqual([]);
  });

  it('recognizes a request right after the process stood still, before any timer has run', () => {
    live(1_000);
    clockMs += 4_000;

    expect(pulse.justStoodStill()).toBe(true);
    live(500);
    expect(pulse.justStoodStill()).toBe(false);
    expect(stalls).toEqual([3_750]);
    expect(pulse.problem()).toBeUndefined();
  });

  it('makes the process not ready for a while after a long standstill', () => {
    clockMs += 10_250;
    live(1_000);

    expect(pulse.problem()).toMatch(/^Process: it stood still for 10 s/);
    live(30_000);
    expect(pulse.problem()).toBeUndefined();
  });
});
