import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Change } from '../../domain/change/change.ts';
import { eventOf, type Happened, tellLog } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, sendFor } from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import type { Accepted, AcceptOptions } from '../ports/changes.ts';

type Store = Pick<Desk, 'changes' | 'now' | 'log' | 'cards'>;
type AcceptAndTell = AcceptOptions & { readonly event: AuditEvent };

const askAgainMs = 100;
/** The store refuses a change that reaches it later than this after it was sent. */
const refusesAfterMs = 900;

/**
 * Stores a change and shows its card. Without an answer the change may be stored, so we ask the store for as long as the person may wait.
 * The store refuses what reaches it late, so what it does not have by then will never be stored.
 */
export async function accept(desk: Store, change: Change, options: AcceptAndTell, asker: Asker): Promise<Accepted> {
  const accepted = await acceptOrLookUp(desk, change, options, asker);
  if (accepted.kind === 'accepted') tellLog(desk.log, options.event);
  if (accepted.kind === 'accepted') desk.cards.showSoon(change.id);
  if (accepted.kind === 'known') desk.cards.showSoon(accepted.change.id);
  return accepted;
}

async function acceptOrLookUp(desk: Store, change: Change, options: AcceptOptions, asker: Asker): Promise<Accepted> {
  const sentMs = performance.now();
  try {
    return await sendFor(asker, () => desk.changes.accept(change, options));
  } catch (cause) {
    const stored = await whatBecame(desk, change, { asker, cause, isRefusedBy: sentMs + refusesAfterMs });
    const other = stored === undefined ? await acceptedInstead(desk, options, cause) : undefined;
    if (other !== undefined) return { kind: 'known', change: other };
    if (stored === undefined) throw new StoreUnavailableError(`${change.id} was not stored`, { cause });
    return isSameAcceptance(stored, change) ? { kind: 'accepted' } : { kind: 'known', change: stored };
  }
}

/** The change that another delivery of the same request was accepted as. */
async function acceptedInstead(
  { changes }: Store,
  { askedAs }: AcceptOptions,
  cause: unknown,
): Promise<Change | undefined> {
  try {
    const id = askedAs && (await changes.acceptedAs(askedAs));
    return id && (await changes.read(id));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new AcceptanceUnknownError('whether another delivery of the request was accepted is not known', { cause });
  }
}

/** Replaces the record that a person decided about by the decided one. False if the record moved on meanwhile. */
export async function replace(
  desk: Store,
  next: Change,
  asker: Asker,
  happened: Omit<Happened, 'asker'>,
): Promise<boolean> {
  refuseIfLate(desk, asker);
  const event = eventOf(next, { asker, ...happened }, desk.now());
  const isReplaced = await replaceOrLookUp(desk, next, asker, event);
  if (isReplaced) {
    tellLog(desk.log, event);
    desk.cards.showSoon(next.id);
  }
  return isReplaced;
}

async function replaceOrLookUp(desk: Store, next: Change, asker: Asker, event: AuditEvent): Promise<boolean> {
  try {
    return await sendFor(asker, () => desk.changes.update(next, event));
  } catch (cause) {
    const stored = await whatBecame(desk, next, { asker, cause });
    if (stored?.rev === next.rev) return isSameDecision(stored, next);
    throw new AcceptanceUnknownError(`whether ${next.id} was decided is not known`, { cause });
  }
}

interface Unanswered {
  readonly asker: Asker;
  readonly cause: unknown;
  /** From this time on (`performance.now()`) the store refuses the request. Absent: the request may still take effect late. */
  readonly isRefusedBy?: number;
}

/** The stored record, if it has at least this rev. Undefined if it is not stored and never will be. */
async function whatBecame(
  desk: Store,
  change: Change,
  { asker, cause, isRefusedBy = Number.POSITIVE_INFINITY }: Unanswered,
): Promise<Change | undefined> {
  if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
  const untilMs = performance.now() + asker.answerBy - desk.now().getTime(); // on the monotonic clock
  while (performance.now() + askAgainMs < untilMs) {
    await delay(askAgainMs);
    const isLate = performance.now() > isRefusedBy;
    const stored = await readIfThere(desk, change);
    if (stored === 'away') continue;
    if (stored !== undefined && stored.rev >= change.rev) return stored;
    if (isLate) return undefined;
  }
  throw new AcceptanceUnknownError(`whether ${change.id} was accepted is not known`, { cause });
}

async function readIfThere({ changes }: Pick<Desk, 'changes'>, { id }: Change): Promise<Change | 'away' | undefined> {
  try {
    return await changes.read(id);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return 'away';
    throw error;
  }
}

/** Whether the stored record is ours, and not from somebody else who decided instead. A worker may have begun it since. */
function isSameAcceptance(stored: Change, { acceptedAt, insistedBy }: Change): boolean {
  return stored.acceptedAt === acceptedAt && stored.insistedBy === insistedBy;
}

function isSameDecision(stored: Change, next: Change): boolean {
  return isDeepStrictEqual(asStored(stored), asStored(next));
}

/** A stored record has no fields that are undefined. */
function asStored({ state, approvals }: Change): unknown {
  return JSON.parse(JSON.stringify({ state, approvals }));
}
