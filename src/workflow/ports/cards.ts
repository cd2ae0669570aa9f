import type { Change, Origin } from '../../domain/change/change.ts';
import type { Who } from '../../domain/policy/groups.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ChangeId, RampId } from '../../domain/routing/names.ts';

/** What has a card: a change by itself, or a ramp with all its steps. */
export type CardId = ChangeId | RampId;

/** What one card shows, and where. */
export interface Shown {
  readonly id: CardId;
  /** Grows with everything that the card shows. */
  readonly rev: number;
  readonly origin: Origin;
  /** Who asked for it. */
  readonly by: string;
  readonly acceptedAt: string;
  readonly of: Change | RampShown;
}

/** A ramp and the change that its state is about, if there is one. */
export interface RampShown {
  readonly ramp: Ramp;
  readonly change: Change | undefined;
  /** Whom policy names to let it past a gate, if it waits at one; nobody where no approval is asked for. */
  readonly deciders?: readonly Who[] | undefined;
}

export function changeShown(change: Change): Shown {
  const { id, rev, origin, by, acceptedAt } = change;
  return { id, rev, origin, by, acceptedAt, of: change };
}

export function rampShown(of: RampShown): Shown {
  const { id, origin, by, acceptedAt } = of.ramp;
  return { id, rev: owedAs(of.ramp) + (of.change?.rev ?? 0), origin, by, acceptedAt, of };
}

/** What must be said in the card's thread, because nobody is notified of an update; undefined if nothing. Each key is said once. */
export function threadKey({ of }: Shown): string | undefined {
  if (!('change' in of)) return reminderKey(of);
  const { state } = of.ramp;
  switch (state.kind) {
    case 'held':
    case 'superseded':
      return `${state.kind} ${state.at}`;
    case 'asking':
      return `asking ${state.at} ${state.isToldAgain === true}`;
    case 'running':
      return state.waitsFor === 'traffic' ? `blind ${state.dueAt} ${state.isToldAgain === true}` : undefined;
    case 'back':
      return state.why === 'taken-back' ? `back ${state.at}` : undefined;
    default:
      return undefined;
  }
}

/** A held change that nobody decides about. */
function reminderKey({ state }: Change): string | undefined {
  return state.kind === 'held' && state.isToldAgain === true ? `held ${state.at}` : undefined;
}

/** What a ramp's card must show at least. The revs of its change come after the rev of the ramp. */
export function owedAs({ rev }: Pick<Ramp, 'rev'>): number {
  return rev * 1_000_000;
}

/** A message. */
export type Place = Omit<Placed, 'shownRev'>;

/** Where a card stands in the channel, and which rev of its change it shows. */
export interface Placed {
  readonly channel: string;
  readonly ts: string;
  readonly shownRev: number;
}

/** What is known of the cards. Every transition of a change owes its card an update. A failure is a StoreUnavailableError. */
export interface CardLog {
  /**
   * Takes the right to write one change's card for a while. Undefined if another process has it; that one looks again before it lets go.
   */
  claim(id: CardId): Promise<CardClaim | undefined>;
  /** Where a card stands, as far as that is known. */
  placeOf(id: CardId): Promise<Place | undefined>;
  /** Changes whose card shows less than the record says, or is in doubt. */
  owed(): Promise<readonly CardId[]>;
}

export interface CardClaim {
  /** What was said last in the card's thread (`threadKey`). */
  readonly said: string | undefined;
  /** Notes that it was said. */
  noteSaid(key: string): Promise<void>;
  readonly placed: Placed | undefined;
  /** A post was begun and its outcome never noted: look for the card before posting it again. */
  readonly postBegun: boolean;
  /**
   * Some time ago the card was claimed after a writer that never let go. That writer may have overwritten the card since, and died before
   * it could note that. So the card must be written again, even if it is noted as up to date; `place` then ends the doubt.
   */
  readonly inDoubt: boolean;
  /** Keeps the claim until disposed of, however long that takes. A claim that is not kept runs out within seconds. */
  keep(): Keeping;
  /** True while nobody else can have the claim. Ask just before sending something that cannot be taken back. */
  isHeld(): boolean;
  /** Fails if this claim has expired, or has already begun a post. */
  beginPost(): Promise<void>;
  /** To be called just before an update is sent. Fails if the claim is no longer ours. */
  beginUpdate(): Promise<void>;
  /** The post that was begun is known not to have been sent. */
  forgetPost(): Promise<void>;
  /**
   * Notes where the card stands and which rev it shows. This settles all that is owed up to that rev. False, and nothing is noted, if the
   * card already stands elsewhere: then this one is a second card.
   */
  place(placed: Placed, options?: { readonly endsDoubt?: boolean }): Promise<boolean>;
  /** Settles what is owed up to the rev that the card was last noted to show. That may be less by now than when it was claimed. */
  settle(): Promise<void>;
  /** Nothing more can be shown: the message is gone, or chat will never take it. */
  giveUp(): Promise<void>;
  /** Lets go; true if something is owed that `place` has not settled. */
  release(): Promise<boolean>;
}

export interface Keeping extends Disposable {
  /** Aborted when we no longer have the claim: another process has it, or nobody. */
  readonly lost: AbortSignal;
}

/** The team's channel. Failures are a ChatError. */
export interface Chat {
  /**
   * Waits until chat takes a message in that channel. True if that took a while, so that what was to be shown may be old. If `unless` is
   * aborted, returns at once without taking a turn.
   */
  turn(channel: string, unless: AbortSignal): Promise<boolean>;
  /**
   * Posts a card; returns where it stands. `mayPost` is asked just before, because the process may stand still for long on the
   * way.
   */
  post(shown: Shown, mayPost: () => boolean): Promise<Omit<Placed, 'shownRev'>>;
  update(placed: Omit<Placed, 'shownRev'>, shown: Shown): Promise<void>;
  /** Says in the thread of a card what somebody must act on, or that it ended by itself. */
  tell(placed: Omit<Placed, 'shownRev'>, shown: Shown): Promise<void>;
  /** Takes back what a card says: the record behind it cannot be trusted. */
  disown(placed: Omit<Placed, 'shownRev'>, id: CardId): Promise<void>;
  /** Deletes a message of ours. */
  remove(at: Omit<Placed, 'shownRev'>): Promise<void>;
  /** Finds a card that may have been posted already, other than `except`. */
  look(shown: Shown, except?: Omit<Placed, 'shownRev'>): Promise<Omit<Placed, 'shownRev'> | undefined>;
}
