import { quote } from '../text/typed-text.ts';
import { no, type Parsed } from './mistake.ts';

/** The clusters that `--cluster eu,us` names, in order; undefined stands for the usual one. */
export function clustersIn(typed: string | undefined): readonly [string | undefined, ...string[]] {
  const [first, ...more] = typed?.split(',') ?? [];
  return [first, ...more];
}

/** Whether more than one cluster is named. */
export function namesClusters(typed: string | undefined): typed is string {
  return typed?.includes(',') === true;
}

/** More are no sequence that people watch. */
export const mostClusters = 10;

export function readClusters(typed: string): Parsed<string> {
  const clusters = typed.split(',').map((each) => each.trim());
  const example = 'Type their names with commas, in the order that you want: `--cluster prod-eu,prod-us`.';
  if (clusters.includes('')) return no(`${quote(typed)} leaves the name of a cluster out.`, example);
  const twice = clusters.find((each, at) => clusters.indexOf(each) !== at);
  if (twice !== undefined) return no(`${quote(twice)} is named twice.`, example);
  if (clusters.length > mostClusters) return no(`A sequence has ${mostClusters} clusters at most.`, example);
  return { ok: true, value: clusters.join(',') };
}
