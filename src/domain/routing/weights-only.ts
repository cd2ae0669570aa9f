import { type Json, type JsonObject, sameJson } from '../text/json.ts';
import { isSameContent } from './content.ts';
import type { ObjectContent } from './object.ts';
import { defaultRule, type Route } from './route.ts';
import { type Percentages, percentages, sameShares, total } from './split.ts';

/** A VirtualService, whole and as its rules route. */
export interface Pictured {
  readonly content: ObjectContent;
  readonly rules: Route['rules'];
}

/** What a difference between two states of one VirtualService comes to, where it is one of weights. */
export type WeightsOnly = { readonly kind: 'same' } | { readonly kind: 'weights'; readonly shares: Percentages };

/**
 * Whether the two differ in the weights of the default rule alone, and in destinations of the same host that one has and the other has
 * not, which have nothing there. Only then a shift does the same. Undefined where there is more to it.
 */
export function weightsOnly(before: Pictured, after: Pictured): WeightsOnly | undefined {
  const at = before.rules.findIndex(({ key }) => key === defaultRule);
  if (at < 0 || after.rules.findIndex(({ key }) => key === defaultRule) !== at) return undefined;
  const [was, is] = [before.rules[at], after.rules[at]];
  if (was === undefined || is === undefined) return undefined;
  if (was.unsplittable !== undefined || is.unsplittable !== undefined) return undefined;
  if (!isSameContent(besides(before.content, at), besides(after.content, at))) return undefined;
  if (!areOfOneKind(destinations(before.content, at), destinations(after.content, at))) return undefined;
  if (sameShares(was.split, is.split)) return { kind: 'same' };

  if (total(is.split) === 0) return undefined; // the API server says what it thinks of that
  const shares = percentages(is.split);
  return sameShares(shares, is.split) ? { kind: 'weights', shares } : undefined; // a third is no percentage
}

/** All but the destinations of one rule. */
function besides({ spec, ...marks }: ObjectContent, at: number): ObjectContent {
  const http = rules(spec).map((rule, place) => (place === at ? { ...rule, route: null } : rule));
  return { ...marks, spec: { ...spec, http } };
}

function rules({ http }: JsonObject): readonly JsonObject[] {
  return isList(http) ? http.filter(isObject) : [];
}

/** The destinations of a rule without their weights. */
function destinations({ spec }: ObjectContent, at: number): readonly JsonObject[] {
  const route = rules(spec)[at]?.['route'];
  if (!isList(route)) return [];
  return route.filter(isObject).map(({ weight: _, ...rest }) => rest);
}

/** What both have is the same in both; what one of them has is what a shift would put beside the others. */
function areOfOneKind(before: readonly JsonObject[], after: readonly JsonObject[]): boolean {
  const all = [...before, ...after];
  const [first] = all.map(hostAndPort);
  const others = (list: readonly JsonObject[], from: readonly JsonObject[]) =>
    from.filter((each) => !list.some((other) => sameJson(other, each)));
  const added = others(before, after);
  if (!added.every(hasSubset)) return false;
  const single = [...others(after, before), ...added];
  return single.length === 0 || (single.every(isPlain) && all.every((each) => sameJson(hostAndPort(each), first)));
}

function isPlain(destination: JsonObject): boolean {
  return Object.keys(destination).every((key) => key === 'destination');
}

function hasSubset({ destination }: JsonObject): boolean {
  return isObject(destination) && typeof destination['subset'] === 'string';
}

function hostAndPort(each: JsonObject): Json {
  const { destination } = each;
  if (!isObject(destination)) return null;
  const { host = null, port = null } = destination;
  return { host, port };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
