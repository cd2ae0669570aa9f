import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import { type Ramp, stepOf } from '../../src/domain/ramp/ramp.ts';
import { doneWords } from '../../src/slack/replies/ramps/gestures.ts';
import type { RampGesture } from '../../src/workflow/ramping/decision.ts';
import type { Violation } from '../chaos/findings.ts';

const kinds: Record<RampGesture, AuditKind> = {
  pause: 'ramp-paused',
  resume: 'ramp-resumed',
  next: 'ramp-resumed',
  finish: 'ramp-resumed',
  'put-back': 'ramp-resumed',
  'go-without': 'ramp-resumed',
  abort: 'ramp-goes-back',
};
const gestures: readonly RampGesture[] = ['pause', 'resume', 'next', 'finish', 'put-back', 'go-without', 'abort'];

/** So many events of a kind there must be, and there may be. */
interface Counted {
  readonly what: string;
  readonly found: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Every decision that the record of a ramp shows, and every one that a person was told is done, is one event of the audit: never none,
 * never two. `answers`: what people were told.
 */
export function rampsAudited(
  ramp: Ramp,
  events: readonly AuditEvent[],
  answers: readonly string[] = [],
): readonly Violation[] {
  const { id, state } = ramp;
  const about = events.filter(({ rampId, changeId }) => rampId === id && changeId === undefined);
  return [...shownByRecord(ramp, about), ...toldAsDone(ramp, about, answers)].flatMap(
    ({ what, found, least, most }) => {
      if (found >= least && found <= most) return [];
      const says = `the audit has ${found} events (${what}) of ${id} and not ${found < least ? least : most}`;
      return [{ invariant: found < least ? 'I4' : 'I1', what: says, evidence: { state, about, answers } } as const];
    },
  );
}

function shownByRecord(ramp: Ramp, about: readonly AuditEvent[]): readonly Counted[] {
  const { state, approvals = [], changes } = ramp;
  const count = (...all: readonly AuditKind[]) => about.filter(({ kind }) => all.includes(kind)).length;
  const by = (...deeds: readonly RampGesture[]) =>
    about.filter(({ kind, deed }) => kind === 'ramp-resumed' && deeds.some((each) => each === deed)).length;
  const is = (...all: readonly Ramp['state']['kind'][]) => (all.includes(state.kind) ? 1 : 0);
  const exactly = (kind: AuditKind, wanted: number) => ({
    what: kind,
    found: count(kind),
    least: wanted,
    most: wanted,
  });
  const letOn = by('next', 'finish', 'put-back', 'go-without');
  const [resumed, madeNext] = [by('resume'), by('next', 'finish')];
  const stops = count('ramp-paused', 'ramp-stopped');
  const standing = is('paused', 'held');
  const stepsAfterTheFirst = Math.max(0, new Set(changes.map(({ step }) => step).filter((step) => step > 0)).size - 1);
  return [
    exactly('approved', approvals.length),
    exactly('ramp-goes-back', is('back')),
    exactly('ramp-is-back', is('back')),
    exactly('ramp-finished', is('finished')),
    {
      what: 'ramp-paused, ramp-stopped',
      found: stops,
      least: resumed + standing,
      most: resumed + letOn + count('ramp-goes-back') + standing,
    },
    { what: 'next, finish', found: madeNext, least: gatesPassed(ramp) - resumed, most: stepsAfterTheFirst },
  ];
}

/** How many steps were made after one that asks: a person let each of them. */
function gatesPassed(ramp: Ramp): number {
  const made = [...new Set(ramp.changes.map(({ step }) => step).filter((step) => step > 0))];
  return made.slice(1).filter((_, at) => stepOf(ramp, made[at] ?? 0)?.stay.kind === 'ask').length;
}

/** A person may be told twice of one decision: Slack delivered it again. */
function toldAsDone({ id }: Ramp, about: readonly AuditEvent[], answers: readonly string[]): readonly Counted[] {
  return gestures.map((deed) => {
    const own = about.filter((event) => event.kind === kinds[deed] && event.deed === deed);
    const requests = own.flatMap(({ request }) => request ?? []);
    const doubled = requests.length - new Set(requests).size;
    const isTold = answers.some((answer) => answer.startsWith(`${doneWords[deed]}: ${id} `));
    return { what: deed, found: own.length, least: isTold ? 1 : 0, most: own.length - doubled };
  });
}
