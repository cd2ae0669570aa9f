import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { addAbsolute } from '../../src/domain/guard/absolute.ts';
import { addBatch, type Batch, merge, noRequests } from '../../src/domain/guard/batch.ts';
import { type Evidence, noEvidence } from '../../src/domain/guard/evidence.ts';
import { addFollow, noFollowEvidence } from '../../src/domain/guard/follow.ts';
import { totalOf } from '../../src/domain/guard/seen-so-far.ts';
import { type Ramp, stepOf } from '../../src/domain/ramp/ramp.ts';
import type { Violation } from '../chaos/findings.ts';
import { others, perSecond, type TrafficKind } from './made-traffic.ts';

/** What the audit keeps of a look: `2026-… to 2026-…; canary 70/140 others 0/1260; …` */
const told =
  /^(?<from>\S+) to (?<until>\S+); canary (?<bad>\d+)\/(?<requests>\d+) others (?<otherBad>\d+)\/(?<other>\d+)/;
const look = z.object({
  from: z.string(),
  until: z.string(),
  bad: z.coerce.number(),
  requests: z.coerce.number(),
  otherBad: z.coerce.number(),
  other: z.coerce.number(),
});
type Look = z.infer<typeof look> & { readonly step: number };

/** Each request that was made counts in one look, and the guards have the sum of their looks and its evidence: no look twice, none left out between two. */
export function checkLooks(
  ramp: Ramp,
  events: readonly AuditEvent[],
  kind: TrafficKind | undefined,
): readonly Violation[] {
  const looks = looksAt(ramp, events);
  return [
    ...looks.flatMap((each, at) => [...checkFollows(ramp, each, looks[at - 1]), ...checkCounts(ramp, each, kind)]),
    ...checkSums(ramp, looks),
    ...checkEvidence(ramp, looks),
  ];
}

function looksAt({ id }: Ramp, events: readonly AuditEvent[]): readonly Look[] {
  return events
    .filter(({ rampId, kind, because }) => rampId === id && (kind === 'ramp-looked' || because === 'guard'))
    .flatMap(({ detail = '', step = 0 }) => {
      const found = told.exec(detail)?.groups;
      return found === undefined ? [] : [{ ...look.parse(found), step }];
    });
}

function checkFollows({ id }: Ramp, now: Look, before: Look | undefined): readonly Violation[] {
  if (before === undefined || before.step !== now.step || before.until === now.from) return [];
  return [wrong(`${id} looked from ${now.from}, and the look before ended at ${before.until}`, { before, now })];
}

function checkCounts({ id }: Ramp, now: Look, kind: TrafficKind | undefined): readonly Violation[] {
  const { from, until, requests, bad, other } = now;
  const seconds = second(until) - second(from);
  const made = kind === undefined ? { good: 0, bad: 0 } : perSecond[kind];
  const isRight =
    bad === made.bad * seconds && requests === (made.good + made.bad) * seconds && other === others.perSecond * seconds;
  return isRight ? [] : [wrong(`${id} counted in a look what was not there`, { now, seconds, made })];
}

/** Of each step that was looked at. */
function checkSums(ramp: Ramp, looks: readonly Look[]): readonly Violation[] {
  const { id, guards, steps } = ramp;
  if (guards === undefined) return [];
  return steps.flatMap((_, at) => {
    const kept = totalOf(guards.seen.slice(at, at + 1));
    const counted = looks
      .filter(({ step }) => step === at + 1)
      .map(batchOf)
      .reduce(merge, noRequests);
    if (isDeepStrictEqual(kept, counted)) return [];
    const what = `${id} has ${said(kept)} in step ${at + 1}, and its looks ${said(counted)}`;
    return [wrong(what, { guards, looks })];
  });
}

/** The evidence that is kept, computed anew from the looks. All requests are of one caller. */
function checkEvidence(ramp: Ramp, looks: readonly Look[]): readonly Violation[] {
  const { id, guards, steps } = ramp;
  if (guards === undefined || guards.sticky !== undefined) return [];
  const { times, atMost = 0 } = guards.rule.errors;
  const none = noEvidence(steps.length);
  const anew = {
    errors: looks.reduce((sums, each) => addBatch(sums, each.step, batchOf(each), times), none),
    absolute: looks.reduce((sums, each) => addAbsolute(sums, each.step, batchOf(each).canary, atMost), none),
    follow: looks.reduce(
      (sums, each) => addFollow(sums, each.step, batchOf(each), shareAt(ramp, each)),
      noFollowEvidence(steps.length),
    ),
  };
  const { errors, absolute = anew.absolute, follow } = guards;
  const kept = { errors, absolute, follow };
  return (['errors', 'absolute', 'follow'] as const)
    .filter((guard) => !areSame(kept[guard], anew[guard]))
    .map((guard) =>
      wrong(`${id} has other evidence (${guard}) than its looks give`, { kept: kept[guard], anew: anew[guard], looks }),
    );
}

function batchOf({ bad, requests, otherBad, other }: Look): Batch {
  return { canary: { requests, bad }, others: { requests: other, bad: otherBad } };
}

function shareAt(ramp: Ramp, { step }: Look): number {
  return (stepOf(ramp, step)?.percent ?? 0) / 100;
}

/** What is added in another order differs in the last digits. */
function areSame(one: Evidence, other: Evidence): boolean {
  const [first, second] = [one.flat(), other.flat()];
  return first.length === second.length && first.every((sum, at) => Math.abs(sum - (second[at] ?? 0)) < 1e-6);
}

function said({ canary, others: rest }: Batch): string {
  return `${canary.bad} of ${canary.requests} against ${rest.bad} of ${rest.requests}`;
}

function second(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}

function wrong(what: string, evidence: unknown): Violation {
  return { invariant: 'I1', what, evidence };
}
