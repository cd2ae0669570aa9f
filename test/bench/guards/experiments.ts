import { addBatch, merge } from '../../../src/domain/guard/batch.ts';
import { logEvidence, logMean, logsOf, noEvidence, plus } from '../../../src/domain/guard/evidence.ts';
import { type Course, caller, drawBatch, type Habits, lookSeconds, type Step, stickySessions } from './course.ts';
import type { Draws } from './draws.ts';
import {
  anew,
  argo,
  argoExample,
  asOneCaller,
  flagger,
  following,
  type Gauge,
  levels,
  notAnew,
  noticedAt,
  type Row,
  worseThanOthers,
  zTest,
} from './gauges.ts';

/** Many ramps of one kind, each watched by some methods at once. */
export interface Experiment {
  readonly name: string;
  /** Nothing is wrong with the canary: whoever takes it back is wrong. */
  readonly isNull: boolean;
  readonly rows: readonly Row[];
  /** Makes up a ramp. Answers when each row takes it back, in seconds, or Infinity. */
  readonly ramp: (draws: Draws) => readonly number[];
}

const minutes = (count: number) => count * 60;
const stepsOf = (shares: readonly number[], seconds = minutes(5)): readonly Step[] =>
  shares.map((share) => ({ share, seconds }));
const usual = stepsOf([0.1, 0.25, 0.5]);
/** Long enough for every method that notices at all. */
const staying = stepsOf([0.1], minutes(60));
const alike = (rate: number): Habits => ({ perSecond: 20, others: rate, canary: rate });
const from = (others: number, canary: number): Habits => ({ perSecond: 20, others, canary });

function of(habits: Habits, steps = usual): Course {
  return { steps, callers: [caller(habits)], planned: Math.max(steps.length, usual.length) };
}

const methods: readonly Gauge[] = [anew, notAnew, flagger, argo, argoExample, worseThanOthers, zTest];

/** The columns of the large table. */
export const columns = {
  null: 'null, 0.5 % fail',
  long: 'null, ramp 10 … 90',
  often: 'null, 2 % fail',
  outage: 'common outage',
  staying: '0.5 → 2 % at 10 %, never stepping',
  rare: '0.05 → 0.5 %',
} as const;

const outage = { from: minutes(6), until: minutes(9), rate: 0.2 };

function compared(name: string, isNull: boolean, course: Course, gauges: readonly Gauge[]): Experiment {
  const rows = gauges.flatMap((gauge) => gauge.rows);
  return { name, isNull, rows, ramp: (draws) => noticedAt(course, gauges, draws) };
}

const table: readonly Experiment[] = [
  compared(columns.null, true, of(alike(0.005)), methods),
  compared(columns.long, true, of(alike(0.005), stepsOf([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])), methods),
  compared(columns.often, true, of(alike(0.02)), methods),
  compared(columns.outage, true, of({ ...alike(0.005), outage }), methods),
  compared(columns.staying, false, of(from(0.005, 0.02), staying), methods),
  compared(columns.rare, false, of(from(0.0005, 0.005)), methods),
];

const changingShares = stepsOf([0.1, 0.5, 0.05, 0.75, 0.25, 0.9, 0.01], minutes(3));
const pinned: Habits = { perSecond: 2, others: 0.005, canary: 0.05, real: () => 1 };

/** One caller goes past the split and fails more often, always at the canary. */
const bypassed: Course = { steps: usual, callers: [caller({ ...alike(0.005), perSecond: 18 }), caller(pinned)] };

const sticky: Course = {
  steps: usual,
  callers: [stickySessions({ sessions: 200, perSecond: 20, failing: 0.02, rate: 0.25 })],
};

/** Fails only in the last step. */
function late(secondsBefore: number): Course {
  const steps = [...stepsOf([0.1, 0.25], secondsBefore), ...stepsOf([0.5])];
  return of({ ...from(0.005, 0.02), canaryFrom: 2 * secondsBefore }, steps);
}

