import type { HandedOver } from '../map/objects.ts';
import type { Ledger } from './ledger.ts';
import { readHost, type ServiceName } from './names.ts';
import type { ObjectContent, ObjectRef } from './object.ts';
import type { Owner } from './owner.ts';
import type { Split, WeightBounds } from './split.ts';
import type { Standing } from './standing.ts';

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
  /** An object of a kind that is read and never written. */
  | 'read-only';

/** The pods that a version's requests go to. */
export interface Backend {
  readonly version: string;
  /** Resolved. */
  readonly host: string;
  /** Their label `version`, by which requests are counted; absent where all pods of the host are meant. */
  readonly label?: string | undefined;
  /** All labels by which its subset selects pods; absent where nothing defines it. */
  readonly selects?: Readonly<Record<string, string>> | undefined;
  /** What chooses its pods where no subset's labels do: the selector of its Service, a filter of Consul's. Only ever compared. */
  readonly chosenBy?: string | undefined;
}

/** `app=reviews,version=v3`, in whatever order they are written. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
}

/** One rule of a routing object: an entry of `spec.http[]`, of `spec.rules[]`. */
export interface Rule {
  /** `default`, or the rule's own name, or its place and what it matches (`#2 path = /orders`) where no name tells it from the others. */
  readonly key: string;
  /** Its own name, by which `--route` knows the default rule too. */
  readonly name?: string | undefined;
  /** What it matches, in words (`end-user = jason`); absent on the default rule. */
  readonly match?: string | undefined;
  /** Weights by version as they stand; a single destination has everything, whatever its weight says. */
  readonly split: Split;
  readonly unsplittable?: Unsplittable | undefined;
  /** The VirtualService that it hands its requests over to. */
  readonly handsTo?: { readonly namespace: string; readonly name: string } | undefined;
  /** What else happens to its requests, whichever version they go to. */
  readonly besides?: readonly ('fault' | 'mirror')[] | undefined;
  /** Where it sends copies of its requests. */
  readonly mirrors?: readonly Backend[] | undefined;
  /** It is tried before the default rule wherever it stands. Rules of a VirtualService are tried in order; those of a HTTPRoute are not. */
  readonly isFirst?: true | undefined;
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
  /** What else versions answer to, if that is shorter than their name. Several may have the same short name. */
  readonly shortNames?: Readonly<Record<string, string>> | undefined;
  /** What the weights of its kind have to be. */
  readonly bounds?: WeightBounds | undefined;
  /** Where the versions are that DestinationRules define, and those that it splits between. */
  readonly backends?: readonly Backend[] | undefined;
}

/** How an object routes; a DestinationRule has no rules and no gateways. */
export interface Route {
  readonly object: ObjectRef;
  readonly uid: string;
  readonly hosts: readonly string[];
  /** The VirtualServices that hand requests over to it: a delegate has no hosts of its own. */
  readonly handedOver?: readonly HandedOver[] | undefined;
  /** Where its rules hold: `mesh`, or names of gateways. */
  readonly gateways: readonly string[];
  /** Resolved hosts whose DestinationRule keeps a client at one pod of a version, while each request draws its version anew. */
  readonly hashed?: readonly string[] | undefined;
  readonly rules: readonly Rule[];
  /** What its controllers say about it, for kinds that have such a status. */
  readonly standing?: Standing | undefined;
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

/** As much of a route as tells what a change's weights have become, and which rules of a policy are about it. */
export type Weights = Pick<Route, 'hosts' | 'handedOver' | 'uid' | 'ledger' | 'lastWriter' | 'standing'> & {
  readonly rules: readonly Pick<Rule, 'key' | 'split' | 'match' | 'isFirst' | 'backends' | 'mirrors'>[];
};

/** The hosts of an object beside the service that a person named, as they are written there; none if it is named by another name. */
export function otherHosts(
  { hosts, object }: Pick<Route, 'hosts' | 'object'>,
  { service, namespace }: Pick<ServiceName, 'service' | 'namespace'>,
): readonly string[] {
  const meant = readHost(service, namespace);
  const others = hosts.filter((host) => {
    const read = readHost(host, object.namespace);
    return read.service !== meant.service || read.namespace !== meant.namespace;
  });
  return others.length === hosts.length ? [] : others;
}

export function findRule<R extends Pick<Rule, 'key'>>(
  { rules }: { readonly rules: readonly R[] },
  key: string,
): R | undefined {
  return rules.find((rule) => rule.key === key);
}

/**
 * Rules that are tried before the default one. Its split does not reach what they match, like the tutorial's `end-user: jason`. In a
 * VirtualService they stand above it, and a rule below it is dead.
 */
export function pinnedRules<R extends Pick<Rule, 'key' | 'isFirst'>>({
  rules,
}: {
  readonly rules: readonly R[];
}): readonly R[] {
  const place = rules.findIndex((rule) => rule.key === defaultRule);
  return rules.filter(({ isFirst }, at) => place >= 0 && at !== place && (at < place || isFirst === true));
}
