/** Whom a policy names. Plain data, so that what an approval needs can be stored beside its change. */
export type Who =
  /** Every full member of the bot's own team. */
  | { readonly kind: 'everyone' }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'group'; readonly name: string; readonly users: readonly string[] }
  /** A group of Slack's own, by its id; who is in it is asked of Slack. */
  | { readonly kind: 'usergroup'; readonly name: string; readonly id: string };

/** Who a person is to the bot's team. What chat does not tell is unknown, with the reason in words. */
export type Standing =
  | { readonly kind: 'member' | 'guest' | 'bot' | 'outsider' | 'deactivated' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Person {
  readonly id: string;
  readonly standing: Standing;
}

/** Who is in a user group, or why that is not known. */
export type Membership =
  | { readonly kind: 'known'; readonly users: ReadonlySet<string> }
  | { readonly kind: 'unknown'; readonly why: string };

/** By the id of the user group. One that is absent was not asked for, and counts as unknown. */
export type Memberships = ReadonlyMap<string, Membership>;

export interface UnknownGroup {
  readonly name: string;
  readonly why: string;
}

export type Among =
  | { readonly kind: 'in' }
  | { readonly kind: 'out' }
  /** In none that is known; one of these may hold the person, and so nothing may be concluded. */
  | { readonly kind: 'unknown'; readonly groups: readonly UnknownGroup[] };

/** Whether a person is one of those named. */
export function among(all: readonly Who[], { id, standing }: Person, memberships: Memberships): Among {
  const unknown: UnknownGroup[] = [];
  for (const who of all) {
    if (namesById(who, id)) return { kind: 'in' };
    if (who.kind === 'everyone' && standing.kind === 'member') return { kind: 'in' };
    if (who.kind !== 'usergroup') continue;
    const membership = memberships.get(who.id) ?? { kind: 'unknown', why: 'it was not asked for' };
    if (membership.kind === 'unknown') unknown.push({ name: who.name, why: membership.why });
    else if (membership.users.has(id)) return { kind: 'in' };
  }
  return unknown.length === 0 ? { kind: 'out' } : { kind: 'unknown', groups: unknown };
}

/** Whether the policy holds the person's own id: a guest, a bot or somebody of another team has rights in no other way. */
export function isNamed(all: readonly Who[], id: string): boolean {
  return all.some((who) => namesById(who, id));
}

/** The user groups that have to be asked for. */
export function usergroupsIn(all: readonly Who[]): readonly string[] {
  return [...new Set(all.flatMap((who) => (who.kind === 'usergroup' ? [who.id] : [])))];
}

function namesById(who: Who, id: string): boolean {
  return (who.kind === 'user' && who.id === id) || (who.kind === 'group' && who.users.includes(id));
}
