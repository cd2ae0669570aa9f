import type { TimedShare } from './ramp-ask.ts';

/** Where a ramp first gives its canary more than another one does. */
export interface TooSteep {
  /** The first step is 1. */
  readonly step: number;
  readonly percent: number;
  /** When the step begins, at the earliest, since the ramp's start. */
  readonly fromMs: number;
  /** What the other ramp gives while this step lasts. */
  readonly allowed: number;
  /** The other ramp would give enough, but a person must let it go on first. */
  readonly untilAsked: boolean;
}

/**
 * Finds the first step at which a ramp has more than `bound` gives at the same time since the start. A person may answer at once, so `ask`
 * takes no time. But `bound` goes past its own `ask` only if this ramp asked, too, and not earlier.
 */
export function tooSteep(bound: readonly TimedShare[], ramp: readonly TimedShare[]): TooSteep | undefined {
  const gates = bound.filter(({ asks }) => asks);
  let open = 0;
  for (const [at, { percent, fromMs, asks }] of ramp.entries()) {
    const time: Time = { from: fromMs, until: ramp[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY };
    const allowed = least(upToGate(bound, open), time);
    if (percent > allowed) return { step: at + 1, percent, fromMs, allowed, untilAsked: percent <= least(bound, time) };
    const gate = gates[open];
    if (asks && gate !== undefined && fromMs >= gate.fromMs) open += 1;
  }
  return undefined;
}

interface Time {
  readonly from: number;
  readonly until: number;
}

/** What can be reached when a person has let the ramp go on so many times. */
function upToGate(steps: readonly TimedShare[], open: number): readonly TimedShare[] {
  let left = open;
  const closed = steps.findIndex(({ asks }) => {
    if (asks) left -= 1;
    return left < 0;
  });
  return closed === -1 ? steps : steps.slice(0, closed + 1);
}

/** The least share that these steps give in this time. */
function least(steps: readonly TimedShare[], { from, until }: Time): number {
  const first = steps.findLast(({ fromMs }) => fromMs <= from);
  const later = steps.filter(({ fromMs }) => fromMs > from && fromMs < until);
  return Math.min(...[...(first === undefined ? [] : [first]), ...later].map(({ percent }) => percent));
}
