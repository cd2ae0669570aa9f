import type { Change } from '../../domain/change/change.ts';
import type { ChangeId } from '../../domain/routing/names.ts';

/** Where a card stands in the channel, and which rev of its change it shows. */
export interface Placed {
  readonly channel: string;
  readonly ts: string;
  readonly shownRev: number;
}

/** What is known of the cards. Every transition of a change owes its card an update. A failure is a StoreUnavailableError. */
export interface CardLog {
  /** Takes the right to write one change's card for a while; undefined when another has it, who will look again before letting go. */
  claim(id: ChangeId): Promise<CardClaim | undefined>;
  /** Changes whose card shows less than the record says, or is in doubt. */
  owed(): Promise<readonly ChangeId[]>;
}

export interface CardClaim {
  readonly placed: Placed | undefined;
  /** A post was begun and its outcome never noted: look for the card before posting it again. */
  readonly postBegun: boolean;
  /**
   * Some time ago this card was claimed after a writer that had never let go. By now that one may have overwritten the card, and died
   * before it could note so. The card is to be written again, even if it is noted to show all; `place` then ends the doubt.
   */
  readonly inDoubt: boolean;
  /** Holds it until disposed of, however long that takes; what nobody keeps runs out within seconds. */
  keep(): Keeping;
  /** Nobody else can have it; to be asked just before something is sent that cannot be taken back. */
  isHeld(): boolean;
  /** Refused where this claim has begun one already. */
  beginPost(): Promise<void>;
  /** The post that was begun is known not to have been sent. */
  forgetPost(): Promise<void>;
  /**
   * Notes where the card stands and what it shows, which settles all that is owed up to there. False, and nothing is noted, where it
   * stands elsewhere already: what was posted there is a second one.
   */
  place(placed: Placed): Promise<boolean>;
  /** What is owed up to what the card was last noted to show is settled; that may be less by now than when it was claimed. */
  settle(): Promise<void>;
  /** Nothing more can be shown: the message is gone, or chat will never take it. */
  giveUp(): Promise<void>;
  /** Lets go; true when something is owed that `place` has not settled. */
  release(): Promise<boolean>;
}

export interface Keeping extends Disposable {
  /** Aborted when the claim is another's by now, or nobody's: there is nothing left to keep. */
  readonly lost: AbortSignal;
}

/** The team's channel. Failures are a ChatError. */
export interface Chat {
  /**
   * Waits until chat takes a message in that channel; true when that took a while, so that what was to be shown may be old. Where `unless`
   * is aborted, at once and without a turn, which is then somebody else's.
   */
  turn(channel: string, unless: AbortSignal): Promise<boolean>;
  /** Posts the card of a change; returns where it stands. `mayPost` is asked just before: a process may stand still for long on its way. */
  post(change: Change, mayPost: () => boolean): Promise<Omit<Placed, 'shownRev'>>;
  update(placed: Omit<Placed, 'shownRev'>, change: Change): Promise<void>;
  /** Takes back what a card says: the record behind it cannot be trusted. */
  disown(placed: Omit<Placed, 'shownRev'>, id: ChangeId): Promise<void>;
  /** Takes a message of ours away. */
  remove(at: Omit<Placed, 'shownRev'>): Promise<void>;
  /** Looks for a card that may have been posted already. */
  look(change: Change): Promise<Omit<Placed, 'shownRev'> | undefined>;
}
