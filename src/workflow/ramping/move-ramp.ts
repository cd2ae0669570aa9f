import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type Happened, tellLog } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { kindOf, rampEvent } from './ramp-event.ts';

type Moving = Pick<Desk, 'ramps' | 'cards' | 'log' | 'now'>;

/** Moves a ramp on, and its card with it. The store keeps the audit event in the same step. False if another process was first. `isQuiet`: the card need not show it. */
export async function moveRamp(
  { ramps, cards, log, now }: Moving,
  next: Ramp,
  happened: Happened | undefined = happenedBy(next),
  { isQuiet = false }: { readonly isQuiet?: boolean } = {},
): Promise<boolean> {
  const event = happened && rampEvent(next, happened, now());
  if (!(await ramps.update(next, { event, isQuiet }))) return false;
  if (event !== undefined) tellLog(log, event);
  if (isQuiet) return true;
  log.info({ rampId: next.id, state: next.state }, 'a ramp moved on');
  cards.showSoon(next.id);
  return true;
}

/** What it did by itself. */
function happenedBy({ state }: Ramp): Happened | undefined {
  const kind = kindOf(state);
  return kind && { kind };
}
