import { isWaiting } from '../domain/change.ts';
import type { Cards } from './cards.ts';
import type { CardLog, Changes, Log, Queue } from './ports.ts';

export interface Rounds {
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
export async function reconcile(rounds: Rounds): Promise<number> {
  const waiting = (await rounds.changes.open()).filter(isWaiting);
  for (const change of waiting) {
    if (rounds.now().getTime() - Date.parse(change.acceptedAt) < graceMs) continue;
    rounds.log.warn({ changeId: change.id }, 'change is still waiting, its job is added again');
    await rounds.queue.addAgain(change);
  }

  const owed = await rounds.cardLog.owed();
  for (const id of owed) rounds.cards.showSoon(id);
  return waiting.length + owed.length;
}
