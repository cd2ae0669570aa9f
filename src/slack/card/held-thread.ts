import type { Change } from '../../domain/change/change.ts';
import { endsAt } from '../../domain/change/undecided.ts';
import { foreign, user } from '../words/mrkdwn.ts';
import { momentText } from '../words/time-text.ts';
import { title } from '../words/title.ts';

/** What is said in the thread of a held change's card when nobody has decided about it for a while: to who asked for it. */
export function reminderText(change: Change): string {
  const { by, state } = change;
  const ends = state.kind === 'held' ? ` At ${momentText(endsAt(state))} it ends as discarded.` : '';
  return `${user(by)} ${foreign(title(change))}: this is still held, and nobody has decided about it.${ends} The buttons are on its card.`;
}
