import { isWaiting } from '../domain/change.ts';
import type { Cards } from './cards.ts';
import type { CardLog, Changes, Log, Queue } from './ports.ts';

export interface Reconciling {
  readonly changes: Changes;
  readonly cardLog: CardLog;
  readonly queue: Queue;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly log: Log;
  readonly now: () => Date;
}

/** A change that waited so long has lost its job, or its worker. */
const graceMs = 5_000;

/**
 * Finishes what was left halfway by a crash or a lost message: a change without a job gets one, a card that lags is brought up to
 * date. Safe to run anywhere and at any time. Returns how much was open.
 */
export async function reconcile(reconciling: Reconciling): Promise<number> {
  const waiting = (await reconciling.changes.open()).filter(isWaiting);
  for (const change of waiting) {
    if (reconciling.now().getTime() - Date.parse(change.acceptedAt) < graceMs) continue;
    reconciling.log.warn({ changeId: change.id }, 'change is still waiting, its job is added again');
    await reconciling.queue.addAgain(change);
  }

  const owed = await reconciling.cardLog.owed();
  for (const id of owed) reconciling.cards.showSoon(id);
  return waiting.length + owed.length;
}
