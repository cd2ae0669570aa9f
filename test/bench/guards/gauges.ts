import { addBatch, type Batch, merge, noRequests, shareBad } from '../../../src/domain/guard/batch.ts';
import { type Evidence, logEvidence, noEvidence } from '../../../src/domain/guard/evidence.ts';
import { addFollow, noFollowEvidence } from '../../../src/domain/guard/follow.ts';
import { type Course, type Look, lookSeconds, looksOf } from './course.ts';
import type { Draws } from './draws.ts';

/** One way to decide that a ramp is taken back. */
export interface Row {
  readonly name: string;
  /** It is taken back as soon as the reading is at least this. */
  readonly from: number;
  /** The chance of a false alarm that it promises. */
  readonly alpha?: number;
}

/** Reads one number from each look, for one row or for several with other limits. */
export interface Gauge {
  readonly rows: readonly Row[];
  begin(course: Course): (look: Look) => number;
  /** Another failed check repeats the minute, so that a step lasts longer. */
  readonly repeats?: boolean;
}

/** Our own, at both levels. */
export function levels(name: string): readonly Row[] {
  return [
    { name: `${name}, α = 0.001`, from: Math.log(1_000), alpha: 0.001 },
    { name: `${name}, α = 0.01 (hold)`, from: Math.log(100), alpha: 0.01 },
  ];
}

export const anew: Gauge = {
  rows: levels('this, anew at each step'),
  begin: ({ steps, planned = steps.length }) => gathering(noEvidence(planned), byCaller),
};

export const notAnew: Gauge = {
  rows: levels('this, not anew'),
  begin: () => gathering(noEvidence(1), (evidence, look) => byCaller(evidence, { ...look, step: 1 })),
};

/** Does what our guard does not: it takes all callers for one. */
export const asOneCaller: Gauge = {
  rows: levels('this, callers pooled').map(({ name, from }) => ({ name, from })),
  begin: ({ steps }) =>
    gathering(noEvidence(steps.length), (evidence, look) => addBatch(evidence, look.step, pool(look.batches))),
};

export const following: Gauge = {
  rows: levels('traffic does not follow'),
  begin: ({ steps }) =>
    gathering(noFollowEvidence(steps.length), (evidence, { step, share, batches }) =>
      addFollow(evidence, step, pool(batches), share),
    ),
};

const perMinute = 60 / lookSeconds;

/** Each minute, at least 99 % of the canary's requests must succeed. */
function failedMinutes(rows: readonly Row[], repeats: boolean): Gauge {
  return { rows, repeats, begin: () => failedChecks(perMinute, ({ canary }) => shareBad(canary) > 0.01) };
}

export const flagger = failedMinutes(
  [
    { name: 'threshold 99 % of a minute, 5 failures (Flagger’s loop)', from: 5 },
    { name: 'the same, 10 failures', from: 10 },
  ],
  true,
);

export const argo = failedMinutes(
  [
    { name: '99 % of a minute, failureLimit 3 (Argo’s loop)', from: 4 },
    { name: 'the same, failureLimit 0 (the default)', from: 1 },
  ],
  false,
);

export const argoExample: Gauge = {
  rows: [{ name: '95 %, every 5 minutes (Argo’s documented example)', from: 4 }],
  begin: () => failedChecks(5 * perMinute, ({ canary }) => shareBad(canary) > 0.05),
};

export const worseThanOthers: Gauge = {
  rows: [{ name: 'canary > 1.5 × the others’ minute, 3 allowed', from: 4 }],
  begin: () => failedChecks(perMinute, ({ canary, others }) => shareBad(canary) > 1.5 * shareBad(others)),
};

/** Two proportions, all requests so far, tested again at each look as if it were the only one. */
export const zTest: Gauge = {
  rows: [{ name: 'z-test at each look, p < 0.001', from: 3.0902 }],
  begin: () => {
    let sum = noRequests;
    return ({ batches }) => {
      sum = merge(sum, pool(batches));
      return zOf(sum);
    };
  },
};

/** When each row takes this ramp back, in seconds. Infinity: never. */
export function noticedAt(course: Course, gauges: readonly Gauge[], draws: Draws): readonly number[] {
  const straight = watchers(
    course,
    gauges.filter(({ repeats }) => repeats !== true),
  );
  walk(course, straight, draws);
  const repeating = gauges.filter(({ repeats }) => repeats === true).map((gauge) => watchers(course, [gauge]));
  for (const one of repeating) walk(course, one, draws, { repeats: true });
  const all = new Map([...straight, ...repeating.flat()].map(({ gauge, seconds }) => [gauge, seconds]));
  return gauges.flatMap((gauge) => all.get(gauge) ?? []);
}

interface Watcher {
  readonly gauge: Gauge;
  readonly read: (look: Look) => number;
  /** By row. */
  readonly seconds: number[];
  reading: number;
}

function watchers(course: Course, gauges: readonly Gauge[]): readonly Watcher[] {
  return gauges.map((gauge) => ({
    gauge,
    read: gauge.begin(course),
    seconds: gauge.rows.map(() => Number.POSITIVE_INFINITY),
    reading: Number.NEGATIVE_INFINITY,
  }));
}

function walk(course: Course, watching: readonly Watcher[], draws: Draws, { repeats = false } = {}): void {
  const looks = looksOf(course, draws);
  let open = watching;
  for (let next = looks.next(); next.done !== true && open.length > 0; ) {
    const before = open[0]?.reading ?? 0;
    for (const watcher of open) watchOne(watcher, next.value);
    const failed = repeats && (open[0]?.reading ?? 0) > Math.max(before, 0);
    open = open.filter(({ seconds }) => seconds.includes(Number.POSITIVE_INFINITY));
    next = looks.next(failed);
  }
}

function watchOne(watcher: Watcher, look: Look): void {
  watcher.reading = watcher.read(look);
  for (const [at, { from }] of watcher.gauge.rows.entries())
    if (watcher.reading >= from && watcher.seconds[at] === Number.POSITIVE_INFINITY) watcher.seconds[at] = look.second;
}

function gathering(start: Evidence, add: (evidence: Evidence, look: Look) => Evidence): (look: Look) => number {
  let evidence = start;
  return (look) => {
    evidence = add(evidence, look);
    return logEvidence(evidence);
  };
}

function byCaller(evidence: Evidence, { step, batches }: Look): Evidence {
  return batches.reduce((sums, batch) => addBatch(sums, step, batch), evidence);
}

/** How many checks have failed, one after each so many looks. */
function failedChecks(every: number, fails: (batch: Batch) => boolean): (look: Look) => number {
  let [failed, looks, sum] = [0, 0, noRequests];
  return ({ batches }) => {
    sum = merge(sum, pool(batches));
    if (++looks % every !== 0) return failed;
    if (fails(sum)) failed++;
    sum = noRequests;
    return failed;
  };
}

function zOf({ canary, others }: Batch): number {
  const share = (canary.bad + others.bad) / (canary.requests + others.requests);
  const deviation = Math.sqrt(share * (1 - share) * (1 / canary.requests + 1 / others.requests));
  return deviation > 0 ? (shareBad(canary) - shareBad(others)) / deviation : 0;
}

function pool(batches: readonly Batch[]): Batch {
  return batches.reduce(merge);
}
