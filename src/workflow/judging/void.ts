import type { StateOf } from '../../domain/change/state.ts';
import type { Denial } from '../../domain/policy/judge.ts';

export type WhyVoid = Pick<StateOf<'void'>, 'because' | 'denied' | 'hold' | 'heldUntil' | 'rule'>;

/** Why a change is void when policy, a lock or a freeze no longer allows its plan. */
export function byDenial(denial: Denial): WhyVoid {
  const { reason: denied, rule } = denial;
  if (denial.reason === 'outside-hours')
    return { because: 'denied', denied, heldUntil: denial.opens.toISOString(), rule };
  if (!('hold' in denial)) return { because: 'denied', denied, rule };
  const { name, by, reason, line, until } = denial.hold;
  return { because: 'denied', denied, hold: { name, by, reason, line }, heldUntil: until?.toISOString(), rule };
}
