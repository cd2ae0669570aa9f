/** Where cards can stand. */
export interface Rooms {
  /** The channel for cards that cannot stand where a change was asked for, if the operator named one. */
  readonly forCards: string | undefined;
  /** Whether others can see a card there and the bot may post it; undefined if chat does not tell. Answers soon and never fails. */
  takesCards(channel: string): Promise<boolean | undefined>;
}
