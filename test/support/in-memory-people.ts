import type { Membership, Person, Standing } from '../../src/domain/policy/groups.ts';
import type { People } from '../../src/workflow/ports/people.ts';

/** A team in which everybody is a full member, unless a test says otherwise. */
export class InMemoryPeople implements People {
  readonly #home: string;
  readonly #standings = new Map<string, Standing>();
  readonly #timezones = new Map<string, string>();
  readonly #groups = new Map<string, Membership>();

  constructor(home = 'T01TEAM') {
    this.#home = home;
  }

  async identify(user: string, team: string | undefined): Promise<string> {
    return team === undefined || team === this.#home ? user : `${team}/${user}`;
  }

  async person(id: string, team: string | undefined): Promise<Person> {
    if (team !== undefined && team !== this.#home) return { id, standing: { kind: 'outsider' } };
    return { id, standing: this.#standings.get(id) ?? { kind: 'member' } };
  }

  async members(usergroup: string): Promise<Membership> {
    return this.#groups.get(usergroup) ?? { kind: 'unknown', why: 'Slack has no such user group' };
  }

  async timezone(user: string): Promise<string | undefined> {
    return this.#timezones.get(user);
  }

  /** Sets a person's time zone. */
  livesIn(user: string, timezone: string): void {
    this.#timezones.set(user, timezone);
  }

  /** Sets what a person is. */
  is(id: string, standing: Standing): void {
    this.#standings.set(id, standing);
  }

  /** Sets the members of a user group, or that they are unknown. */
  group(usergroup: string, members: readonly string[] | { readonly why: string }): void {
    this.#groups.set(
      usergroup,
      'why' in members ? { kind: 'unknown', why: members.why } : { kind: 'known', users: new Set(members) },
    );
  }
}
