import type { Replacement } from '../routing/content.ts';
import type { ObjectContent, ObjectKind } from '../routing/object.ts';
import type { Move } from '../routing/split.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../text/json.ts';
import { type Growth, growthOf } from './targets.ts';

/** What a change writes to one object, as policy measures it. */
export type Measured =
  | { readonly kind: 'weights'; readonly moves: readonly Move[] }
  | ({
      readonly kind: 'content';
      readonly moves: readonly Move[];
      readonly object: { readonly kind: ObjectKind };
    } & Replacement);

/**
 * How much an edit gives to a version, for the policy. An edit of more than weights may send any traffic anywhere, so it counts as reaching
 * 100 %: every rule with approvals asks for them. Its step at the default rule is the whole step only if nothing but that rule's weights
 * differs, or if a DestinationRule only gets new subsets.
 */
export function growthOfEdit(edit: Measured): Growth {
  const grown = edit.moves.map(({ from, to }) => growthOf(from, to));
  const step = Math.max(0, ...grown.map((each) => each.step));
  if (edit.kind === 'weights') return { step, reached: Math.max(0, ...grown.map((each) => each.reached)) };
  const { object, before, after } = edit;
  const isMeasured =
    object.kind === 'DestinationRule' ? onlyAdds(before, after) : movesDefault(object.kind, before, after);
  return { step, reached: 100, ...(isMeasured ? {} : { isAtLeast: true }) };
}

/** Adds subsets and leaves the others unchanged. */
function onlyAdds(before: ObjectContent | undefined, after: ObjectContent | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const { subsets: were = [], ...was } = before.spec;
  const { subsets: are = [], ...is } = after.spec;
  if (!Array.isArray(were) || !Array.isArray(are) || !sameJson(was, is)) return false;
  return were.every((each) => are.some((other) => sameJson(each, other)));
}

/** Changes only the weights of the rule that takes all the rest. */
function movesDefault(kind: ObjectKind, before: ObjectContent | undefined, after: ObjectContent | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const [was, is] = [withoutWeights(kind, before.spec), withoutWeights(kind, after.spec)];
  return was !== undefined && is !== undefined && sameJson(was, is);
}

/** Undefined if no rule takes all the rest, or the kind is not known here. */
function withoutWeights(kind: ObjectKind, spec: JsonObject): JsonObject | undefined {
  switch (kind) {
    case 'VirtualService':
      return ofRule(spec, 'http', 'route', (rules) => (matchesAll(rules.at(-1)?.['match']) ? rules.length - 1 : -1));
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TCPRoute':
    case 'TLSRoute':
      return ofRule(spec, 'rules', 'backendRefs', (rules) => rules.findIndex((rule) => matchesAll(rule['matches'])));
    case 'ServiceSplitter':
      return Array.isArray(spec['splits']) ? { ...spec, splits: spec['splits'].map(weightless) } : undefined;
    default:
      return undefined;
  }
}

function ofRule(
  spec: JsonObject,
  list: string,
  destinations: string,
  placeOf: (rules: readonly JsonObject[]) => number,
): JsonObject | undefined {
  const rules = spec[list];
  if (!Array.isArray(rules) || !rules.every(isObject)) return undefined;
  const at = placeOf(rules);
  const rule = rules[at];
  const route = rule?.[destinations];
  if (rule === undefined || !Array.isArray(route)) return undefined;
  return { ...spec, [list]: rules.with(at, { ...rule, [destinations]: route.map(weightless) }) };
}

function weightless(each: Json): JsonObject | null {
  return isObject(each) ? { ...each, weight: null } : null;
}

/** No match at all, or the one that the Gateway API puts in its place (`/` and everything below). */
function matchesAll(match: Json | undefined): boolean {
  if (match === undefined) return true;
  return Array.isArray(match) && (match.length === 0 || match.some((each) => sameJson(each, anyPath)));
}

const anyPath = { path: { type: 'PathPrefix', value: '/' } };
