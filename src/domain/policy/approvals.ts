import { among, isNamed, type Memberships, type Person, type Who } from './groups.ts';
import type { RuleRef } from './policy.ts';

/** The approvals that a plan needs before it is applied. Plain data, because it is stored with the change. */
export interface Needs {
  readonly by: readonly Who[];
  readonly count: number;
  readonly expiresMs: number;
  readonly rule: RuleRef;
}

export interface Tally {
  /** People whose approval counts, each once, in order. */
  readonly counted: readonly string[];
  /** How many more approvals are needed. */
  readonly missing: number;
}

/**
 * Counts approvals. Each person counts once. The requester never counts, no matter how the approval came in. A person who has left the team
 * since, or has become a guest, does not count either. One more approval never lowers the count.
 */
export function countApprovals(
  needs: Pick<Needs, 'by' | 'count'>,
  approvals: readonly Person[],
  { requester, memberships }: { readonly requester: string; readonly memberships: Memberships },
): Tally {
  const counted = approvals
    .filter((person) => person.id !== requester && hasStanding(needs.by, person))
    .filter((person) => among(needs.by, person, memberships).kind === 'in')
    .map(({ id }) => id);
  const each = [...new Set(counted)];
  return { counted: each, missing: Math.max(0, needs.count - each.length) };
}

/** The same rule as when the approval came in: a person who is not a full member counts only if the policy names their id. */
function hasStanding(by: readonly Who[], { id, standing }: Person): boolean {
  return standing.kind === 'member' || (standing.kind !== 'deactivated' && isNamed(by, id));
}
