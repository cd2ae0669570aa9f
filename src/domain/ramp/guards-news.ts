import { totalOf } from '../guard/seen-so-far.ts';
import type { RampGuards } from './guards.ts';
import { saidBy } from './guards-say.ts';

/** Whether a look made the guards say something else of a step, and not only other counts. */
export function haveNews(before: RampGuards, after: RampGuards, step: number): boolean {
  return sayings(before, step) !== sayings(after, step);
}

function sayings(guards: RampGuards, step: number): string {
  const { canary, others } = totalOf(guards.seen.slice(step - 1, step));
  return JSON.stringify([
    guards.last?.step === step,
    guards.confounded,
    guards.sticky,
    canary.requests > 0,
    others.requests > 0,
    saidBy(guards, step).map(({ guard, verdict }) => [guard, verdict]),
  ]);
}
