import { totalOf } from '../guard/seen-so-far.ts';
import type { RampGuards } from './guards.ts';
import { saidBy } from './guards-say.ts';

/** Whether a look made the guards say something else of a step, and not only other counts. */
export function haveNews(before: RampGuards, after: RampGuards, step: number): boolean {
  return sayings(before, step) !== sayings(after, step);
}

/** Whether a look added to what is known. One in which nobody called anything did not, and need not be kept. */
export function haveMore(before: RampGuards, after: RampGuards, step: number): boolean {
  const { counted, unreached = {} } = after.last ?? {};
  const requests = [counted?.canary.requests ?? 0, counted?.others.requests ?? 0, ...Object.values(unreached)];
  const isOwnNew = before.own?.beyond !== after.own?.beyond;
  return requests.some((each) => each > 0) || isOwnNew || haveNews(before, after, step);
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
