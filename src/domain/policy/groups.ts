/** Whom a policy names. Plain data, because what an approval needs is stored with its change. */
export type Who =
  /** Every full member of the bot's own team. */
  | { readonly kind: 'everyone' }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'group'; readonly name: string; readonly users: readonly string[] }
  /** A user group of Slack, by its id. Slack is asked for its members. */
  | { readonly kind: 'usergroup'; readonly name: string; readonly id: string };

/** What a person is to the bot's team. If Slack does not say, it is unknown, with the reason in words. */
export type Standing =
  | { readonly kind: 'member' | 'guest' | 'bot' | 'outsider' | 'deactivated' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Person {
  readonly id: string;
  readonly standing: Standing;
}

/** The members of a user group, or why they are not known. */
export type Membership =
  | { readonly kind: 'known'; readonly users: ReadonlySet<string> }
  | { readonly kind: 'unknown'; readonly why: string };

/** By the id of the user group. A missing id counts as unknown. */
export type Memberships = ReadonlyMap<string, Membership>;

export interface UnknownGroup {
  readonly name: string;
  readonly why: string;
}

export type Among =
  | { readonly kind: 'in' }
  | { readonly kind: 'out' }
  /** Not in a group whose members are known. These groups are unknown and may contain the person, so the answer is open. */
  | { readonly kind: 'unknown'; readonly groups: readonly UnknownGroup[] };

/** Whether a person is one of `all`. */
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

/** Whether the policy names the person's own id. That is the only way for guests, bots and people of other teams to have rights. */
export function isNamed(all: readonly Who[], id: string): boolean {
  return all.some((who) => namesById(who, id));
}

/** The user groups whose members Slack must be asked for. */
export function usergroupsIn(all: readonly Who[]): readonly string[] {
  return [...new Set(all.flatMap((who) => (who.kind === 'usergroup' ? [who.id] : [])))];
}

function namesById(who: Who, id: string): boolean {
  return (who.kind === 'user' && who.id === id) || (who.kind === 'group' && who.users.includes(id));
}
