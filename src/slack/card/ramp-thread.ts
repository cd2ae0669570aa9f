import type { RampShown } from '../../workflow/ports/cards.ts';
import { foreign, user } from '../words/mrkdwn.ts';
import { mentions } from './approval.ts';
import { rampTitle } from './ramp.ts';
import { rampNotes } from './ramp-notes.ts';

/** What is said in the thread of a ramp's card, to whom it concerns: an update of the card notifies nobody. */
export function threadText(shown: RampShown): string {
  const { ramp } = shown;
  const [first = ''] = rampNotes(shown);
  return [`${calledOn(shown)} ${foreign(rampTitle(ramp))}: ${first}`, ...everyoneText(shown)].join(' ');
}

/** Nobody wants everyone to be called. The person who is called instead may not let it go on. */
function everyoneText({ ramp: { by }, deciders = [] }: RampShown): readonly string[] {
  return deciders.some(({ kind }) => kind === 'everyone') ? [`Everyone but ${user(by)} may let it go on.`] : [];
}

/** Who asked for it. At a gate those who may let it go on: with a rule for approvals that is not who asked for it. */
function calledOn({ ramp: { by }, deciders = [] }: RampShown): string {
  const called = mentions(deciders, by);
  return called.length === 0 ? user(by) : called.join(' ');
}
