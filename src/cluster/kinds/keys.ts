import { defaultRule } from '../../domain/routing/route.ts';
import { isTelling, type OtherList, placedKey } from '../../domain/routing/rule-key.ts';

interface Keyed {
  readonly name?: string | undefined;
  /** What it matches, in words; empty if it matches everything. */
  readonly match: string;
}

/** The keys by which the history and `--route` know the rules of a list. `defaultAt`: the place of the rule that takes all the rest. */
export function keysOf(rules: readonly Keyed[], defaultAt: number, list?: OtherList): readonly string[] {
  const uses = new Map<string, number>();
  for (const { name = '' } of rules) uses.set(name, (uses.get(name) ?? 0) + 1);
  return rules.map(({ name, match }, at) => {
    if (at === defaultAt) return defaultRule;
    const isOwn = isTelling(name, defaultRule) && uses.get(name) === 1;
    return isOwn ? name : placedKey({ place: at + 1, match, list });
  });
}

/** The names of the first way in which no two are the same, or else those of the plainest of the ways that tell most apart. */
export function tellApart(plain: readonly string[], ways: () => readonly (readonly string[])[]): readonly string[] {
  const apart = (names: readonly string[]) => new Set(names).size;
  if (plain.length < 2 || apart(plain) === plain.length) return plain; // as nearly always
  return ways().reduce((best, each) => (apart(each) > apart(best) ? each : best), plain);
}
