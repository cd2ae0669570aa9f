import { isRampId } from '../../domain/routing/names.ts';
import type { Asker, Desk } from '../../workflow/desk.ts';
import type { CardId } from '../../workflow/ports/cards.ts';
import { actions } from '../words/button.ts';

/** The buttons on the card itself. Other buttons are on questions, which are where they were asked. */
const onCards: ReadonlySet<string> = new Set([
  actions.rollBack,
  actions.promote,
  actions.history,
  actions.applyAnyway,
  actions.discard,
  actions.approve,
  actions.reject,
  actions.withdraw,
  actions.planAgain,
  actions.rampPause,
  actions.rampResume,
  actions.rampNext,
  actions.rampAbort,
  actions.rampPutBack,
  actions.rampWithout,
]);

export function isOnCard(action: string): boolean {
  return onCards.has(action);
}

/**
 * Whether a click can come from a message of ours about that change. The card is in the workspace and channel where the change was asked
 * for, or in the direct messages with the asker if we may not write in that channel. A change without a record passes: then only
 * the object can tell.
 */
export async function mayComeFromItsCard(
  { changes, ramps, log }: Pick<Desk, 'changes' | 'ramps' | 'log'>,
  action: string,
  id: CardId,
  { user, origin }: Pick<Asker, 'user' | 'origin'>,
): Promise<boolean> {
  const change = await (isRampId(id) ? ramps.read(id) : changes.read(id));
  if (change === undefined) return true;
  const { team, channel } = change.origin;
  const isThere = channel === origin.channel || (origin.channel.startsWith('D') && user === change.by);
  const fits = team === origin.team && (isThere || !isOnCard(action));
  if (!fits)
    log.warn({ changeId: id, user, origin, action }, 'a click came from a place where this change has no card');
  return fits;
}
