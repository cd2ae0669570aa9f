import { isDeepStrictEqual } from 'node:util';
import type { Report } from './check.ts';
import type { Effect } from './effects.ts';
import { type LiveObject, untouchable, type Weights, weightsOf } from './history.ts';

/** A shift may write only the weights of its rule, from the split that it was planned from to its target. */
export function checkWeights({ id, before, after, revision }: Effect, report: Report): void {
  if (before === undefined || after === undefined || revision === undefined) {
    const done = before === undefined ? 'ADDED' : 'DELETED';
    report.violation('I2', `${id} is a shift, but an object was ${done}`, { before, after });
    return;
  }
  const { rule, from, to } = revision;
  const shown = { before, after };
  const weights = weightsOf(before, rule) ?? {};
  if (sameWeights(weights, to)) report.note('writes whose target was already live');
  else if (!sameWeights(weights, from)) {
    report.violation('I2', `${id} was planned from ${said(from)} but overwrote ${said(weights)}`, shown);
  }
  if (!sameWeights(weightsOf(after, rule) ?? {}, to)) {
    report.violation('I1', `${id} says ${said(to)} but wrote ${said(weightsOf(after, rule) ?? {})}`, shown);
  }
  if (!isDeepStrictEqual(untouchable(before, before), untouchable(after, before)) || !onlyRule(before, after, rule)) {
    report.violation('I2', `${id} changed more than the weights of its rule`, shown);
  }
}

/** All other rules are unchanged, with their weights. */
function onlyRule(before: LiveObject, after: LiveObject, rule: string): boolean {
  const others = ({ spec: { http = [] } }: LiveObject) =>
    http.filter(({ match, name }) => (rule === 'default' ? match !== undefined : name !== rule));
  return isDeepStrictEqual(others(before), others(after));
}

/** A missing version and one with weight 0 are the same to traffic. */
export function sameWeights(a: Weights, b: Weights): boolean {
  const versions = new Set([...Object.keys(a), ...Object.keys(b)]);
  const totals = [a, b].map((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) || 1);
  const [totalA = 1, totalB = 1] = totals;
  return [...versions].every((version) => (a[version] ?? 0) * totalB === (b[version] ?? 0) * totalA);
}

function said(weights: Weights): string {
  return Object.entries(weights)
    .map(([version, weight]) => `${version}=${weight}`)
    .join(' ');
}
