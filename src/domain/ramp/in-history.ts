import { type Ledger, newestByRule, ours, type Revision } from '../routing/ledger.ts';
import type { RampId } from '../routing/names.ts';

/** What the history of an object has of a ramp. What is not ours tells of none. */
export interface RampInHistory {
  readonly id: RampId;
  /** Its newest step; 0 is its way back. */
  readonly step: number;
  readonly of: number;
  /** Its oldest change that the history has, and its newest. */
  readonly first: Revision;
  readonly last: Revision;
}

export function rampInHistory({ revisions }: Ledger, id: RampId): RampInHistory | undefined {
  const its = ours(revisions).filter(({ ramp }) => ramp?.id === id);
  const [last] = its;
  const first = its.at(-1);
  if (last?.ramp === undefined || first === undefined) return undefined;
  const { step, of } = last.ramp;
  return { id, step, of, first, last };
}

/** The ramps whose newest change is the newest of its rule, and neither their last step nor their way back. */
export function unfinishedIn(ledger: Ledger): readonly RampId[] {
  const newest = new Set(newestByRule(ledger));
  return ours(ledger.revisions).flatMap(({ id, ramp }) =>
    newest.has(id) && ramp !== undefined && ramp.step > 0 && ramp.step < ramp.of ? [ramp.id] : [],
  );
}
