import { percentages, type Split, versionsOf, weightOf } from '../routing/split.ts';
import { type Ramp, targetsAt } from './ramp.ts';
import type { RampTargets } from './targets.ts';

/**
 * Whether a movement only goes back towards the origin: every share ends between what it is now and what it was before the ramp. All else
 * is up, and is for policy to allow.
 */
export function isBack(before: RampTargets, now: RampTargets, to: RampTargets): boolean {
  return before.every(({ split }, at) => isBackIn(split, now[at]?.split ?? {}, to[at]?.split ?? {}));
}

function isBackIn(before: Split, now: Split, to: Split): boolean {
  const [was, is, wanted] = [percentages(before), percentages(now), percentages(to)];
  return versionsOf({ ...was, ...is }, wanted).every((version) => {
    const share = weightOf(wanted, version);
    const ends = [weightOf(was, version), weightOf(is, version)];
    return share >= Math.min(...ends) && share <= Math.max(...ends);
  });
}

/** The versions that grow over what they had before the ramp, in any step. The others are what they are compared with. */
export function canaryOf({ before, steps }: Pick<Ramp, 'before' | 'steps'>): readonly string[] {
  const grown = steps.flatMap(({ to }) =>
    to.flatMap(({ split }, at) => {
      const [was, is] = [percentages(before[at]?.split ?? {}), percentages(split)];
      return Object.keys(is).filter((version) => weightOf(is, version) > weightOf(was, version));
    }),
  );
  return [...new Set(grown)];
}

/** The largest share that a step gives to the canary anywhere, from 0 to 1. */
export function canaryShare(ramp: Pick<Ramp, 'before' | 'steps'>, step: number): number {
  const canary = canaryOf(ramp);
  return Math.max(...targetsAt(ramp, step).map(({ split }) => shareOfAll(split, canary)));
}

/** The share of these versions together, from 0 to 1. */
export function shareOfAll(split: Split, versions: readonly string[]): number {
  const shares = percentages(split);
  return versions.reduce((sum, version) => sum + weightOf(shares, version), 0) / 100;
}
