import { type Split, sameShares } from '../routing/split.ts';
import { type PlannedStep, type Ramp, targetsAt } from './ramp.ts';
import type { RampStateOf } from './ramp-state.ts';
import { atOnce, isAtOnce, type RampSteps, type Stay } from './steps.ts';
import { isSameTarget, type RampTargets } from './targets.ts';

type Moving = Pick<Ramp, 'before' | 'steps'>;

/** The clusters in which a ramp moves rules, in its order. */
export function clustersOf({ before }: Pick<Ramp, 'before'>): readonly string[] {
  return [...new Set(before.map(({ object }) => object.cluster))];
}

/** Whether it goes from cluster to cluster. Each of its steps is then made in one of them. */
export function isSequence(ramp: Pick<Ramp, 'before'>): boolean {
  return clustersOf(ramp).length > 1;
}

/** The cluster in which a step is made. Undefined in a sequence if it moves nothing, because it is left out. */
export function clusterAt(ramp: Moving, step: number): string | undefined {
  if (!isSequence(ramp)) return ramp.before[0].object.cluster;
  const was = targetsAt(ramp, step - 1);
  return targetsAt(ramp, step).find(({ split }, at) => !sameShares(split, splitAt(was, at)))?.object.cluster;
}

/** The number of the step that is made after this one; undefined if it is the last. */
export function stepAfter(ramp: Moving, step: number): number | undefined {
  const next = ramp.steps.findIndex((_, at) => at >= step && clusterAt(ramp, at + 1) !== undefined);
  return next < 0 ? undefined : next + 1;
}

/** The last step that is made where this one is. */
export function lastBeside(ramp: Moving, step: number): number {
  const cluster = clusterAt(ramp, step);
  return ramp.steps.findLastIndex((_, at) => clusterAt(ramp, at + 1) === cluster) + 1;
}

/** What a step makes: the rules of the cluster in which it is made. */
export function madeAt(ramp: Moving, step: number): RampTargets {
  return within(targetsAt(ramp, step), clusterAt(ramp, step));
}

/** Those of a cluster; all of them where it has none. */
export function within(targets: RampTargets, cluster: string | undefined): RampTargets {
  const [first, ...more] = targets.filter(({ object }) => object.cluster === cluster);
  return first === undefined ? targets : [first, ...more];
}

/** For each cluster the step that is live there, once this one is; those in which none was made are left out. */
export function liveSteps(ramp: Moving, step: number): readonly number[] {
  const newest = new Map<string, number>();
  for (let each = 1; each <= step; each += 1) {
    const cluster = clusterAt(ramp, each);
    if (cluster !== undefined) newest.set(cluster, each);
  }
  return [...newest.values()];
}

/**
 * Makes each step in all clusters, one after the other, and then watches it for its time. A step that stands alone is watched in each
 * cluster before the next one. Where a version has the share of a step already, that step is not made. `all`: a ramp of the same steps in
 * each cluster.
 */
export function inSequence(all: readonly [Moving, ...Moving[]], steps: RampSteps): Moving {
  const [first, ...others] = all;
  const [head, ...tail] = first.before;
  const before: RampTargets = [head, ...tail, ...others.flatMap((each) => each.before)];
  let now = before;
  const made = steps.flatMap(({ percent, stay }, at): readonly PlannedStep[] => {
    const its = all.flatMap((each) =>
      areSame(targetsAt(each, at), targetsAt(each, at + 1)) ? [] : [targetsAt(each, at + 1)],
    );
    return its.map((to, place) => {
      now = replaced(now, to);
      return { percent, stay: steps.length === 1 || place === its.length - 1 ? stay : atOnce, to: now };
    });
  });
  const [one, ...more] = made;
  if (one === undefined) throw new Error('a sequence moves something');
  return { before, steps: [one, ...more] };
}

