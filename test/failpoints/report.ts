import { percentile } from '../chaos/recovery.ts';
import { describeCase } from './cases.ts';
import { faults } from './faults.ts';
import type { Outcome, Ran } from './run.ts';

/** What a run found, for people to read. */
export function reportOf({ enumerated, ran, seconds, folder }: Outcome): string {
  const points = [...enumerated].map(
    ([name, { points, moments, cases }]) =>
      `  ${name}: ${points.length} points, ${moments} moments for kill and pause, ${cases.length} cases`,
  );
  const rows = faults.flatMap((fault) =>
    (['peer', 'alone'] as const).flatMap((form) => {
      const of = ran.filter(({ case: each }) => each.fault === fault && each.form === form);
      return of.length === 0 ? [] : [`  ${fault.padEnd(13)} ${form.padEnd(6)} ${countsOf(of)}`];
    }),
  );
  const wrong = ran.filter(isViolated);
  const missed = ran.filter(({ settledMs, violations }) => settledMs === undefined && violations.length === 0);
  return [
    'points',
    ...points,
    'cases',
    ...rows,
    ...(missed.length > 0 ? ['points that were recorded and not passed again'] : []),
    ...missed.map(({ case: each }) => `  ${each.id} ${describeCase(each)}`),
    ...wrong.map(wrongIn),
    ...(wrong.length > 0 ? [`logs and evidence: ${folder}`] : []),
    `points ${sum([...enumerated.values()].map((each) => each.points.length))}, cases ${ran.length}, ` +
      `not passed ${missed.length}, violations ${wrong.length}, seconds ${seconds.toFixed(0)}`,
  ].join('\n');
}

/** One case that went wrong, and how to run it again. */
export function wrongIn({ case: each, violations }: Ran): string {
  const { scenario, fault } = each;
  return [
    describeCase(each),
    ...violations.map(({ invariant, what, evidence }) =>
      [`  ${invariant}: ${what}`, `    ${(JSON.stringify(evidence) ?? '').slice(0, 4_000)}`].join('\n'),
    ),
    `  again: npm run failpoints -- --scenario ${scenario} --fault ${fault} --only ${each.id}`,
  ].join('\n');
}

function isViolated({ violations }: Ran): boolean {
  return violations.length > 0;
}

function countsOf(ran: readonly Ran[]): string {
  const tookMs = ran.flatMap(({ settledMs }) => settledMs ?? []);
  const [p50, p95, most] = [50, 95, 100].map((percent) => Math.round(percentile(tookMs, percent) ?? 0));
  const wrong = ran.filter(isViolated).length;
  return `${String(ran.length).padStart(5)} cases, quiet after p50 ${p50} ms, p95 ${p95} ms, at most ${most} ms; violations: ${wrong}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
