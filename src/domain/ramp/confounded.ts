import type { RampId } from '../routing/names.ts';
import { isSameObject, type ObjectRef } from '../routing/object.ts';
import type { Backend, Route, Rule } from '../routing/route.ts';
import { sameShares, weightOf } from '../routing/split.ts';

/** Why requests may come to these versions otherwise than by this split. A closed list: the card has words for each. */
export const confoundedReasons = ['other-rule', 'other-object', 'other-ramp', 'mirrored', 'nameless-caller'] as const;
export type Confounded = (typeof confoundedReasons)[number];

/** What is in the way of a comparison. `by`: the name of the rule, the object or the ramp. */
export interface Confounding {
  readonly because: Confounded;
  readonly by?: string | undefined;
}

/**
 * What keeps a client at one version: sessions that stay, a cookie that one rule sets and another one matches, or the rule is about
 * connections. Then versions serve other clients and not other requests, and are not compared. A closed list: the card has words for each.
 */
export const stickyReasons = ['session', 'cookie', 'connection'] as const;
export type Sticky = (typeof stickyReasons)[number];

type Routing = Pick<Route, 'object' | 'rules'>;

/** What routes the requests of a service: the rule that a ramp moves, its object, and all other objects that send requests there. */
export interface Surroundings {
  readonly route: Routing;
  readonly rule: Rule;
  /** The versions that are compared. */
  readonly versions: readonly string[];
  readonly others: readonly Routing[];
  /** The rules that other ramps move. */
  readonly ramped: readonly { readonly ramp: RampId; readonly object: ObjectRef; readonly rule: string }[];
}

/**
 * Whether requests come to the versions of a rule otherwise than by its split. Then the metrics cannot tell them apart, and a guard may hold
 * and never takes back.
 */
export function confoundedBy(all: Surroundings): Confounding | undefined {
  const { route, rule } = all;
  const pods = podsOf(all);
  const mirroring = everyRule(all).find((each) => mirrors(each.rule, pods));
  if (mirroring !== undefined) return { because: 'mirrored', by: nameOf(mirroring, route) };
  const ramped = rampedBeside(all, pods);
  if (ramped !== undefined) return { because: 'other-ramp', by: ramped };
  const disturbing = otherRules(all).find((each) => disturbs(each.rule, rule, pods));
  if (disturbing === undefined) return undefined;
  const isOwn = isSameObject(disturbing.object, route.object);
  return { because: isOwn ? 'other-rule' : 'other-object', by: nameOf(disturbing, route) };
}

/** What keeps clients at a version here; undefined if every request is drawn anew. */
export function stickyBy(all: Surroundings): Sticky | undefined {
  const { rule } = all;
  if (rule.sticky !== undefined) return rule.sticky;
  const pods = podsOf(all);
  const near = [rule, ...otherRules(all).flatMap((each) => (reaches(each.rule, pods) ? [each.rule] : []))];
  const set = near.flatMap(({ setsCookies = [] }) => setsCookies);
  const wanted = near.flatMap(({ matchesCookies = [] }) => matchesCookies);
  return set.some((name) => wanted.some((text) => mentions(text, name))) ? 'cookie' : undefined;
}

interface Placed {
  readonly object: ObjectRef;
  readonly rule: Rule;
}

function everyRule({ route, rule, others }: Surroundings): readonly Placed[] {
  const elsewhere = others.filter(({ object }) => !isSameObject(object, route.object));
  const more = elsewhere.flatMap(({ object, rules }) => rules.map((each) => ({ object, rule: each })));
  const own = route.rules.filter(({ key }) => key !== rule.key).map((each) => ({ object: route.object, rule: each }));
  return [{ object: route.object, rule }, ...own, ...more];
}

function otherRules(all: Surroundings): readonly Placed[] {
  return everyRule(all).slice(1);
}

/** The other ramp that moves requests to the same pods. */
function rampedBeside(all: Surroundings, pods: readonly Backend[]): RampId | undefined {
  const moved = (each: Placed) =>
    all.ramped.find(({ object, rule }) => rule === each.rule.key && isSameObject(object, each.object));
  return otherRules(all)
    .filter(({ rule: { backends = [] } }) => backends.some((backend) => isAmong(backend, pods)))
    .map((each) => moved(each)?.ramp)
    .find((ramp) => ramp !== undefined);
}

function podsOf({ rule: { backends = [] }, versions }: Surroundings): readonly Backend[] {
  return backends.filter(({ version }) => versions.includes(version));
}

function mirrors({ mirrors: copies = [] }: Rule, pods: readonly Backend[]): boolean {
  return copies.some((copy) => isAmong(copy, pods));
}

/** It sends requests to some of these pods, in other shares. */
function disturbs(other: Rule, rule: Rule, pods: readonly Backend[]): boolean {
  return reaches(other, pods) && !sameShares(other.split, rule.split);
}

function reaches({ backends = [], split }: Rule, pods: readonly Backend[]): boolean {
  return backends.some((backend) => weightOf(split, backend.version) > 0 && isAmong(backend, pods));
}

/** A destination without a label has all pods of its host. */
function isAmong({ host, label, version }: Backend, pods: readonly Backend[]): boolean {
  return pods.some(
    (each) =>
      each.host === host &&
      (label === undefined || each.label === undefined || label === each.label || version === each.version),
  );
}

/** A regular expression may have the name of the cookie with backslashes. */
function mentions(wanted: string, cookie: string): boolean {
  return wanted === '' || wanted.replaceAll('\\', '').includes(cookie);
}

/** A rule of the same object by what it matches, another object by its name. */
function nameOf({ object, rule }: Placed, { object: own }: Routing): string | undefined {
  if (isSameObject(object, own)) return rule.match ?? rule.name;
  return object.namespace === own.namespace ? object.name : `${object.namespace}/${object.name}`;
}
