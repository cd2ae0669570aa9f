import type { Approval, Origin } from '../change/change.ts';
import { selectsOf } from '../change/selects.ts';
import type { ChangeId, RampId, ServiceName } from '../routing/names.ts';
import { isSameObject, type ObjectRef } from '../routing/object.ts';
import type { LiveObject } from '../routing/route.ts';
import type { RampGuards } from './guards.ts';
import type { RampState } from './ramp-state.ts';
import type { RampStep } from './steps.ts';
import type { RampTarget, RampTargets } from './targets.ts';

export interface PlannedStep extends RampStep {
  readonly to: RampTargets;
}

/** A change that a ramp made: a step, or with step 0 its way back. */
export interface RampChange {
  readonly step: number;
  readonly id: ChangeId;
}

/**
 * A series of changes towards a target. Each step is an ordinary change. The stored record is the truth about where the ramp stands; the
 * histories of the objects are the truth about what its steps did.
 */
export interface Ramp {
  readonly id: RampId;
  /** What makes this request unique, from Slack. */
  readonly request: string;
  /** The service as it was named, and its place. */
  readonly name: ServiceName;
  /** The version whose share the steps name. */
  readonly version: string;
  /** The name that the policy file gives to these steps, if it was typed. */
  readonly named?: string | undefined;
  /** The Slack user who asked, and that user's team if chat named it. */
  readonly by: string;
  readonly team?: string | undefined;
  readonly reason?: string | undefined;
  readonly origin: Origin;
  readonly approvals?: readonly Approval[] | undefined;
  /** What its versions select (`selectsOf`), if people approve it. With other labels it goes no further up. */
  readonly selects?: readonly string[] | undefined;
  /** What its rules had before the ramp. */
  readonly before: RampTargets;
  readonly steps: readonly [PlannedStep, ...PlannedStep[]];
  /** Every change that it made, oldest first. The id of the next one comes from how many there are, and its step. */
  readonly changes: readonly RampChange[];
  /** What its guards keep. Absent: it goes by time alone. */
  readonly guards?: RampGuards | undefined;
  /** It was asked for with `--no-guard`. */
  readonly noGuard?: true | undefined;
  readonly acceptedAt: string;
  readonly state: RampState;
  /** Grows with every transition. A transition names the rev that it saw. */
  readonly rev: number;
}

/** The step with a number. The first one is 1. */
export function stepOf({ steps }: Pick<Ramp, 'steps'>, number: number): PlannedStep | undefined {
  return steps[number - 1];
}

/** What its rules have once a step is live. With 0, what they had before the ramp. */
export function targetsAt(ramp: Pick<Ramp, 'steps' | 'before'>, number: number): RampTargets {
  return stepOf(ramp, number)?.to ?? ramp.before;
}

/** The objects that it moves, each once. */
export function objectsMoved({ before }: Pick<Ramp, 'before'>): readonly ObjectRef[] {
  const all = before.map(({ object }) => object);
  return all.filter((object, at) => all.findIndex((each) => isSameObject(each, object)) === at);
}

/** What its steps give requests to select, by the objects as they are now. */
export function selectsOfRamp({ steps }: Pick<Ramp, 'steps'>, objects: readonly LiveObject[]): readonly string[] {
  return selectsOf(
    objects.flatMap(({ object, rules }) =>
      steps.map(({ to }) => {
        const own = to.filter((each) => isSameObject(each.object, object));
        return { edit: { kind: 'weights', moves: own.map(({ rule, split }) => ({ rule, to: split })) }, rules };
      }),
    ),
  );
}

/** The rules of an object that the ramp moves. */
export function rulesMoved({ before }: Pick<Ramp, 'before'>, object: ObjectRef): readonly string[] {
  return before.filter((each) => isSameObject(each.object, object)).map(({ rule }) => rule);
}

/** Whether the ramp moves one of these rules. */
export function movesOneOf(
  { before }: Pick<Ramp, 'before'>,
  rules: readonly Pick<RampTarget, 'object' | 'rule'>[],
): boolean {
  return before.some((own) => rules.some(({ object, rule }) => rule === own.rule && isSameObject(object, own.object)));
}

/**
 * The request of the next change that it makes. The same ramp in the same place always makes the same change. An older copy of the record
 * may have come back, with fewer changes than were made: so what makes another step, or goes back, has another request.
 */
export function nextRequest({ id, changes }: Pick<Ramp, 'id' | 'changes'>, step: number): string {
  return `ramp:${id}:${changes.length}:${step}`;
}

/** The change that made a step, the newest one if there were several tries. */
export function changeAt({ changes }: Pick<Ramp, 'changes'>, step: number): ChangeId | undefined {
  return changes.findLast((each) => each.step === step)?.id;
}

/** The ramp in its next state. */
export function rampTo(ramp: Ramp, state: RampState): Ramp {
  return { ...ramp, state, rev: ramp.rev + 1 };
}

/** The same, with the change that takes it there. */
export function withChange(ramp: Ramp, change: RampChange, state: RampState): Ramp {
  return { ...rampTo(ramp, state), changes: [...ramp.changes, change] };
}
