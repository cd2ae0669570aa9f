import { addAbsolute, othersExceed } from '../guard/absolute.ts';
import { addBatch, type Batch, noRequests } from '../guard/batch.ts';
import { type Evidence, logEvidence, noEvidence } from '../guard/evidence.ts';
import { addFollow, noFollowEvidence } from '../guard/follow.ts';
import { looksBeyond } from '../guard/own.ts';
import { addSeen, nothingSeen, type SeenSoFar, totalOf } from '../guard/seen-so-far.ts';
import { namelessCaller, pooled } from '../guard/sides.ts';
import { type GuardKind, guardsThatAct, type Verdict, verdictOf } from '../guard/verdict.ts';
import type { GuardRule } from '../policy/ramps/guard-rule.ts';
import { type LookCounts, withLook } from './recent-looks.ts';

/** What the guards of a ramp keep: one atomic write with its record. So no request counts twice, and a missed look makes a longer one. */
export interface RampGuards {
  /** As policy had it when the ramp began. */
  readonly rule: GuardRule;
  /** Up to when which step was looked at. */
  readonly cursor?: { readonly step: number; readonly until: string } | undefined;
  readonly errors: Evidence;
  readonly absolute?: Evidence | undefined;
  /** `slowerThanMs`: fixed before the ramp began, so that no result can affect it. */
  readonly latency?:
    | { readonly slowerThanMs: number; readonly evidence: Evidence; readonly seen: SeenSoFar }
    | undefined;
  readonly follow: Evidence;
  /** An operator's own number: for how many looks in a row it was over its bound, and what it was last. */
  readonly own?: { readonly beyond: number; readonly value?: number | undefined } | undefined;
  readonly seen: SeenSoFar;
  readonly last?: GuardLook | undefined;
  /** What each look counted, for the chart; the older ones joined. Absent in older records. */
  readonly recent?: readonly LookCounts[] | undefined;
  /** What was in the way of a comparison in any look so far: the evidence has it from then on. */
  readonly confounded?: Confounded | undefined;
  /** A person let the ramp go on although a guard held it: until the next step it may only take it back. */
  readonly silencedAt?: number | undefined;
}

/** What one look counted, for people and the audit. */
export interface GuardLook {
  readonly step: number;
  readonly from: string;
  readonly until: string;
  readonly counted: Batch;
  /** Requests that reached no version, by Envoy's flag. */
  readonly unreached: Readonly<Record<string, number>>;
  /** What is in the way of a comparison, if anything is. */
  readonly confounded?: Confounded | undefined;
}

/** Why requests may come to these versions otherwise than by this split. A closed list: the card has words for each. */
export const confoundedReasons = ['other-rule', 'other-object', 'other-ramp', 'mirrored', 'nameless-caller'] as const;
export type Confounded = (typeof confoundedReasons)[number];

/** The counts of a look, by caller, and the share that the split gives to the canary. */
export interface Looked extends Omit<GuardLook, 'counted'> {
  readonly batches: ReadonlyMap<string, Batch>;
  /** The same with slow requests as the bad ones; absent where latency is not watched. */
  readonly slow?: ReadonlyMap<string, Batch> | undefined;
  /** The operator's own number, if there is one. */
  readonly own?: number | undefined;
  readonly configuredShare: number;
}

/** `slowerThanMs`: absent where latency is not watched, or no bound fits. */
export function newGuards(rule: GuardRule, steps: number, slowerThanMs?: number): RampGuards {
  return {
    rule,
    errors: noEvidence(steps),
    ...(rule.errors.atMost !== undefined && { absolute: noEvidence(steps) }),
    ...(rule.latency !== undefined &&
      slowerThanMs !== undefined && {
        latency: { slowerThanMs, evidence: noEvidence(steps), seen: nothingSeen(steps) },
      }),
    ...(rule.query !== undefined && { own: { beyond: 0 } }),
    follow: noFollowEvidence(steps),
    seen: nothingSeen(steps),
  };
}

/** Adds what a look saw. At 100 % there is nobody to compare with, and nothing to follow. */
export function afterLook(guards: RampGuards, looked: Looked): RampGuards {
  const { batches, slow, own, configuredShare, ...look } = looked;
  const { step, until } = look;
  const counted = pooled(batches);
  const nameless = batches.has(namelessCaller) ? ('nameless-caller' as const) : undefined;
  const confounded = guards.confounded ?? look.confounded ?? nameless;
  const isSplit = configuredShare > 0 && configuredShare < 1;
  const { atMost } = guards.rule.errors;
  return {
    ...guards,
    cursor: { step, until },
    errors: [...batches.values()].reduce(
      (evidence, batch) => addBatch(evidence, step, batch, guards.rule.errors.times),
      guards.errors,
    ),
    ...(atMost !== undefined &&
      guards.absolute !== undefined && { absolute: addAbsolute(guards.absolute, step, counted.canary, atMost) }),
    ...(slow !== undefined && guards.latency !== undefined && { latency: withSlow(guards, step, slow) }),
    ...(guards.rule.query !== undefined && { own: withOwn(guards, own, guards.rule.query.atMost) }),
    follow: isSplit ? addFollow(guards.follow, step, counted, configuredShare) : guards.follow,
    seen: addSeen(guards.seen, step, batches),
    last: { ...look, counted },
    recent: withLook(guards.recent ?? [], { step, from: look.from, until, counted }),
    ...(confounded !== undefined && { confounded }),
  };
}

function withSlow(
  { rule, latency }: RampGuards,
  step: number,
  slow: ReadonlyMap<string, Batch>,
): RampGuards['latency'] {
  if (latency === undefined) return undefined;
  const tolerated = rule.latency?.times ?? 1;
  const add = (evidence: Evidence, batch: Batch) => addBatch(evidence, step, batch, tolerated);
  return {
    ...latency,
    evidence: [...slow.values()].reduce(add, latency.evidence),
    seen: addSeen(latency.seen, step, slow),
  };
}

function withOwn({ own }: RampGuards, value: number | undefined, atMost: number): RampGuards['own'] {
  return { beyond: looksBeyond(own?.beyond ?? 0, value, atMost), ...(value !== undefined && { value }) };
}

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
  const { rule, errors, absolute, latency, follow, last } = guards;
  const ofStep = totalOf(guards.seen.slice(step - 1, step));
  const circumstances = {
    isConfounded: guards.confounded !== undefined,
    othersExceed:
      rule.errors.atMost !== undefined &&
      othersExceed({ step: ofStep, lastLook: last?.counted ?? noRequests }, rule.errors.atMost),
    canaryWasSeen: ofStep.canary.requests > 0,
  };
  const weighed = [
    { guard: 'errors', act: rule.act, evidence: errors },
    ...(absolute === undefined ? [] : [{ guard: 'absolute', act: rule.act, evidence: absolute } as const]),
    ...(latency === undefined ? [] : [{ guard: 'latency', act: rule.act, evidence: latency.evidence } as const]),
    { guard: 'follow', act: rule.act, evidence: follow },
  ] as const;
  const count = guardsThatAct(weighed, circumstances);
  return weighed.map(({ guard, act, evidence }) => {
    const log = logEvidence(evidence);
    const verdict = verdictOf({ guard, act, logEvidence: log, guards: count }, circumstances);
    return { guard, verdict, logEvidence: log };
  });
}

/** Whether something was seen of the canary in a step. */
export function sawCanary(guards: RampGuards, step: number): boolean {
  return totalOf(guards.seen.slice(step - 1, step)).canary.requests > 0;
}
