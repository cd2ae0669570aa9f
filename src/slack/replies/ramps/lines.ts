import { type Ramp, targetsAt } from '../../../domain/ramp/ramp.ts';
import { liveStep, type RampStateOf } from '../../../domain/ramp/ramp-state.ts';
import { stepAfter } from '../../../domain/ramp/sequence.ts';
import { rampTitle } from '../../card/ramp.ts';
import { foreign, user } from '../../words/mrkdwn.ts';
import { targetsText } from '../../words/targets-text.ts';
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
  const live = targetsText(targetsAt(ramp, number));
  return `${namedRamp(ramp)} ${doesText(ramp)}, asked by ${user(by)}; ${live}.`;
}

function doesText(ramp: Ramp): string {
  const { state } = ramp;
  switch (state.kind) {
    case 'awaiting':
      return `waits for approval until ${momentText(state.expiresAt)}`;
    case 'stepping':
      return `makes step ${state.step}`;
    case 'running':
      return runsText(state, stepAfter(ramp, state.step) === undefined);
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
function runsText({ dueAt, waitsFor }: RampStateOf<'running'>, isLast: boolean): string {
  if (waitsFor === 'traffic') return 'waits until something is seen of the new version';
  return isLast ? `is at its last step until ${momentText(dueAt)}` : `runs, next at ${momentText(dueAt)}`;
}
