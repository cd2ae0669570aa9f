/** Stands for the team of a person where Slack does not tell it. No team has this id. */
export const unknownTeam = '?';

const withTeam = /^([TE][A-Z0-9]{1,20}|\?)\/([UW][A-Z0-9]{1,20})$/;

/** The team in the id of a person (`T02OTHER/U02BOB`); undefined for people of the bot's own team. */
export function teamOf(person: string): string | undefined {
  return withTeam.exec(person)?.[1];
}

/** The user id by which Slack is asked, and to which a message is sent. */
export function userOf(person: string): string {
  return withTeam.exec(person)?.[2] ?? person;
}
