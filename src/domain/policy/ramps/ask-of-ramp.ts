import { type Ramp, targetsAt } from '../../ramp/ramp.ts';
import { clusterAt, isSequence, together } from '../../ramp/sequence.ts';
import { isAtOnce } from '../../ramp/steps.ts';
import type { RampTarget } from '../../ramp/targets.ts';
import { isSameObject, type ObjectRef } from '../../routing/object.ts';
import { mostReached, type RampAsk, type RampAskStep, rampAskOf } from './ramp-ask.ts';

type Asked = Pick<Ramp, 'before' | 'steps' | 'noGuard'>;

/**
 * What policy is asked of a ramp about one of its objects. Of several rules the one where a version reaches most counts. Undefined if all
 * that it makes there is a single shift that nobody watches.
 */
export function askOfRamp(ramp: Asked, object: ObjectRef): RampAsk | undefined {
  const asks = ramp.before.flatMap((target, at) =>
    isSameObject(target.object, object) ? (askAt(ramp, target, at) ?? []) : [],
  );
  return asks.toSorted((a, b) => mostReached(b) - mostReached(a))[0];
}

/** The steps of its cluster. What is made in others in between only takes time. */
function askAt(ramp: Asked, { object, split }: RampTarget, at: number): RampAsk | undefined {
  const numbers = madeIn(ramp, object.cluster);
  const [first, ...more] = numbers.map((number, place) => ({
    to: targetsAt(ramp, number)[at]?.split ?? {},
    stay: together(
      ramp.steps.slice(number - 1, (numbers[place + 1] ?? ramp.steps.length + 1) - 1).map(({ stay }) => stay),
    ),
  }));
  const isShift = first === undefined || (isSequence(ramp) && more.length === 0 && isAtOnce(first.stay));
  return isShift ? undefined : rampAskOf({ origin: split, steps: [first, ...more], guards: ramp.noGuard !== true });
}

function madeIn(ramp: Asked, cluster: string): readonly number[] {
  return ramp.steps.flatMap((_, at) => (clusterAt(ramp, at + 1) === cluster ? [at + 1] : []));
}

/**
 * The same for a step that is made now, whatever was planned: a person may have let the ramp go on sooner. `step`: the number of the step;
 * those before it are past.
 */
export function askFrom(ramp: Ramp, object: ObjectRef, step: number, now: Date): RampAsk | undefined {
  const asked = askOfRamp(ramp, object);
  const place = madeIn(ramp, object.cluster).indexOf(step);
  const made = asked?.steps[place];
  if (asked === undefined || made === undefined) return asked;
  const sinceMs = Math.max(0, now.getTime() - Date.parse(ramp.acceptedAt));
  const moved = (each: RampAskStep): RampAskStep => ({ ...each, fromMs: sinceMs + each.fromMs - made.fromMs });
  return { ...asked, steps: [moved(made), ...asked.steps.slice(place + 1).map(moved)], first: place + 1 };
}
