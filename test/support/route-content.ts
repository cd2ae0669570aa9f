import type { ObjectContent } from '../../src/domain/routing/object.ts';
import { defaultRule, type Route, type Rule } from '../../src/domain/routing/route.ts';
import { type Split, weightOf } from '../../src/domain/routing/split.ts';
import type { Json, JsonObject } from '../../src/domain/text/json.ts';

/** A VirtualService with this routing, as an operator would write it. */
export function contentOfRoute({ hosts, gateways, rules }: Pick<Route, 'hosts' | 'gateways' | 'rules'>): ObjectContent {
  const isOfMesh = gateways.length === 1 && gateways[0] === 'mesh';
  return { spec: { hosts, ...(!isOfMesh && { gateways }), http: rules.map(httpOf) } };
}

/** One rule's destinations after a shift. Existing ones keep their place, and new ones come after them. A single one has no weight: it gets everything. */
export function shifted(content: ObjectContent, at: number, to: Split): ObjectContent {
  return withRoute(content, at, (route) => {
    const versions = route.map(versionOf);
    const added = Object.entries(to).filter(([version, weight]) => !versions.includes(version) && weight > 0);
    if (route.length + added.length === 1) return route;
    return [
      ...route.map((each) => ({ ...each, weight: weightOf(to, versionOf(each)) })),
      ...added.map(([subset, weight]) => ({ destination: { ...hostOf(route), subset }, weight })),
    ];
  });
}

/** One rule with just these destinations, as somebody may write it by hand. */
export function withSplit(content: ObjectContent, at: number, split: Split): ObjectContent {
  return withRoute(content, at, (route) =>
    Object.entries(split).map(([subset, weight]) => ({ destination: { ...hostOf(route), subset }, weight })),
  );
}

export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function withRoute(
  { spec, ...marks }: ObjectContent,
  at: number,
  edit: (route: readonly JsonObject[]) => readonly JsonObject[],
): ObjectContent {
  const http = objectsIn(spec['http']).map((rule, place) =>
    place === at ? { ...rule, route: edit(objectsIn(rule['route'])) } : rule,
  );
  return { ...marks, spec: { ...spec, http } };
}

/** A key that is neither the default rule's nor a place is the rule's name. */
function httpOf({ key, name, match, host = '', split }: Rule): JsonObject {
  const [header = '', exact = ''] = match?.split(' = ') ?? [];
  const own = name ?? (key === defaultRule || key.startsWith('#') ? undefined : key);
  return {
    ...(own !== undefined && { name: own }),
    ...(match !== undefined && { match: [{ headers: { [header]: { exact } } }] }),
    route: Object.entries(split).map(([subset, weight]) => ({ destination: { host, subset }, weight })),
  };
}

function versionOf({ destination }: JsonObject): string {
  const { host, subset } = isObject(destination) ? destination : {};
  return String(subset ?? host);
}

/** Host and port that a destination beside these has. */
function hostOf([first]: readonly JsonObject[]): JsonObject {
  const destination = first?.['destination'];
  if (!isObject(destination)) return { host: '' };
  const { subset: _, ...rest } = destination;
  return rest;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
