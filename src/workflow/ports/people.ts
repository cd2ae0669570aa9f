import type { Membership, Person } from '../../domain/policy/groups.ts';

/**
 * Who people are and which groups of chat's own they are in, never older than a minute. Answers soon and never fails: what chat
 * does not tell is unknown, with the reason in words.
 */
export interface People {
  /** `team`: the team that the person belongs to, if the gesture says so. */
  person(user: string, team: string | undefined): Promise<Person>;
  members(usergroup: string): Promise<Membership>;
  /** The name of the time zone that a person has set, if chat tells it. */
  timezone(user: string): Promise<string | undefined>;
}