/** The rest of a sequence at once: in each cluster its last step, one cluster after the other. `live`: the step that is live. */
export function atOnceFrom(ramp: Ramp, live: number): Ramp {
  const end = ramp.steps.findLastIndex((_, at) => clusterAt(ramp, at + 1) !== undefined) + 1;
  return restOf(ramp, live, {
    made: (step) => lastBeside(ramp, step) === step,
    stay: (step, { stay }) => (step === end ? stay : atOnce),
  });
}

/**
 * The rest of a sequence without a cluster, which stays as it is. Where a step is only watched once it is made there too, it is watched in
 * the step before.
 */
export function without(ramp: Ramp, live: number, cluster: string): Ramp {
  const isMade = (step: number) => ![undefined, cluster].includes(clusterAt(ramp, step));
  const stayOf = (step: number, { stay }: PlannedStep) => {
    if (!isAtOnce(stay)) return stay;
    const after = ramp.steps.slice(step);
    const next = after.findIndex((_, at) => isMade(step + at + 1));
    return together([stay, ...after.slice(0, next < 0 ? after.length : next).map((each) => each.stay)]);
  };
  return restOf(ramp, live, { made: isMade, stay: stayOf });
}

/**
 * The cluster that a ramp which is held can leave out: that of its next step. Undefined if it would have done nothing at all then, or if
 * what is wrong is of no cluster.
 */
export function clusterToLeaveOut(ramp: Moving, { step, hold }: RampStateOf<'held'>): string | undefined {
  const next = stepAfter(ramp, step);
  const cluster = next === undefined ? undefined : clusterAt(ramp, next);
  const isOfCluster = ['step-failed', 'no-plan', 'denied', 'late'].includes(hold.because);
  const isLeft = ramp.steps.some((_, at) => at >= step && ![undefined, cluster].includes(clusterAt(ramp, at + 1)));
  return isSequence(ramp) && isOfCluster && (isLeft || step > 0) ? cluster : undefined;
}

/** Whether the step that is live can be made once more over what somebody else made of it. */
export function isPutBackHere(ramp: Moving, { step, hold }: RampStateOf<'held'>): boolean {
  return hold.because === 'moved' && step > 0 && hold.away.object.cluster === clusterAt(ramp, step);
}

/** Times that follow each other. A person who is asked in one of them ends all of them. */
export function together(stays: readonly Stay[]): Stay {
  if (stays.some(({ kind }) => kind === 'ask')) return { kind: 'ask' };
  return { kind: 'for', ms: stays.reduce((sum, stay) => sum + (stay.kind === 'for' ? stay.ms : 0), 0) };
}

interface Rest {
  readonly made: (step: number) => boolean;
  readonly stay: (step: number, planned: PlannedStep) => Stay;
}

/** Leaves out steps after the one that is live: they keep their numbers, and move nothing. */
function restOf(ramp: Ramp, live: number, { made, stay }: Rest): Ramp {
  let now = targetsAt(ramp, live);
  const step = (planned: PlannedStep, at: number): PlannedStep => {
    const number = at + 1;
    if (number < live) return planned;
    if (number > live && clusterAt(ramp, number) !== undefined && made(number))
      now = replaced(now, madeAt(ramp, number));
    return { ...planned, stay: stay(number, planned), to: number === live ? planned.to : now };
  };
  const [first, ...more] = ramp.steps;
  return { ...ramp, steps: [step(first, 0), ...more.map((each, at) => step(each, at + 1))] };
}

function replaced([first, ...more]: RampTargets, by: RampTargets): RampTargets {
  const now = (target: RampTargets[number]) => by.find((each) => isSameTarget(each, target)) ?? target;
  return [now(first), ...more.map(now)];
}

function areSame(some: RampTargets, others: RampTargets): boolean {
  return some.every(({ split }, at) => sameShares(split, splitAt(others, at)));
}

function splitAt(targets: RampTargets, at: number): Split {
  return targets[at]?.split ?? {};
}

/** Whether nothing of a ramp is watched: its steps follow each other at once. */
export function isUnwatched({ steps }: Pick<Ramp, 'steps'>): boolean {
  return steps.every(({ stay }) => isAtOnce(stay));
}
