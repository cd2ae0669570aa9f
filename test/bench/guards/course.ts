import type { Batch } from '../../../src/domain/guard/batch.ts';
import type { Draws } from './draws.ts';

export const lookSeconds = 15;

export interface Step {
  readonly share: number;
  readonly seconds: number;
}

/** How a made-up ramp goes. */
export interface Course {
  readonly steps: readonly Step[];
  /** How many steps were planned, if it does not reach them all. */
  readonly planned?: number;
  readonly callers: readonly Caller[];
}

/** Good and bad requests that are to be expected in a look. */
export interface Expected {
  readonly canary: { readonly good: number; readonly bad: number };
  readonly others: { readonly good: number; readonly bad: number };
}

/** Begins a ramp. Then answers what to expect of this caller in a look, by the configured share and the time since the ramp began. */
export type Caller = (draws: Draws) => (share: number, second: number) => Expected;

export interface Look {
  /** Since the ramp began, at the end of the look. */
  readonly second: number;
  /** From 1. */
  readonly step: number;
  readonly share: number;
  /** One for each caller. */
  readonly batches: readonly Batch[];
}

/** Everything fails more often from one second to another, whatever the version. */
export interface Outage {
  readonly from: number;
  readonly until: number;
  readonly rate: number;
}

export interface Habits {
  readonly perSecond: number;
  /** Failure rates. */
  readonly others: number;
  readonly canary: number;
  /** The canary fails like the others before. */
  readonly canaryFrom?: number;
  readonly outage?: Outage;
  /** The share that this caller really gives to the canary. */
  readonly real?: (share: number) => number;
}

export function caller({ perSecond, others, canary, canaryFrom = 0, outage, real = (share) => share }: Habits): Caller {
  const requests = perSecond * lookSeconds;
  return () => (configured, second) => {
    const share = real(configured);
    const isOut = outage !== undefined && second >= outage.from && second < outage.until;
    const canaryRate = isOut ? outage.rate : second >= canaryFrom ? canary : others;
    return {
      canary: parts(requests * share, canaryRate),
      others: parts(requests * (1 - share), isOut ? outage.rate : others),
    };
  };
}

/**
 * Sessions that stick to a version: each falls on the canary or not by a draw of its own, and not by a draw for each request. Some sessions
 * fail often, whatever the version.
 */
export function stickySessions(habits: {
  readonly sessions: number;
  readonly perSecond: number;
  readonly failing: number;
  readonly rate: number;
}): Caller {
  const each = (habits.perSecond * lookSeconds) / habits.sessions;
  return (draws) => {
    const places = Array.from({ length: draws.poisson(habits.sessions * habits.failing) }, () => draws.uniform());
    const fine = habits.sessions * (1 - habits.failing) * each;
    return (share) => {
      const onCanary = places.filter((place) => place < share).length;
      const side = (failing: number, part: number) => {
        const { good, bad } = parts(failing * each, habits.rate);
        return { good: good + fine * part, bad };
      };
      return { canary: side(onCanary, share), others: side(places.length - onCanary, 1 - share) };
    };
  };
}

/** The looks of one ramp, as they come. */
export function* looksOf({ steps, callers }: Course, draws: Draws): Generator<Look, void, boolean | undefined> {
  const begun = callers.map((begin) => begin(draws));
  let second = 0;
  for (const [at, { share, seconds }] of steps.entries()) {
    let left = seconds;
    while (left > 0) {
      const batches = begun.map((expect) => drawBatch(expect(share, second), draws));
      second += lookSeconds;
      left -= lookSeconds;
      const again = yield { second, step: at + 1, share, batches };
      if (again) left += 60; // whoever watches does not let this minute count
    }
  }
}

export function drawBatch({ canary, others }: Expected, draws: Draws): Batch {
  return { canary: drawTally(canary, draws), others: drawTally(others, draws) };
}

function drawTally({ good, bad }: Expected['canary'], draws: Draws): Batch['canary'] {
  const drawn = draws.poisson(bad);
  return { requests: drawn + draws.poisson(good), bad: drawn };
}

function parts(requests: number, rate: number): Expected['canary'] {
  return { good: requests * (1 - rate), bad: requests * rate };
}
