import type { Ramp } from '../../ramp/ramp.ts';
import type { RampTarget } from '../../ramp/targets.ts';
import { isSameObject, type ObjectRef } from '../../routing/object.ts';
import { mostReached, type RampAsk, type RampAskStep, rampAskOf } from './ramp-ask.ts';

/** What policy is asked of a ramp about one of its objects. Of several rules the one where a version reaches most counts. */
export function askOfRamp(ramp: Pick<Ramp, 'before' | 'steps' | 'noGuard'>, object: ObjectRef): RampAsk | undefined {
  const asks = ramp.before.flatMap((target, at) =>
    isSameObject(target.object, object) ? [askAt(ramp, target, at)] : [],
  );
  return asks.toSorted((a, b) => mostReached(b) - mostReached(a))[0];
}

function askAt(
  { steps: [first, ...more], noGuard }: Pick<Ramp, 'steps' | 'noGuard'>,
  { split }: RampTarget,
  at: number,
): RampAsk {
  const step = ({ to, stay }: Ramp['steps'][number]) => ({ to: to[at]?.split ?? {}, stay });
  return rampAskOf({ origin: split, steps: [step(first), ...more.map(step)], guards: noGuard !== true });
}

/**
 * The same for a step that is made now, whatever was planned: a person may have let the ramp go on sooner. `step`: the number of the step;
 * those before it are past.
 */
export function askFrom(ramp: Ramp, object: ObjectRef, step: number, now: Date): RampAsk | undefined {
  const asked = askOfRamp(ramp, object);
  const made = asked?.steps[step - 1];
  if (asked === undefined || made === undefined) return asked;
  const sinceMs = Math.max(0, now.getTime() - Date.parse(ramp.acceptedAt));
  const moved = (each: RampAskStep): RampAskStep => ({ ...each, fromMs: sinceMs + each.fromMs - made.fromMs });
  return { ...asked, steps: [moved(made), ...asked.steps.slice(step).map(moved)], first: step };
}
