import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRamp } from '../../../src/domain/ramp/plan-ramp.ts';
import { type Ramp, targetsAt } from '../../../src/domain/ramp/ramp.ts';
import { atOnceFrom, clusterAt, inSequence, liveSteps, stepAfter, without } from '../../../src/domain/ramp/sequence.ts';
import { atOnce, type RampSteps } from '../../../src/domain/ramp/steps.ts';
import { percentages } from '../../../src/domain/routing/split.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { aRampTo } from '../../support/ramp-builders.ts';

const stay = { kind: 'for', ms: 300_000 } as const;

function stepsOf([first, ...more]: readonly [number, ...number[]]): RampSteps {
  return [{ percent: first, stay }, ...more.map((percent) => ({ percent, stay }))];
}

function planIn(cluster: string, steps: RampSteps) {
  const route = reviews({ v1: 100, v3: 0 }, { object: { ...reviewsObject, cluster } });
  const plan = planRamp(route, { version: 'v3', steps, rules: [{}] });
  if (plan.kind !== 'planned') throw new Error(`the ramp of ${cluster} cannot be planned`);
  return plan;
}

function rampIn(clusters: readonly [string, ...string[]], percents: readonly [number, ...number[]]): Ramp {
  const steps = stepsOf(percents);
  const [first, ...more] = clusters;
  return aRampTo(inSequence([planIn(first, steps), ...more.map((each) => planIn(each, steps))], steps));
}

/** What the canary has where, once a step is live. */
function sharesAt(ramp: Ramp, step: number): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(
    targetsAt(ramp, step).map(({ object, split }) => [object.cluster, percentages(split)['v3']]),
  );
}

function walked(ramp: Ramp, from = 0): readonly number[] {
  const next = stepAfter(ramp, from);
  return next === undefined ? [] : [next, ...walked(ramp, next)];
}

describe('a ramp over several clusters', () => {
  const ramp = rampIn(['eu', 'us'], [10, 50]);

  it('makes each step in all of them, in order, and then watches it', () => {
    expect(ramp.steps.map((_, at) => sharesAt(ramp, at + 1))).toEqual([
      { eu: 10, us: 0 },
      { eu: 10, us: 10 },
      { eu: 50, us: 10 },
      { eu: 50, us: 50 },
    ]);
    expect(ramp.steps.map((step) => step.stay)).toEqual([atOnce, stay, atOnce, stay]);
    expect(liveSteps(ramp, 3)).toEqual([3, 2]);
  });

  it('watches a step that stands alone in each of them', () => {
    expect(rampIn(['eu', 'us'], [50]).steps.map((step) => step.stay)).toEqual([stay, stay]);
  });

  it('goes to its end at once, in one after the other', () => {
    const rest = atOnceFrom(ramp, 1);
    expect(walked(rest, 1).map((step) => sharesAt(rest, step))).toEqual([
      { eu: 50, us: 0 },
      { eu: 50, us: 50 },
    ]);
    expect(walked(rest, 1).map((step) => rest.steps[step - 1]?.stay)).toEqual([atOnce, stay]);
  });

  it('watches the step before where a cluster is left out', () => {
    const rest = without(ramp, 1, 'us');
    expect(walked(rest)).toEqual([1, 3]);
    expect(walked(rest).map((step) => rest.steps[step - 1]?.stay)).toEqual([stay, stay]);
    expect(sharesAt(rest, 4)).toEqual({ eu: 50, us: 0 });
  });

  const someClusters = fc.uniqueArray(fc.constantFrom('eu', 'us', 'ap', 'sa'), { minLength: 2 });
  const somePercents = fc
    .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 })
    .map((all) => all.toSorted((a, b) => a - b));
  const someRamp = fc.tuple(someClusters, somePercents).map(([clusters, percents]) => {
    const [one = 'eu', ...others] = clusters;
    const [first = 50, ...more] = percents;
    return rampIn([one, ...others], [first, ...more]);
  });

  it('moves one cluster a step, and never past where it was to go', () => {
    fc.assert(
      fc.property(someRamp, fc.nat(), fc.nat(), (whole, at, which) => {
        const live = at % (whole.steps.length + 1);
        const { before, steps } = whole;
        const cluster = before[which % before.length]?.object.cluster ?? '';
        const end = sharesAt(whole, steps.length);
        const there = sharesAt(whole, live);
        for (const rest of [whole, atOnceFrom(whole, live), without(whole, live, cluster)]) {
          const after = walked(rest, live);
          const last = sharesAt(rest, after.at(-1) ?? live);
          expect(last).toEqual(rest === whole || !isWithout(rest) ? end : { ...end, [cluster]: there[cluster] });
          for (const [place, step] of after.entries()) {
            const [was, is] = [sharesAt(rest, after[place - 1] ?? live), sharesAt(rest, step)];
            const moved = Object.keys(is).filter((each) => is[each] !== was[each]);
            expect(moved).toEqual([clusterAt(rest, step)]);
          }
        }

        function isWithout(rest: Ramp): boolean {
          return walked(rest, live).every((step) => clusterAt(rest, step) !== cluster);
        }
      }),
    );
  });
});
