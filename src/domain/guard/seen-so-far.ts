import { type Batch, merge, noRequests } from './batch.ts';

/** What was counted in one step, by caller. Plain data, stored with the ramp's record. */
export interface SeenInStep {
  readonly callers: Readonly<Record<string, Batch>>;
  /** Callers for which there was no room. They count, but say nothing about the bound: one caller is not compared with another. */
  readonly more: Batch;
}

/** The counts of each step, the first step first: for what people are told, and for the bound. */
export type SeenSoFar = readonly SeenInStep[];

/** A record has no room for more. */
const mostCallers = 50;

export function nothingSeen(steps: number): SeenSoFar {
  return Array.from({ length: steps }, () => ({ callers: {}, more: noRequests }));
}

/** `step` counts from 1. */
export function addSeen(seen: SeenSoFar, step: number, batches: ReadonlyMap<string, Batch>): SeenSoFar {
  return seen.map((inStep, at) => (at === step - 1 ? [...batches].reduce(addCaller, inStep) : inStep));
}

function addCaller({ callers, more }: SeenInStep, [caller, batch]: readonly [string, Batch]): SeenInStep {
  const known = new Map(Object.entries(callers));
  const own = known.get(caller);
  if (own === undefined && known.size >= mostCallers) return { callers, more: merge(more, batch) };
  known.set(caller, own === undefined ? batch : merge(own, batch));
  return { callers: Object.fromEntries(known), more };
}

/** All of these counts in one, for people. */
export function totalOf(seen: SeenSoFar): Batch {
  return seen
    .flatMap(({ callers, more }) => [...Object.values(callers), more])
    .reduce((total, batch) => merge(total, batch), noRequests);
}

/** One batch a caller and step, for the bound. */
export function batchesOf(seen: SeenSoFar): readonly Batch[] {
  return seen.flatMap(({ callers }) => Object.values(callers));
}
