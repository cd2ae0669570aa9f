import { isDeepStrictEqual } from 'node:util';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type Happened, tellLog } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, requestId, sendFor } from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import type { UpdateOptions } from '../ports/ramps.ts';
import { kindOf, rampEvent } from './ramp-event.ts';

type Moving = Pick<Desk, 'ramps' | 'cards' | 'log' | 'now'>;

interface MoveOptions {
  /** Absent: what its new state says. `nothing`: the audit is told nothing. */
  readonly happened?: Happened | 'nothing' | undefined;
  /** The card need not show it. */
  readonly isQuiet?: boolean;
}

/** Moves a ramp on, and its card with it. The store keeps the audit event in the same step. False if another process was first. */
export function moveRamp(
  moving: Moving,
  next: Ramp,
  { happened, isQuiet = false }: MoveOptions = {},
): Promise<boolean> {
  return move(moving, next, happened === 'nothing' ? undefined : (happened ?? byItself(next)), { isQuiet });
}

/**
 * The same for a person, who is told only what is known: without an answer of the store the ramp is looked up. A request moves one ramp
 * once, however often it is delivered.
 */
export async function moveRampFor(
  moving: Moving,
  next: Ramp,
  asker: Asker,
  happened: Omit<Happened, 'asker'>,
): Promise<boolean> {
  refuseIfLate(moving, asker);
  const askedAs = requestId(asker.request);
  try {
    return await sendFor(asker, () => move(moving, next, { ...happened, asker }, { askedAs }));
  } catch (cause) {
    if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
    const stored = await moving.ramps.read(next.id).catch(() => undefined);
    if (stored?.rev === next.rev) return isDeepStrictEqual(asStored(stored), asStored(next));
    throw new AcceptanceUnknownError(`whether ${next.id} was moved is not known`, { cause });
  }
}

async function move(
  { ramps, cards, log, now }: Moving,
  next: Ramp,
  happened: Happened | undefined,
  options: Omit<UpdateOptions, 'event'>,
): Promise<boolean> {
  const event = happened && rampEvent(next, happened, now());
  if (!(await ramps.update(next, { ...options, event }))) return false;
  if (event !== undefined) tellLog(log, event);
  if (options.isQuiet === true) return true;
  log.info({ rampId: next.id, state: next.state }, 'a ramp moved on');
  cards.showSoon(next.id);
  return true;
}

/** What it did by itself. */
function byItself({ state }: Ramp): Happened | undefined {
  const kind = kindOf(state);
  return kind && { kind };
}

/** A stored record has no fields that are undefined. */
function asStored({ state, approvals }: Ramp): unknown {
  return JSON.parse(JSON.stringify({ state, approvals }));
}
