import { isSameObject, type ObjectRef } from '../routing/object.ts';
import type { Split } from '../routing/split.ts';

/** What one rule of one object has, or is to get. */
export interface RampTarget {
  readonly object: ObjectRef;
  readonly rule: string;
  readonly split: Split;
}

/** At least one, no two of the same rule. Every step of a ramp has the same rules in the same order. */
export type RampTargets = readonly [RampTarget, ...RampTarget[]];

export function isSameTarget(
  one: Pick<RampTarget, 'object' | 'rule'>,
  other: Pick<RampTarget, 'object' | 'rule'>,
): boolean {
  return one.rule === other.rule && isSameObject(one.object, other.object);
}
