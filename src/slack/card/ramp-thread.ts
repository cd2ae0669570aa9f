import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampShown } from '../../workflow/ports/cards.ts';
import { foreign, user } from '../words/mrkdwn.ts';
import { rampTitle } from './ramp.ts';
import { rampNotes } from './ramp-notes.ts';

/** What is said in the thread of a ramp's card, to whom it concerns: an update of the card notifies nobody. */
export function threadText(shown: RampShown): string {
  const { ramp } = shown;
  const [first = ''] = rampNotes(shown);
  return `${calledOn(ramp)} ${foreign(rampTitle(ramp))}: ${first}`;
}

/** Who asked for it. A gate also calls those who approved the ramp: they may let it go on. */
function calledOn({ by, approvals = [], state }: Ramp): string {
  const others = state.kind === 'asking' ? approvals.map((approval) => approval.by) : [];
  return [...new Set([by, ...others])].map(user).join(' ');
}