const also: readonly Experiment[] = [
  compared('changing shares', true, of(alike(0.005), changingShares), [anew]),
  compared('low traffic, 0.2 requests a second', true, of({ ...alike(0.02), perSecond: 0.2 }), [anew]),
  compared('everything fails', true, of(alike(1)), [anew]),
  compared('a caller that bypasses the split', true, bypassed, [anew, asOneCaller]),
  compared('5 % slow', true, of(alike(0.05)), [anew]),
  compared('traffic follows, 10 %', true, of(alike(0.005)), [following]),
  compared('sticky sessions', false, sticky, [anew]),
  compared('a late fault after ten good minutes', false, late(minutes(5)), [anew, notAnew]),
  compared('a late fault after a good hour', false, late(minutes(30)), [anew, notAnew]),
  compared('5 → 10 % slow', false, of(from(0.05, 0.1), staying), [anew]),
  compared('5 → 20 % slow', false, of(from(0.05, 0.2), staying), [anew]),
  compared('10 % configured, 5 % real', false, of({ ...alike(0.005), real: () => 0.05 }, staying), [following]),
  compared('10 % configured, 12 % real', false, of({ ...alike(0.005), real: () => 0.12 }, staying), [following]),
  compared('0.5 → 1 %', false, of(from(0.005, 0.01)), [anew]),
];

/** Looks after every failure, 2,000 times. */
function everyFailure(share: number): Experiment {
  const [onCanary, onOthers] = [logsOf({ share, suspected: 1, other: 0 }), logsOf({ share, suspected: 0, other: 1 })];
  const rows = levels('this');
  const ramp = (draws: Draws) => {
    const seconds = rows.map(() => Number.POSITIVE_INFINITY);
    let sums = onCanary.map(() => 0);
    for (let failure = 1; failure <= 2_000; failure++) {
      sums = [...plus(sums, draws.chance(share) ? onCanary : onOthers)];
      const log = logMean(sums);
      for (const [at, row] of rows.entries()) if (log >= row.from) seconds[at] = Math.min(seconds[at] ?? 0, failure);
    }
    return seconds;
  };
  return { name: `looked at after every failure, share ${share * 100} %`, isNull: true, rows, ramp };
}

/** An outage begins in the moment of a step from 10 to 50 %. One look lies across the step, and is counted or left out. */
function acrossStep(isCounted: boolean): Experiment {
  const expect = caller({ ...alike(0.005), outage: { from: 0, until: minutes(3), rate: 0.2 } });
  const half = ({ good, bad }: { readonly good: number; readonly bad: number }) => ({ good: good / 2, bad: bad / 2 });
  const rows = levels('this').map((row) => (isCounted ? { name: row.name, from: row.from } : row));
  const ramp = (draws: Draws) => {
    const begun = expect(draws);
    const [before, after] = [begun(0.1, -lookSeconds), begun(0.5, 0)].map(({ canary, others }) =>
      drawBatch({ canary: half(canary), others: half(others) }, draws),
    );
    const seconds = rows.map(() => Number.POSITIVE_INFINITY);
    let evidence = noEvidence(3);
    const look = (step: number, batch: Parameters<typeof addBatch>[2], second: number) => {
      evidence = addBatch(evidence, step, batch);
      const log = logEvidence(evidence);
      for (const [at, row] of rows.entries()) if (log >= row.from) seconds[at] = Math.min(seconds[at] ?? 0, second);
    };
    for (let second = -minutes(5); second < 0; second += lookSeconds)
      look(1, drawBatch(begun(0.1, second), draws), second);
    if (isCounted && before !== undefined && after !== undefined) look(2, merge(before, after), 0);
    for (let second = 0; second < minutes(5); second += lookSeconds)
      look(2, drawBatch(begun(0.5, second), draws), second);
    return seconds;
  };
  return { name: `a look across a step, ${isCounted ? 'counted' : 'left out'}`, isNull: !isCounted, rows, ramp };
}

export const experiments: readonly Experiment[] = [
  ...table,
  ...also,
  ...[0.1, 0.25, 0.5].map(everyFailure),
  ...[true, false].map(acrossStep),
];
