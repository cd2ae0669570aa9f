import { among, isNamed, type Memberships, type Person, type Who } from './groups.ts';
import type { RuleRef } from './policy.ts';

/** What a plan waits for before it may be applied. Plain data: it is stored beside the change. */
export interface Needs {
  readonly by: readonly Who[];
  readonly count: number;
  readonly expiresMs: number;
  readonly rule: RuleRef;
}

export interface Tally {
  /** Whose approval counts, each once, in the order given. */
  readonly counted: readonly string[];
  /** How many more it takes. */
  readonly missing: number;
}

/**
 * Counts approvals. Each person counts once, whoever asked for the change does not, whichever way the approval came, and neither
 * does whoever has left the team since, or has become a guest in it. One more approval never makes it fewer.
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

/** As when it was given: who is no full member must be named by the id. */
function hasStanding(by: readonly Who[], { id, standing }: Person): boolean {
  return standing.kind === 'member' || (standing.kind !== 'deactivated' && isNamed(by, id));
}
