import type { RuleRef } from '../governed.ts';
import type { Action, Destination, HttpRule, Match } from '../objects.ts';

/** Where a rule sends requests, with its host resolved and its weight as it counts. */
export interface Target extends Pick<Destination, 'subset' | 'port'> {
  readonly host: string;
  readonly weight: number;
  readonly isInvalid?: boolean | undefined;
}

/** A rule as a proxy would get it, before it is known who asks. */
export interface Prepared extends RuleRef, Pick<HttpRule, 'abort'> {
  readonly name?: string | undefined;
  readonly delegate?: RuleRef | undefined;
  readonly matches: readonly Match[];
  readonly action: Exclude<Action, { kind: 'delegate' }>['kind'];
  readonly status?: number | undefined;
  readonly targets: readonly Target[];
}

/**
 * A single destination gets everything, at any weight. Of several, an omitted weight is 0 (istio `BuildHTTPRoutesForVirtualService`), and
 * what has no weight gets nothing.
 */
export function weighted(destinations: readonly Destination[], hostOf: (of: Destination) => string): readonly Target[] {
  const targets = destinations.map((each) => ({ ...each, host: hostOf(each), weight: each.weight ?? 0 }));
  const [only] = targets;
  return targets.length === 1 && only !== undefined
    ? [{ ...only, weight: 100 }]
    : targets.filter(({ weight }) => weight > 0);
}
