import { type Batch, shareBad, type Tally } from './batch.ts';
import { addToStep, type Evidence, logsOf } from './evidence.ts';

/** Adds the canary's requests to the evidence that more than `atMost` of them are bad. The suspected ratios are ratios of odds. */
export function addAbsolute(evidence: Evidence, step: number, canary: Tally, atMost: number): Evidence {
  const { requests, bad } = canary;
  return addToStep(evidence, step, logsOf({ share: atMost, suspected: bad, other: requests - bad }));
}

/**
 * Whether the others exceed the bound, too: then something else is broken. The step so far tells, or the last look, since an outage that
 * has just begun is not much of a long step.
 */
export function othersExceed(counts: { readonly step: Batch; readonly lastLook: Batch }, atMost: number): boolean {
  return [counts.step, counts.lastLook].some(({ others }) => shareBad(others) > atMost);
}
