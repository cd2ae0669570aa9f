import type { GovernedRule, RuleRef, Shadowed, Share } from '../governed.ts';
import type { Match } from '../objects.ts';
import { type Asker, forCaller, takesAll } from './applies.ts';
import { isCovered } from './covered.ts';
import type { Prepared, Target } from './prepared.ts';

/** What a caller can reach of some rules, and what it cannot. */
export interface Reached {
  readonly rules: readonly GovernedRule[];
  readonly shadowed: readonly Shadowed[];
}

export function refOf({ object, list, at }: RuleRef): RuleRef {
  return { object, list, at };
}

/** Takes away what never holds for the caller, and what rules above take already. */
export function reach(rules: readonly Prepared[], asker: Asker, toShare: (target: Target) => Share): Reached {
  const reached: GovernedRule[] = [];
  const shadowed: Shadowed[] = [];
  let catchAll: GovernedRule | undefined;
  for (const rule of rules) {
    const kept = matchesFor(rule, asker);
    const matches = kept?.some(takesAll) ? [] : kept;
    if (matches === undefined) shadowed.push({ ...written(rule), why: 'other-caller' });
    else if (catchAll !== undefined) shadowed.push({ ...written(rule), by: refOf(catchAll), why: 'catch-all-above' });
    else if (isBelow(matches, reached)) shadowed.push({ ...written(rule), why: 'covered-above' });
    else {
      const { targets, ...rest } = rule;
      const governed = { ...rest, matches, shares: targets.map(toShare) };
      reached.push(governed);
      if (matches.length === 0) catchAll = governed;
    }
  }
  return { rules: reached, shadowed };
}

/** The matches that may hold for the caller. None: it takes every request. Undefined: it takes none of this caller. */
export function matchesFor({ matches }: Prepared, asker: Asker): readonly Match[] | undefined {
  if (matches.length === 0) return [];
  const kept = matches.map((match) => forCaller(match, asker)).filter((match) => match !== undefined);
  return kept.length === 0 ? undefined : kept;
}

/** Whether each of its matches is part of one above. Else it takes something that no single match above takes. */
function isBelow(matches: readonly Match[], reached: readonly GovernedRule[]): boolean {
  const above = reached.flatMap((each) => each.matches);
  return matches.length > 0 && matches.every((match) => above.some((each) => isCovered(match, each)));
}

/** A delegated rule is written in its delegate. */
export function written({ delegate, ...rule }: Prepared): Pick<Shadowed, 'object' | 'rule'> {
  const ref = delegate ?? refOf(rule);
  return { object: ref.object, rule: ref };
}
