import type { ChangeId } from '../../domain/routing/names.ts';
import type { Desk } from '../../workflow/desk.ts';
import { actions } from '../words/button.ts';
import type { Request } from './conversation.ts';

/** Buttons that stand on the card itself; that of a question stands where the question was asked. */
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
]);

export function isOnCard(action: string): boolean {
  return onCards.has(action);
}

/**
 * Whether a click may come from a message of ours about that change: from the workspace and the channel it was asked for in, or
 * from the conversation with the asker, where the card is when the channel is closed to us. What is not known any more goes by the
 * object alone.
 */
export async function mayComeFromItsCard(
  { changes, log }: Pick<Desk, 'changes' | 'log'>,
  action: string,
  id: ChangeId,
  { user, origin }: Request,
): Promise<boolean> {
  const change = await changes.read(id);
  if (change === undefined) return true;
  const { team, channel } = change.origin;
  const isThere = channel === origin.channel || (origin.channel.startsWith('D') && user === change.by);
  const fits = team === origin.team && (isThere || !isOnCard(action));
  if (!fits) log.warn({ changeId: id, user, origin, action }, 'a click came from where no card of that change is');
  return fits;
}
