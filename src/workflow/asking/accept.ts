import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Change } from '../../domain/change/change.ts';
import { eventOf, type Happened, tellLog } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import type { Accepted, AcceptOptions } from '../ports/changes.ts';

type Store = Pick<Desk, 'changes' | 'now' | 'log' | 'cards'>;
type AcceptAndTell = AcceptOptions & { readonly event: AuditEvent };

const askAgainMs = 100;
/** A store refuses what it is to accept so long after it was sent. */
const refusesAfterMs = 900;

/**
 * Stores a change and shows its card. Where no answer comes, it may have happened: the store is asked what became of it as long as the
 * person may wait. It refuses what reaches it late, so what it does not have then will not happen.
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
    return await desk.changes.accept(change, options);
  } catch (cause) {
    const stored = await whatBecame(desk, change, { asker, cause, isRefusedBy: sentMs + refusesAfterMs });
    if (stored === undefined) throw new StoreUnavailableError(`${change.id} was not stored`, { cause });
    return isSameAcceptance(stored, change) ? { kind: 'accepted' } : { kind: 'known', change: stored };
  }
}

/** Puts a decision of a person's in place of the record that it was made about. False when that moved on meanwhile. */
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
    return await desk.changes.update(next, event);
  } catch (cause) {
    const stored = await whatBecame(desk, next, { asker, cause });
    if (stored?.rev === next.rev) return isSameDecision(stored, next);
    throw new AcceptanceUnknownError(`whether ${next.id} was decided is not known`, { cause });
  }
}

interface Unanswered {
  readonly asker: Asker;
  readonly cause: unknown;
  /** From when on, by the clock that never jumps, the store does not take it any more; it may come late to what has no such limit. */
  readonly isRefusedBy?: number;
}

/** The record from this rev on; undefined where it is not there and will not be. */
async function whatBecame(
  desk: Store,
  change: Change,
  { asker, cause, isRefusedBy = Number.POSITIVE_INFINITY }: Unanswered,
): Promise<Change | undefined> {
  if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
  const untilMs = performance.now() + asker.answerBy - desk.now().getTime(); // by the clock that never jumps
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

/** Somebody else may have decided about it instead. A worker may have begun it since. */
function isSameAcceptance(stored: Change, { acceptedAt, insistedBy }: Change): boolean {
  return stored.acceptedAt === acceptedAt && stored.insistedBy === insistedBy;
}

function isSameDecision(stored: Change, next: Change): boolean {
  return isDeepStrictEqual(asStored(stored), asStored(next));
}

/** A store keeps no field that is undefined. */
function asStored({ state, approvals }: Change): unknown {
  return JSON.parse(JSON.stringify({ state, approvals }));
}
