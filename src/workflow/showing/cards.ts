import { setTimeout as delay } from 'node:timers/promises';
import type { Who } from '../../domain/policy/groups.ts';
import { changeInHand } from '../../domain/ramp/next.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type ChangeId, isRampId, type RampId } from '../../domain/routing/names.ts';
import {
  ChatError,
  DependencyError,
  LaterRecordError,
  StoreUnavailableError,
  UntrustedRecordError,
} from '../errors.ts';
import {
  type CardClaim,
  type CardId,
  type CardLog,
  type Chat,
  changeShown,
  type Place,
  type Placed,
  rampShown,
  type Shown,
  threadKey,
} from '../ports/cards.ts';
import type { Changes } from '../ports/changes.ts';
import type { Aside, Log } from '../ports/process.ts';
import type { Ramps } from '../ports/ramps.ts';

/** Brings a card in step with its record: posts it once, then updates it. */
export interface Cards {
  /** Does so in the background. A card that cannot be shown now is owed, and shown when chat is back. */
  showSoon(id: CardId): void;
  show(id: CardId): Promise<void>;
  /** The same for any number of cards that were left behind: some at a time, the others when it is called again. */
  catchUp(owed: readonly CardId[]): void;
  /** Somebody clicked on a card at this place. If it is not the card that we update, it is removed. */
  clickedOn(id: CardId, at: Place): void;
  /** Where a card stands, as far as that is known. */
  placeOf(id: CardId): Promise<Place | undefined>;
}

export interface CardDesk {
  readonly changes: Pick<Changes, 'read'>;
  readonly ramps: Pick<Ramps, 'read'>;
  readonly cards: CardLog;
  readonly chat: Chat;
  /** Whom policy names to approve what moves these rules. */
  readonly approvers: (moved: Ramp['before']) => Promise<readonly Who[]>;
  readonly log: Log;
  readonly aside: Aside;
  /** Asks for another round soon: a card may be left behind, because the process that has its claim may have died. */
  readonly lookAgain: () => void;
}

const mayBeThere = 'a second card of a change may still be there';

/** Each waiting card keeps a claim, which costs Redis some commands a second. Slack takes one message a second in a channel. */
const mostAtOnce = 200;

/** Ten seconds in all: enough to reconnect, or for Redis to restart. */
const mostTries = 12;
const askAgainMs = 150;

export function cardsOf(desk: CardDesk): Cards {
  const show = async (id: CardId) => {
    try {
      await showCard(desk, id);
    } catch (error) {
      desk.lookAgain();
      throw error;
    }
  };
  const lags = 'a card lags behind and will catch up';
  const catchingUp = new Set<CardId>();
  const catchUpOne = (id: CardId) => {
    catchingUp.add(id);
    desk.aside(() => show(id).finally(() => catchingUp.delete(id)), lags, { changeId: id });
  };
  return {
    show,
    catchUp: (owed) => {
      const free = owed.filter((id) => !catchingUp.has(id));
      for (const id of someOf(free, mostAtOnce - catchingUp.size)) catchUpOne(id);
    },
    clickedOn: (id, at) => desk.aside(() => removeDouble(desk, id, at), mayBeThere, { changeId: id }),
    placeOf: (id) => desk.cards.placeOf(id),
    showSoon: (id) => desk.aside(() => show(id), lags, { changeId: id }),
  };
}

/** Starts at a random place, so that the cards of a channel that takes none do not always come first. */
function someOf<T>(all: readonly T[], most: number): readonly T[] {
  const from = Math.floor(Math.random() * all.length);
  return all.length <= most ? all : [...all.slice(from), ...all.slice(0, from)].slice(0, Math.max(0, most));
}

/** A post with an unknown outcome may have left a second card. A click on it tells us where it is. */
async function removeDouble(desk: CardDesk, id: CardId, at: Place): Promise<void> {
  const claim = await desk.cards.claim(id);
  if (claim === undefined) return;
  try {
    const { placed } = claim;
    if (placed === undefined || placed.channel !== at.channel || placed.ts === at.ts) return;
    await takeAway(desk, id, at);
  } finally {
    await claim.release();
  }
}

