import { addAbsolute } from '../guard/absolute.ts';
import { addBatch, type Batch } from '../guard/batch.ts';
import { type Evidence, noEvidence } from '../guard/evidence.ts';
import { addFollow, noFollowEvidence } from '../guard/follow.ts';
import { looksBeyond } from '../guard/own.ts';
import { addSeen, nothingSeen, type SeenSoFar, totalOf } from '../guard/seen-so-far.ts';
import { namelessCaller, pooled } from '../guard/sides.ts';
import type { GuardKind } from '../guard/verdict.ts';
import type { GuardRule } from '../policy/ramps/guard-rule.ts';
import type { Confounded, Confounding, Sticky } from './confounded.ts';
import { type LookCounts, withLook } from './recent-looks.ts';

/** What the guards of a ramp keep: one atomic write with its record. So no request counts twice, and a missed look makes a longer one. */
export interface RampGuards {
  /** As policy had it when the ramp began. */
  readonly rule: GuardRule;
  /** Up to when which step was looked at. Absent as long as another split is live than the step made. */
  readonly cursor?: { readonly step: number; readonly until: string } | undefined;
  /** A look found that another split was live. */
  readonly astray?: Astray | undefined;
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
  /** When they look next, whichever process does. */
  readonly looking?: Looking | undefined;
  /** What was in the way of a comparison in any look so far: the evidence has it from then on. */
  readonly confounded?: Confounded | undefined;
  /** The name of the rule, the object or the ramp that is in the way. */
  readonly confoundedBy?: string | undefined;
  /** What kept clients at a version before the ramp or in any look so far. From then on nothing is compared. */
  readonly sticky?: Sticky | undefined;
  /** A person let the ramp go on although a guard held it: until the next step it may only take it back. */
  readonly silencedAt?: number | undefined;
}

/** A look found another split than the step made. */
export interface Astray {
  /** When the step was applied. Of another step, or of the same one put back, this says nothing. */
  readonly since: string;
  /** When a look first found the step's split again. */
  readonly rightAt?: string | undefined;
}

/** What the processes that look one after another leave to the next one. */
export interface Looking {
  readonly nextAt: string;
  /** How far apart the samples of Prometheus are. */
  readonly scrapeMs?: number | undefined;
  /** When the card was last to show what they count. */
  readonly shownAt?: string | undefined;
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

/** The counts of a look, by caller, and the share that the split gives to the canary. */
export interface Looked extends Omit<GuardLook, 'counted' | 'confounded'> {
  readonly batches: ReadonlyMap<string, Batch>;
  /** The same with slow requests as the bad ones; absent where latency is not watched. */
  readonly slow?: ReadonlyMap<string, Batch> | undefined;
  /** The operator's own number, if there is one. */
  readonly own?: number | undefined;
  readonly configuredShare: number;
  readonly confounding?: Confounding | undefined;
  readonly sticky?: Sticky | undefined;
}

/** What is known before the ramp begins, and fixed then. */
export interface Known {
  /** Absent where latency is not watched, or no bound fits. */
  readonly slowerThanMs?: number | undefined;
  readonly sticky?: Sticky | undefined;
}

export function newGuards(rule: GuardRule, steps: number, { slowerThanMs, sticky }: Known = {}): RampGuards {
  return {
    rule,
    ...(sticky !== undefined && { sticky }),
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
  const { batches, own, confounding, configuredShare: _, slow: __, sticky: ___, ...look } = looked;
  const { step, until } = look;
  const counted = pooled(batches);
  const sticky = guards.sticky ?? looked.sticky;
  return {
    ...guards,
    ...(sticky === undefined ? compared(guards, looked, counted) : { sticky }),
    ...boundKept(guards, step, counted, sticky),
    ...confoundedSince(guards, looked),
    cursor: { step, until },
    ...(guards.rule.query !== undefined && { own: withOwn(guards, own, guards.rule.query.atMost) }),
    seen: addSeen(guards.seen, step, batches),
    last: { ...look, counted, ...(confounding !== undefined && { confounded: confounding.because }) },
    recent: withLook(guards.recent ?? [], { step, from: look.from, until, counted }),
  };
}

/** The evidence of the guards that compare the versions with one another. */
function compared(
  guards: RampGuards,
  { step, batches, slow, configuredShare }: Looked,
  counted: Batch,
): Pick<RampGuards, 'errors' | 'latency' | 'follow'> {
  const isSplit = configuredShare > 0 && configuredShare < 1;
  const add = (evidence: Evidence, batch: Batch) => addBatch(evidence, step, batch, guards.rule.errors.times);
  return {
    errors: [...batches.values()].reduce(add, guards.errors),
    follow: isSplit ? addFollow(guards.follow, step, counted, configuredShare) : guards.follow,
    ...(slow !== undefined && guards.latency !== undefined && { latency: withSlow(guards, step, slow) }),
  };
}

/** The absolute bound needs nobody to compare with. Connections have no outcome that could be counted. */
function boundKept(
  { rule, absolute }: RampGuards,
  step: number,
  { canary }: Batch,
  sticky: Sticky | undefined,
): Pick<RampGuards, 'absolute'> {
  const { atMost } = rule.errors;
  if (atMost === undefined || absolute === undefined || sticky === 'connection') return {};
  return { absolute: addAbsolute(absolute, step, canary, atMost) };
}

/** The first thing that was in the way stays: the evidence has its requests for good. */
function confoundedSince(
  guards: RampGuards,
  { confounding, batches }: Looked,
): Pick<RampGuards, 'confounded' | 'confoundedBy'> {
  if (guards.confounded !== undefined) return {};
  const found = confounding ?? (batches.has(namelessCaller) ? { because: 'nameless-caller' as const } : undefined);
  if (found === undefined) return {};
  return { confounded: found.because, ...('by' in found && found.by !== undefined && { confoundedBy: found.by }) };
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

/** What a guard has counted in the whole ramp. */
export function countsBy({ seen, latency }: RampGuards, guard: GuardKind): Batch {
  return totalOf(guard === 'latency' && latency !== undefined ? latency.seen : seen);
}

/** Whether something was seen of the canary in a step. Of connections nothing can be. */
export function sawCanary(guards: RampGuards, step: number): boolean {
  return guards.sticky === 'connection' || totalOf(guards.seen.slice(step - 1, step)).canary.requests > 0;
}
