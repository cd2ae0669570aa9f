import type { Ledger } from './ledger.ts';
import type { ObjectContent, ObjectRef } from './object.ts';
import type { Owner } from './owner.ts';
import type { Split } from './split.ts';

/** The rule that takes what no other rule matches; its key in the ledger. */
export const defaultRule = 'default';

/** What stops a rule from being split; every other rule can be. */
export type Unsplittable =
  | 'redirect'
  | 'direct-response'
  | 'delegate'
  | 'no-destination'
  | 'ambiguous-destinations'
  | 'invalid-weight'
  /** Known by its place alone, which is another's as soon as somebody adds a rule above. */
  | 'unnamed';

/** The pods that a version's requests go to. */
export interface Backend {
  readonly version: string;
  /** Resolved. */
  readonly host: string;
  /** Their label `version`, by which requests are counted; absent where all pods of the host are meant. */
  readonly label?: string | undefined;
  /** All labels by which its subset selects pods; absent where nothing defines it. */
  readonly selects?: Readonly<Record<string, string>> | undefined;
}

/** One entry of `spec.http[]`. */
export interface Rule {
  /** `default`, or the rule's own name, or its place (`#2`) where it has none. */
  readonly key: string;
  /** Its own name, by which `--route` knows the default rule too. */
  readonly name?: string | undefined;
  /** What it matches, in words (`end-user = jason`); absent on the default rule. */
  readonly match?: string | undefined;
  /** Weights by version as they stand; a single destination has everything, whatever its weight says. */
  readonly split: Split;
  readonly unsplittable?: Unsplittable | undefined;
  /** What else happens to its requests, whichever version they go to. */
  readonly besides?: readonly ('fault' | 'mirror')[] | undefined;
  /** Where it sends copies of its requests. */
  readonly mirrors?: readonly Backend[] | undefined;
  /** What keeps a client at the version that it got first: then its split draws clients, and not requests. */
  readonly sticky?: 'session' | 'connection' | undefined;
  /** The names of cookies that its answers set. */
  readonly setsCookies?: readonly string[] | undefined;
  /** What it wants of the cookies of a request, as it is written; empty where any will do. */
  readonly matchesCookies?: readonly string[] | undefined;
  /** The one host all its destinations share; a version without a destination can only be added beside such. */
  readonly host?: string | undefined;
  /** Versions that may be given traffic: subsets that DestinationRules define, and destinations that need none. */
  readonly served: readonly string[];
  /** Where the versions are that DestinationRules define, and those that it splits between. */
  readonly backends?: readonly Backend[] | undefined;
}

/** How an object routes; a DestinationRule has no rules and no gateways. */
export interface Route {
  readonly object: ObjectRef;
  readonly uid: string;
  readonly hosts: readonly string[];
  /** Where its rules hold: `mesh`, or names of gateways. */
  readonly gateways: readonly string[];
  readonly rules: readonly Rule[];
  /** Lists of rules that it has beside those of http, which nobody splits here. */
  readonly otherLists?: readonly ('tcp' | 'tls')[] | undefined;
  readonly ledger: Ledger;
  /** Whoever wrote the object last, by `managedFields`. */
  readonly lastWriter?: { readonly manager: string; readonly at: string } | undefined;
  /** Who else manages it. */
  readonly owners?: readonly Owner[] | undefined;
}

/** An object as it was read live, whole. */
export interface LiveObject extends Route {
  /** Without our history, which is `ledger`. */
  readonly content: ObjectContent;
  /** It is deleted already, and waits for its finalizers. */
  readonly isGoing?: boolean | undefined;
}

/** The split of one rule. */
export interface RuleSplit {
  readonly rule: string;
  readonly split: Split;
}

/** The key of the rule that a person named, or of the default one. One name may be written in several ways (é, or e and an accent). */
export function keyOfNamed({ rules }: Route, typed: string | undefined): string {
  if (typed === undefined || rules.some(({ key }) => key === typed)) return typed ?? defaultRule;
  const wanted = typed.normalize();
  return rules.find(({ key, name }) => key.normalize() === wanted || name?.normalize() === wanted)?.key ?? typed;
}

/** As much of a route as tells what a change's weights have become, and which rules of a policy are about it. */
export type Weights = Pick<Route, 'hosts' | 'uid' | 'ledger' | 'lastWriter'> & {
  readonly rules: readonly Pick<Rule, 'key' | 'split' | 'match' | 'backends' | 'mirrors'>[];
};

export function findRule<R extends Pick<Rule, 'key'>>(
  { rules }: { readonly rules: readonly R[] },
  key: string,
): R | undefined {
  return rules.find((rule) => rule.key === key);
}

/** Rules above the default one, whose matches its split does not reach, like the tutorial's `end-user: jason`. Below it a rule is dead. */
export function pinnedRules<R extends Pick<Rule, 'key'>>(route: { readonly rules: readonly R[] }): readonly R[] {
  const place = route.rules.findIndex((rule) => rule.key === defaultRule);
  return route.rules.slice(0, Math.max(0, place));
}
