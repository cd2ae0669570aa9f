import { othersExceed } from '../guard/absolute.ts';
import { noRequests } from '../guard/batch.ts';
import { type Evidence, logEvidence } from '../guard/evidence.ts';
import { totalOf } from '../guard/seen-so-far.ts';
import { type GuardKind, guardsThatAct, type Verdict, verdictOf } from '../guard/verdict.ts';
import type { GuardRule } from '../policy/ramps/guard-rule.ts';
import type { RampGuards } from './guards.ts';

/** What the operator's own number makes of the ramp: `hold` or `take-back` once it was over its bound for so many looks in a row. */
export function saidByOwn({ rule: { query }, own }: RampGuards): GuardRule['act'] | undefined {
  return query !== undefined && own !== undefined && own.beyond >= query.looks ? query.act : undefined;
}

/** What one guard says now, by all that it has seen. */
export interface Said {
  readonly guard: GuardKind;
  readonly verdict: Verdict;
  readonly logEvidence: number;
}

/** What the guards say of a step. */
export function saidBy(guards: RampGuards, step: number): readonly Said[] {
  const { rule, last } = guards;
  const ofStep = totalOf(guards.seen.slice(step - 1, step));
  const circumstances = {
    isConfounded: guards.confounded !== undefined,
    othersExceed:
      rule.errors.atMost !== undefined &&
      othersExceed({ step: ofStep, lastLook: last?.counted ?? noRequests }, rule.errors.atMost),
    canaryWasSeen: ofStep.canary.requests > 0,
  };
  const all = gathered(guards);
  const count = guardsThatAct(
    all.filter((each) => isOn(guards, each.guard) || hasGathered(each.evidence)),
    circumstances,
  );
  return all
    .filter(({ guard }) => isOn(guards, guard))
    .map(({ guard, act, evidence }) => {
      const log = logEvidence(evidence);
      const verdict = verdictOf({ guard, act, logEvidence: log, guards: count }, circumstances);
      return { guard, verdict, logEvidence: log };
    });
}

interface Gathered {
  readonly guard: GuardKind;
  readonly act: GuardRule['act'];
  readonly evidence: Evidence;
}

function gathered({ rule: { act }, errors, absolute, latency, follow }: RampGuards): readonly Gathered[] {
  return [
    { guard: 'errors', act, evidence: errors },
    ...(absolute === undefined ? [] : [{ guard: 'absolute', act, evidence: absolute } as const]),
    ...(latency === undefined ? [] : [{ guard: 'latency', act, evidence: latency.evidence } as const]),
    { guard: 'follow', act, evidence: follow },
  ];
}

/** Whether a guard watches the ramp. Where clients stay at a version nothing is compared, and connections have no bound either. */
export function isOn({ absolute, latency, sticky }: RampGuards, guard: GuardKind): boolean {
  switch (guard) {
    case 'absolute':
      return absolute !== undefined && sticky !== 'connection';
    case 'latency':
      return latency !== undefined && sticky === undefined;
    case 'errors':
    case 'follow':
      return sticky === undefined;
  }
}

/** A guard that was turned off on the way has used up its part of the chance of a false alarm. */
function hasGathered(evidence: Evidence): boolean {
  return evidence.some((sums) => sums.some((sum) => sum !== 0));
}
