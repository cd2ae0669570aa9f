import { addBatch, type Batch } from './batch.ts';
import { logEvidence, noEvidence } from './evidence.ts';
import { holdFrom, oneIn } from './verdict.ts';

export interface Counted {
  /** What was counted in the step. */
  readonly batch: Batch;
  readonly step: number;
  readonly steps: number;
  /** How many guards may hold the ramp or take it back. */
  readonly guards: number;
}

/** Whether these requests could not show a bad canary: not even if all of its requests, and no others, had failed. */
export function areTooFew({ batch: { canary, others }, step, steps, guards }: Counted): boolean {
  const worst = { canary: { ...canary, bad: canary.requests }, others: { ...others, bad: 0 } };
  return oneIn(logEvidence(addBatch(noEvidence(steps), step, worst)), guards) < holdFrom;
}
