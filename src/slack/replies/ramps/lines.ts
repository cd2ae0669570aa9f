import { type Ramp, stepOf } from '../../../domain/ramp/ramp.ts';
import { liveStep, type RampStateOf } from '../../../domain/ramp/ramp-state.ts';
import { rampTitle } from '../../card/ramp.ts';
import { foreign, user } from '../../words/mrkdwn.ts';
import { splitText } from '../../words/split-text.ts';
import { momentText } from '../../words/time-text.ts';

const mostListed = 5;

/** A ramp by its id and what it is for. */
export function namedRamp(ramp: Ramp): string {
  return `${ramp.id} (${foreign(rampTitle(ramp))})`;
}

/** The ramps that are not over, a line each. */
export function rampLines(ramps: readonly Ramp[] | undefined): readonly string[] {
  if (ramps === undefined) return ['What ramps there are is not known: Redis does not answer.'];
  const more = ramps.length > mostListed ? [`… +${ramps.length - mostListed} more ramps`] : [];
  return [...ramps.slice(0, mostListed).map(rampLine), ...more];
}

/** What it does now, since when or until when, and who asked for it. */
export function rampLine(ramp: Ramp): string {
  const { state, by } = ramp;
  const number = liveStep(state);
  const live = (stepOf(ramp, number)?.to ?? ramp.before).map(({ split }) => foreign(splitText(split))).join('; ');
  return `${namedRamp(ramp)} ${doesText(ramp)}, asked by ${user(by)}; ${live}.`;
}

function doesText({ state, steps }: Ramp): string {
  switch (state.kind) {
    case 'awaiting':
      return `waits for approval until ${momentText(state.expiresAt)}`;
    case 'stepping':
      return `makes step ${state.step}`;
    case 'running':
      return runsText(state, steps.length);
    case 'paused':
      return `is paused since ${momentText(state.at)}`;
    case 'held':
      return `is held since ${momentText(state.at)}`;
    case 'asking':
      return `waits for a person until ${momentText(state.expiresAt)}`;
    case 'going-back':
      return 'goes back to what was before it';
    default:
      return 'is over';
  }
}

/** As its card says it: after the last step nothing comes, and without traffic nothing comes by the clock. */
function runsText({ step, dueAt, waitsFor }: RampStateOf<'running'>, last: number): string {
  if (waitsFor === 'traffic') return 'waits until something is seen of the new version';
  return step >= last ? `is at its last step until ${momentText(dueAt)}` : `runs, next at ${momentText(dueAt)}`;
}
