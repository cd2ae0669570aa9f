import { among, isNamed, type Memberships, type Person, type Who } from './groups.ts';
import type { RuleRef } from './policy.ts';

/** What one rule asks for. */
export interface Need {
  readonly by: readonly Who[];
  readonly count: number;
  readonly rule: RuleRef;
}

/** The approvals that a plan needs before it is applied. Plain data, because it is stored with the change. */
export interface Needs extends Need {
  readonly expiresMs: number;
  /** What other rules ask for. Each must be met; one person may count for several. Absent if no other rule asks. */
  readonly also?: readonly Need[] | undefined;
}

export interface Tally {
  /** People whose approval counts for some rule, each once, in order. */
  readonly counted: readonly string[];
  /** How many more approvals are needed at least: one person may count for several rules. */
  readonly missing: number;
}

interface Counting {
  readonly requester: string;
  readonly memberships: Memberships;
}

/** What each rule asks for. */
export function eachNeed(needs: Need & Pick<Needs, 'also'>): readonly Need[] {
  return [needs, ...(needs.also ?? [])];
}

/** Everyone who may approve. */
export function approversIn(needs: Need & Pick<Needs, 'also'>): readonly Who[] {
  return eachNeed(needs).flatMap(({ by }) => by);
}

/**
 * Counts approvals. Each person counts once for a rule. The requester never counts, no matter how the approval came in. A person who has
 * left the team since, or has become a guest, does not count either. One more approval never lowers the count.
 */
export function countApprovals(
  needs: Need & Pick<Needs, 'also'>,
  approvals: readonly Person[],
  counting: Counting,
): Tally {
  const each = eachNeed(needs).map((need) => countFor(need, approvals, counting));
  const counted = approvals.map(({ id }) => id).filter((id) => each.some((ids) => ids.includes(id)));
  const missing = eachNeed(needs).map(({ count }, at) => count - (each[at]?.length ?? 0));
  return { counted: [...new Set(counted)], missing: Math.max(0, ...missing) };
}

/** Puts together what several rules ask for. A rule that asks for several objects asks once. */
export function allNeeds([first, ...more]: readonly [Needs, ...Needs[]]): Needs {
  const each = new Map([first, ...more].flatMap(eachNeed).map((need) => [need.rule.line, need]));
  const also = [...each.values()]
    .filter(({ rule }) => rule.line !== first.rule.line)
    .map(({ by, count, rule }) => ({ by, count, rule }));
  const expiresMs = Math.min(...[first, ...more].map((needs) => needs.expiresMs));
  const { by, count, rule } = first;
  return { by, count, expiresMs, rule, ...(also.length > 0 && { also }) };
}

/** Whether two rules or sets of rules ask for the same number of approvals by the same rules. */
export function asksTheSame(one: Needs, other: Needs): boolean {
  const text = (needs: Needs) => JSON.stringify(eachNeed(needs).map(({ count, rule }) => [count, rule.line]));
  return text(one) === text(other);
}

function countFor(
  { by }: Pick<Need, 'by'>,
  approvals: readonly Person[],
  { requester, memberships }: Counting,
): readonly string[] {
  const counted = approvals
    .filter((person) => person.id !== requester && hasStanding(by, person))
    .filter((person) => among(by, person, memberships).kind === 'in');
  return [...new Set(counted.map(({ id }) => id))];
}

/** The same rule as when the approval came in: a person who is not a full member counts only if the policy names their id. */
function hasStanding(by: readonly Who[], { id, standing }: Person): boolean {
  return standing.kind === 'member' || (standing.kind !== 'deactivated' && isNamed(by, id));
}
