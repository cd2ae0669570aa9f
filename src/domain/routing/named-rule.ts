import { defaultRule, type Rule } from './route.ts';
import { placeOfKey } from './rule-key.ts';
import { simpleWords } from './simple-words.ts';

type Rules = { readonly rules: readonly Rule[] };

/**
 * The key of the rule that a person named. If none was named, it is that of the default rule, or of the only rule that can be split; undefined if
 * there is no such one. Returns what was typed if no rule answers to it, or several do.
 */
export function keyOfNamed(route: Rules, typed: string | undefined): string | undefined {
  const [only, ...more] = rulesNamed(route, typed);
  return only === undefined || more.length > 0 ? typed : only.key;
}

/** The rules that answer to a word, or to none: by key, by name, by place (`#2`, `2`, `tcp#1`) or by what they match. The first of these that fits decides. */
export function rulesNamed({ rules }: Rules, typed: string | undefined): readonly Rule[] {
  if (typed === undefined) return [ruleUnnamed({ rules })].filter((rule) => rule !== undefined);
  const wanted = typed.normalize();
  const words = simpleWords(typed);
  const ways: readonly ((rule: Rule, at: number) => boolean)[] = [
    ({ key }) => key === typed,
    ({ key, name }) => key.normalize() === wanted || name?.normalize() === wanted,
    ({ key }, at) => placesOf(rules, key, at).includes(wanted.replace(/^(?=\d+$)/, '#')),
    ({ match }) => match !== undefined && simpleWords(match) === words,
  ];
  for (const fits of ways) {
    const fitting = rules.filter(fits);
    if (fitting.length > 0) return fitting;
  }
  return [];
}

/** The rule that is meant if nobody names one. */
function ruleUnnamed({ rules }: Rules): Rule | undefined {
  const whole = rules.find(({ key }) => key === defaultRule);
  if (whole !== undefined) return whole;
  const [only, ...more] = rules.filter(({ unsplittable }) => unsplittable === undefined);
  return more.length > 0 ? undefined : only;
}

/** A key that has the place is right about it: rules of `tcp` are counted on their own. If there are no others, they need not be named so. */
function placesOf(rules: readonly Rule[], key: string, at: number): readonly string[] {
  const place = placeOfKey(key);
  const [, list] = /^(tcp|tls)#/.exec(key) ?? [];
  if (place === undefined) return [`#${at + 1}`];
  const isAlone = list !== undefined && rules.every((rule) => rule.key.startsWith(`${list}#`));
  return isAlone ? [place, place.slice(list.length)] : [place];
}
