import { z } from 'zod';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { totalOf } from '../../src/domain/guard/seen-so-far.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
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

/** Each request that was made counts in one look, and the guards have the sum of their looks: no look twice, none left out between two. */
export function checkLooks(
  ramp: Ramp,
  events: readonly AuditEvent[],
  kind: TrafficKind | undefined,
): readonly Violation[] {
  const looks = looksAt(ramp, events);
  return [
    ...looks.flatMap((each, at) => [...checkFollows(ramp, each, looks[at - 1]), ...checkCounts(ramp, each, kind)]),
    ...checkSums(ramp, looks),
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
    const own = looks.filter(({ step }) => step === at + 1);
    const { canary } = totalOf(guards.seen.slice(at, at + 1));
    const [requests, bad] = [sum(own.map((each) => each.requests)), sum(own.map((each) => each.bad))];
    if (canary.requests === requests && canary.bad === bad) return [];
    const what = `${id} has ${canary.bad} of ${canary.requests} in step ${at + 1}, and its looks ${bad} of ${requests}`;
    return [wrong(what, { guards, looks })];
  });
}

function second(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function wrong(what: string, evidence: unknown): Violation {
  return { invariant: 'I1', what, evidence };
}