interface InHand {
  readonly claim: CardClaim;
  readonly lost: AbortSignal;
  readonly hasTurn: boolean;
}

/** One process at a time writes a card. False if another one has it. It looks again before it lets go, so what changed meanwhile is shown in one update. */
async function showCard(desk: CardDesk, id: CardId): Promise<boolean> {
  let hasTurn = false;
  for (let again = true; again; ) {
    const claim = await desk.cards.claim(id);
    if (claim === undefined) {
      desk.lookAgain();
      return false;
    }
    try {
      using kept = claim.keep();
      hasTurn = await bring(desk, id, { claim, lost: kept.lost, hasTurn });
    } finally {
      again = (await claim.release()) || hasTurn;
    }
  }
  return true;
}

/**
 * Waits for a turn in the channel, unless it has one. After a long wait the change is read again, because it may have moved on. True if the
 * claim ran out meanwhile: the caller claims again and keeps the turn. A claim that is still held is not let go: another process would take
 * it, and wait for a turn of its own. If another process has the claim by now, the wait ends, and other cards get the turn.
 */
async function bring(desk: CardDesk, id: CardId, { claim, lost, hasTurn }: InHand): Promise<boolean> {
  const shown = await readTrusted(desk, id);
  if (shown === 'untrusted') await disown(desk, id, claim);
  else if (shown === undefined) await claim.giveUp();
  else if ('ramp' in shown) await leaveToRamp(desk, shown, claim);
  else if (!claim.inDoubt && claim.placed !== undefined && claim.placed.shownRev >= shown.rev) await claim.settle();
  else if (!hasTurn && (await desk.chat.turn(claim.placed?.channel ?? shown.origin.channel, lost))) {
    if (lost.aborted) return false; // even if by our clock the claim is still held
    return claim.isHeld() ? bring(desk, id, { claim, lost, hasTurn: true }) : true;
  } else await write(desk, shown, claim);
  return false;
}

/** A change whose ramp has the card. */
interface OfRamp {
  readonly ramp: RampId;
  readonly rev: number;
}

/** The card of the ramp tells of the change. What is owed for the change is settled by that. */
async function leaveToRamp(desk: CardDesk, { ramp, rev }: OfRamp, claim: CardClaim): Promise<void> {
  if (!(await showCard(desk, ramp))) throw new StoreUnavailableError(`another process writes the card of ${ramp}`);
  await claim.place({ channel: ramp, ts: ramp, shownRev: rev });
}

async function readTrusted(desk: CardDesk, id: CardId): Promise<Shown | OfRamp | 'untrusted' | undefined> {
  try {
    return await (isRampId(id) ? readRamp(desk, id) : readChange(desk, id));
  } catch (err) {
    if (!(err instanceof UntrustedRecordError) || err instanceof LaterRecordError) throw err;
    desk.log.error({ changeId: id, err }, 'the record of a change cannot be trusted');
    return 'untrusted';
  }
}

async function readChange({ changes }: CardDesk, id: ChangeId): Promise<Shown | OfRamp | undefined> {
  const change = await changes.read(id);
  if (change?.ramp !== undefined) return { ramp: change.ramp.id, rev: change.rev };
  return change && changeShown(change);
}

async function readRamp({ ramps, changes }: CardDesk, id: RampId): Promise<Shown | undefined> {
  const ramp = await ramps.read(id);
  const inHand = ramp && changeInHand(ramp);
  return ramp && rampShown({ ramp, change: inHand && (await changes.read(inHand)) });
}

async function disown(desk: CardDesk, id: CardId, claim: CardClaim): Promise<void> {
  if (claim.placed !== undefined) await desk.chat.disown(claim.placed, id);
  await claim.giveUp();
}

/** Two writers may post a card, if one of them stood still meanwhile. The first one to be noted stays, the other one is removed. */
async function write(desk: CardDesk, shown: Shown, claim: CardClaim): Promise<void> {
  const at = await writeOnce(desk, shown, claim);
  if (at === undefined) return;
  const key = threadKey(shown);
  if (key !== undefined && key !== claim.said) await sayInThread(desk, shown, { at, claim, key });
  if (await note(claim, { ...at, shownRev: shown.rev })) return;
  await takeAway(desk, shown.id, at);
}

