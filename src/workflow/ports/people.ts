import type { Membership, Person } from '../../domain/policy/groups.ts';

/**
 * Who people are and which groups of chat's own they are in, never older than a minute. Answers soon and never fails: what chat
 * does not tell is unknown, with the reason in words.
 */
export interface People {
  /**
   * The id by which a person is known everywhere. A user id alone is one of the bot's own team; of another team it has that team before it
   * (`T02OTHER/U02BOB`), so that it never passes for somebody of ours. If chat does not tell which it is, the id is nobody's (`?/U02BOB`).
   */
  identify(user: string, team: string | undefined): Promise<string>;
  /** `user`: as identified. `team`: the team that the person belongs to, if the gesture says so. */
  person(user: string, team: string | undefined): Promise<Person>;
  members(usergroup: string): Promise<Membership>;
  /** The name of the time zone that a person has set, if chat tells it. */
  timezone(user: string): Promise<string | undefined>;
}
