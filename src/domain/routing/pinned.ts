import { nearest } from '../text/nearest.ts';
import type { ObjectContent } from './object.ts';
import type { Rule } from './route.ts';

/** The pinned rule that somebody means, and its place in the object. */
export type ChosenPinned = { readonly kind: 'rule'; readonly at: number; readonly words: string } | PinnedMistake;

export interface PinnedMistake {
  /** `several`: the words fit more than one. */
  readonly kind: 'none' | 'several';
  readonly typed: string;
  /** What can be typed to name each, and what it does. */
  readonly pinned: readonly { readonly named: string; readonly does: string }[];
  readonly nearest?: string | undefined;
}

/** By what it matches (`end-user=jason`), by its own name or by its place (`#1`). Spaces and case make no difference. */
export function choosePinned(rules: readonly Rule[], typed: string): ChosenPinned {
  const wanted = simple(typed);
  const fitting = rules.flatMap((rule, at) =>
    namesOf(rule, at).some((name) => simple(name) === wanted) ? [{ rule, at }] : [],
  );
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0)
    return { kind: 'rule', at: only.at, words: only.rule.match ?? only.rule.key };

  const listed = (fitting.length > 0 ? fitting : rules.map((rule, at) => ({ rule, at }))).map(({ rule, at }) => ({
    named: isUnique(rules, rule) ? simple(rule.match ?? '') : `#${at + 1}`,
    does: describePinned(rule),
  }));
  const near =
    fitting.length > 0
      ? undefined
      : nearest(
          wanted,
          listed.map(({ named }) => named),
        );
  return { kind: fitting.length > 0 ? 'several' : 'none', typed, pinned: listed, nearest: near };
}

/** What is left when one http rule is taken out, and nothing else. */
export function withoutRule(content: ObjectContent | undefined, at: number): ObjectContent | undefined {
  const http = content?.spec['http'];
  if (content === undefined || !Array.isArray(http)) return content;
  return { ...content, spec: { ...content.spec, http: http.toSpliced(at, 1) } };
}

/** `end-user = jason → v2` */
export function describePinned(rule: Pick<Rule, 'match' | 'key' | 'split'>): string {
  const versions = Object.entries(rule.split).filter(([, weight]) => weight > 0);
  return `${rule.match ?? rule.key} → ${versions.map(([version]) => version).join(', ') || 'no version'}`;
}

function namesOf({ match, key, name }: Rule, at: number): readonly string[] {
  return [match, name, key, `#${at + 1}`].filter((each) => each !== undefined);
}

function isUnique(rules: readonly Rule[], { match }: Rule): boolean {
  return match !== undefined && rules.filter((rule) => rule.match === match).length === 1;
}

function simple(text: string): string {
  return text
    .normalize()
    .toLowerCase()
    .replaceAll(/["‘’]/g, "'")
    .replaceAll(/\s*([=~])\s*/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
