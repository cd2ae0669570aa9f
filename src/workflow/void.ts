import type { Change, State } from '../domain/change.ts';
import type { Denial } from '../domain/judge.ts';
import { findRule, type Route } from '../domain/route.ts';

type Voided = Extract<State, { kind: 'void' }>;
interface Clock {
  readonly now: () => Date;
}

/** The end of a plan that does not hold any more, with what the object has instead. */
export function voidOf(
  { now }: Clock,
  route: Route,
  { rule }: Change,
  why: Pick<Voided, 'because' | 'denied' | 'heldUntil' | 'rule'>,
): Voided {
  const live = findRule(route, rule)?.split;
  return { kind: 'void', at: now().toISOString(), uid: route.uid, live, lastWriter: route.lastWriter?.manager, ...why };
}

/** Why a plan ends that policy, a lock or a freeze allows no more. */
export function byDenial(denial: Denial): Pick<Voided, 'because' | 'denied' | 'heldUntil' | 'rule'> {
  const { reason: denied, rule } = denial;
  const heldUntil = 'hold' in denial ? denial.hold.until?.toISOString() : undefined;
  return { because: 'denied', denied, heldUntil, rule };
}

/** The end of a plan for an object that is gone. */
export function withoutObject({ now }: Clock): Voided {
  return { kind: 'void', at: now().toISOString(), because: 'moved' };
}
