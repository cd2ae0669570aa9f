import { isObject, type Json, type JsonObject, sameJson } from '../text/json.ts';
import { isSameContent } from './content.ts';
import type { ObjectContent, ObjectKind } from './object.ts';
import { defaultRule, type Route } from './route.ts';
import { type Percentages, percentages, sameShares, total } from './split.ts';

/** An object, whole and as its rules route. */
export interface Pictured {
  readonly content: ObjectContent;
  readonly rules: Route['rules'];
}

/** What a difference between two states of one object comes to, where it is one of weights. */
export type WeightsOnly = { readonly kind: 'same' } | { readonly kind: 'weights'; readonly shares: Percentages };

/**
 * Whether the two differ in the weights of the default rule alone, and in destinations of the same host that one has and the other has
 * not, which have nothing there. Only then a shift does the same. Undefined where there is more to it.
 */
export function weightsOnly(kind: ObjectKind, before: Pictured, after: Pictured): WeightsOnly | undefined {
  const layout = layoutOf(kind);
  if (layout === undefined) return undefined;
  const at = before.rules.findIndex(({ key }) => key === defaultRule);
  if (at < 0 || after.rules.findIndex(({ key }) => key === defaultRule) !== at) return undefined;
  const [was, is] = [before.rules[at], after.rules[at]];
  if (was === undefined || is === undefined) return undefined;
  if (was.unsplittable !== undefined || is.unsplittable !== undefined) return undefined;
  if (!isSameContent(besides(layout, before.content, at), besides(layout, after.content, at))) return undefined;
  const sent = [before, after].map(({ content }) => destinations(layout, content, at));
  if (!areOfOneKind(layout, sent[0] ?? [], sent[1] ?? [])) return undefined;
  if (sameShares(was.split, is.split)) return { kind: 'same' };

  if (total(is.split) === 0) return undefined; // the API server says what it thinks of that
  const shares = percentages(is.split);
  return sameShares(shares, is.split) ? { kind: 'weights', shares } : undefined; // a third is no percentage
}

/** Where objects of a kind hold the destinations of a rule, and how these name a version. */
interface Layout {
  /** The list of rules; absent where the spec is the only rule. */
  readonly list?: 'http' | 'rules';
  readonly field: 'route' | 'backendRefs' | 'splits';
  /** What a destination has beside its weight that a shift writes. */
  readonly keys: readonly string[];
  readonly isVersion: (destination: JsonObject) => boolean;
  /** What destinations have in common that a shift can put beside each other. */
  readonly placeOf: (destination: JsonObject) => Json;
}

const ofIstio: Layout = {
  list: 'http',
  field: 'route',
  keys: ['destination'],
  isVersion: ({ destination }) => isObject(destination) && typeof destination['subset'] === 'string',
  placeOf: ({ destination }) => (isObject(destination) ? picked(destination, ['host', 'port']) : null),
};
const ofGatewayApi: Layout = {
  list: 'rules',
  field: 'backendRefs',
  keys: ['group', 'kind', 'name', 'namespace', 'port'],
  isVersion: () => true,
  placeOf: (backend) => picked(backend, ['group', 'kind', 'namespace', 'port']),
};
const ofConsul: Layout = {
  field: 'splits',
  keys: ['service', 'serviceSubset'],
  isVersion: ({ serviceSubset }) => typeof serviceSubset === 'string',
  placeOf: (split) => picked(split, ['service']),
};

function layoutOf(kind: ObjectKind): Layout | undefined {
  switch (kind) {
    case 'VirtualService':
      return ofIstio;
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TCPRoute':
    case 'TLSRoute':
      return ofGatewayApi;
    case 'ServiceSplitter':
      return ofConsul;
    case 'DestinationRule':
    case 'ServiceResolver':
    case 'TrafficSplit':
      return undefined;
  }
}

function picked(of: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, of[key] ?? null]));
}

/** All but the destinations of one rule. */
function besides({ list, field }: Layout, { spec, ...marks }: ObjectContent, at: number): ObjectContent {
  if (list === undefined) return { ...marks, spec: { ...spec, [field]: null } };
  const others = rules(spec[list]).map((rule, place) => (place === at ? { ...rule, [field]: null } : rule));
  return { ...marks, spec: { ...spec, [list]: others } };
}

function rules(list: Json | undefined): readonly JsonObject[] {
  return isList(list) ? list.filter(isObject) : [];
}

/** The destinations of a rule without their weights. */
function destinations({ list, field }: Layout, { spec }: ObjectContent, at: number): readonly JsonObject[] {
  const rule = list === undefined ? spec : rules(spec[list])[at];
  return rules(rule?.[field]).map(({ weight: _, ...rest }) => rest);
}

/** What both have is the same in both; what one of them has is what a shift would put beside the others. */
function areOfOneKind(layout: Layout, before: readonly JsonObject[], after: readonly JsonObject[]): boolean {
  const { isVersion, placeOf } = layout;
  const all = [...before, ...after];
  const [first] = all.map(placeOf);
  const others = (list: readonly JsonObject[], from: readonly JsonObject[]) =>
    from.filter((each) => !list.some((other) => sameJson(other, each)));
  const added = others(before, after);
  if (!added.every(isVersion)) return false;
  const single = [...others(after, before), ...added];
  const isPlain = (each: JsonObject) => Object.keys(each).every((key) => layout.keys.includes(key));
  return single.length === 0 || (single.every(isPlain) && all.every((each) => sameJson(placeOf(each), first)));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
