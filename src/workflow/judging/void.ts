import type { Change, State } from '../../domain/change/change.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { findRule, type Route } from '../../domain/routing/route.ts';

type Voided = Extract<State, { kind: 'void' }>;
export type WhyVoid = Pick<Voided, 'because' | 'denied' | 'hold' | 'heldUntil' | 'rule'>;

interface Clock {
  readonly now: () => Date;
}

/** The end of a plan that does not hold any more, with what the object has instead. */
export function voidOf({ now }: Clock, route: Route, { rule }: Change, why: WhyVoid): Voided {
  const live = findRule(route, rule)?.split;
  return { kind: 'void', at: now().toISOString(), uid: route.uid, live, lastWriter: route.lastWriter?.manager, ...why };
}

/** Why a plan ends that policy, a lock or a freeze allows no more. */
export function byDenial(denial: Denial): WhyVoid {
  const { reason: denied, rule } = denial;
  if (!('hold' in denial)) return { because: 'denied', denied, rule };
  const { name, by, reason, line, until } = denial.hold;
  return { because: 'denied', denied, hold: { name, by, reason, line }, heldUntil: until?.toISOString(), rule };
}

/** The end of a plan for an object that is gone. */
export function withoutObject({ now }: Clock): Voided {
  return { kind: 'void', at: now().toISOString(), because: 'moved' };
}
