import { nearest } from '../text/nearest.ts';
import type { ObjectContent } from './object.ts';
import { pinnedRules, type Rule } from './route.ts';
import { simpleWords } from './simple-words.ts';

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
export function choosePinned({ rules }: { readonly rules: readonly Rule[] }, typed: string): ChosenPinned {
  const wanted = simpleWords(typed);
  const pinned = pinnedRules({ rules }).map((rule) => ({ rule, at: rules.indexOf(rule) }));
  const fitting = pinned.filter((each) => namesOf(each).some((name) => simpleWords(name) === wanted));
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0)
    return { kind: 'rule', at: only.at, words: only.rule.match ?? only.rule.key };

  const listed = (fitting.length > 0 ? fitting : pinned).map(({ rule, at }) => ({
    named: isUnique(pinned, rule) ? simpleWords(rule.match ?? '') : `#${at + 1}`,
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

/** What is left when one rule is taken out, and nothing else. */
export function withoutRule(content: ObjectContent | undefined, at: number): ObjectContent | undefined {
  const field = ['http', 'rules'].find((each) => Array.isArray(content?.spec[each]));
  const rules = field === undefined ? undefined : content?.spec[field];
  if (content === undefined || field === undefined || !Array.isArray(rules)) return content;
  return { ...content, spec: { ...content.spec, [field]: rules.toSpliced(at, 1) } };
}

/** `end-user = jason → v2` */
export function describePinned(rule: Pick<Rule, 'match' | 'key' | 'split'>): string {
  const versions = Object.entries(rule.split).filter(([, weight]) => weight > 0);
  return `${rule.match ?? rule.key} → ${versions.map(([version]) => version).join(', ') || 'no version'}`;
}

interface Placed {
  readonly rule: Rule;
  readonly at: number;
}

function namesOf({ rule: { match, key, name }, at }: Placed): readonly string[] {
  return [match, name, key, `#${at + 1}`].filter((each) => each !== undefined);
}

function isUnique(pinned: readonly Placed[], { match }: Rule): boolean {
  return match !== undefined && pinned.filter(({ rule }) => rule.match === match).length === 1;
}