interface Saying {
  readonly at: Place;
  readonly claim: CardClaim;
  readonly key: string;
}

/**
 * Before the card is noted as shown: a process that dies in between leaves it owed, and the next one says it. What chat may have taken is
 * not said again.
 */
async function sayInThread(desk: CardDesk, shown: Shown, { at, claim, key }: Saying): Promise<void> {
  try {
    await desk.chat.tell(at, await withDeciders(desk, shown));
  } catch (err) {
    if (!(err instanceof ChatError) || err.outcome === 'later') throw err;
    desk.log.warn({ changeId: shown.id, err }, 'whether people were told in the thread of a card is not known');
  }
  await claim.noteSaid(key);
}

/** If the cluster does not answer, the asker alone is called. */
async function withDeciders({ approvers, log }: CardDesk, shown: Shown): Promise<Shown> {
  const { of } = shown;
  if (!('change' in of) || of.ramp.state.kind !== 'asking') return shown;
  try {
    return { ...shown, of: { ...of, deciders: await approvers(of.ramp.before) } };
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    log.warn({ rampId: of.ramp.id, err }, 'who may let a ramp go on is not known');
    return shown;
  }
}

async function takeAway({ chat, log }: CardDesk, id: CardId, at: Place): Promise<void> {
  await chat.remove(at);
  log.info({ changeId: id, ...at }, 'a second card of a change was removed');
}

/** Undefined if chat will never take it. */
async function writeOnce(desk: CardDesk, shown: Shown, claim: CardClaim): Promise<Place | undefined> {
  try {
    return await put(desk, shown, claim);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    // The update may have overwritten a newer card. Note the old rev, so that the card is owed again.
    if (error.outcome === 'unknown' && claim.placed !== undefined)
      await note(claim, claim.placed, { endsDoubt: false });
    if (error.outcome === 'unknown' && claim.placed === undefined) lookForStray(desk, shown);
    if (error.outcome !== 'never') throw error;
    desk.log.error({ changeId: shown.id, err: error, code: error.code }, 'chat will not take this card');
    await claim.giveUp();
    return undefined;
  }
}

/**
 * A process that stood still in its post until it gave up on the answer may have posted the card although another process did so meanwhile.
 * Without another one nothing is to be done: whoever posts next looks for the card first.
 */
function lookForStray(desk: CardDesk, shown: Shown): void {
  const remove = async () => {
    const claim = await claimSoon(desk.cards, shown.id);
    try {
      const at = claim?.placed && (await desk.chat.look(shown, claim.placed));
      if (at !== undefined) await takeAway(desk, shown.id, at);
    } finally {
      await claim?.release();
    }
  };
  desk.aside(remove, mayBeThere, { changeId: shown.id });
}

/** The claim of our own failed post is let go at once, and that of a process that updates the card within seconds. */
function claimSoon(cards: CardLog, id: CardId): Promise<CardClaim | undefined> {
  return asked(
    () => cards.claim(id),
    (claim) => claim !== undefined,
  );
}

/** A writer that stood still may have overwritten a newer card. The card is owed again only once the store knows. */
function note(claim: CardClaim, placed: Placed, options?: { readonly endsDoubt: boolean }): Promise<boolean> {
  return asked(() => claim.place(placed, options));
}

/** Asks the store until it gives such an answer. A process that stood still may have lost its connection to it. */
async function asked<T>(ask: () => Promise<T>, isAnswer: (answer: T) => boolean = () => true): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await ask();
      if (isAnswer(answer) || tries >= mostTries) return answer;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || tries >= mostTries) throw error;
    }
    await delay(askAgainMs * tries);
  }
}

async function put(desk: CardDesk, shown: Shown, claim: CardClaim): Promise<Place> {
  const placed = claim.placed ?? (claim.postBegun ? await desk.chat.look(shown) : undefined);
  if (placed !== undefined) {
    await claim.beginUpdate();
    await desk.chat.update(placed, shown);
    return placed;
  }
  await claim.beginPost();
  try {
    return await desk.chat.post(shown, () => claim.isHeld());
  } catch (error) {
    if (error instanceof ChatError && error.outcome === 'later') await claim.forgetPost();
    throw error;
  }
}
