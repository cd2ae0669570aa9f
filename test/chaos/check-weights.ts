import { isDeepStrictEqual } from 'node:util';
import type { Move } from '../../src/domain/routing/split.ts';
import type { Effect } from './effects.ts';
import type { Report } from './findings.ts';
import type { LiveObject } from './history.ts';
import { rulesSeen, untouchable, type Weights, weightsOf } from './rules-seen.ts';

/** A shift may write only the weights of the rules that it moves, each from the split that it was planned from to its target. */
export function checkWeights({ id, before, after }: Effect, moves: readonly Move[], report: Report): void {
  const shown = { before, after };
  if (before === undefined || after === undefined) {
    const done = before === undefined ? 'ADDED' : 'DELETED';
    report.violation('I2', `${id} is a shift, but an object was ${done}`, shown);
    return;
  }
  for (const { rule, from, to } of moves) {
    const [was, is] = [weightsOf(before, rule) ?? {}, weightsOf(after, rule) ?? {}];
    if (sameWeights(was, to)) report.note('writes whose target was already live');
    else if (!sameWeights(was, from))
      report.violation('I2', `${id} was planned from ${said(from)} but overwrote ${said(was)}`, shown);
    if (!sameWeights(is, to)) report.violation('I1', `${id} says ${said(to)} but wrote ${said(is)}`, shown);
  }
  if (!isDeepStrictEqual(untouchable(before, before), untouchable(after, before)) || !onlyRules(before, after, moves)) {
    report.violation('I2', `${id} changed more than the weights of its rules`, shown);
  }
}

/** All other rules are unchanged, with their weights. */
function onlyRules(before: LiveObject, after: LiveObject, moves: readonly Move[]): boolean {
  const moved = moves.map(({ rule }) => rule);
  const others = (live: LiveObject) =>
    rulesSeen(live).flatMap(({ key, written }) => (moved.includes(key) ? [] : [written]));
  return isDeepStrictEqual(others(before), others(after));
}

/** A missing version and one with weight 0 are the same to traffic. */
export function sameWeights(a: Weights, b: Weights): boolean {
  const versions = new Set([...Object.keys(a), ...Object.keys(b)]);
  const totals = [a, b].map((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) || 1);
  const [totalA = 1, totalB = 1] = totals;
  return [...versions].every((version) => (a[version] ?? 0) * totalB === (b[version] ?? 0) * totalA);
}

export function said(weights: Weights): string {
  return Object.entries(weights)
    .map(([version, weight]) => `${version}=${weight}`)
    .join(' ');
}
