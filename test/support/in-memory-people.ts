import type { Membership, Person, Standing } from '../../src/domain/policy/groups.ts';
import type { People } from '../../src/workflow/ports/people.ts';

/** A team of full members, until a test says otherwise of somebody. */
export class InMemoryPeople implements People {
  readonly #home: string;
  readonly #standings = new Map<string, Standing>();
  readonly #timezones = new Map<string, string>();
  readonly #groups = new Map<string, Membership>();

  constructor(home = 'T01TEAM') {
    this.#home = home;
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

  /** A person has set this time zone from now on. */
  livesIn(user: string, timezone: string): void {
    this.#timezones.set(user, timezone);
  }

  /** A person is this from now on. */
  is(id: string, standing: Standing): void {
    this.#standings.set(id, standing);
  }

  /** A user group has these members from now on, or is not known any more. */
  group(usergroup: string, members: readonly string[] | { readonly why: string }): void {
    this.#groups.set(
      usergroup,
      'why' in members ? { kind: 'unknown', why: members.why } : { kind: 'known', users: new Set(members) },
    );
  }
}
