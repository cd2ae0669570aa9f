import type { Replacement } from '../routing/content.ts';
import type { ObjectContent, ObjectKind } from '../routing/object.ts';
import type { Move } from '../routing/split.ts';
import { isObject, type JsonObject, sameJson } from '../text/json.ts';
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
  const isMeasured = object.kind === 'DestinationRule' ? onlyAdds(before, after) : movesDefault(before, after);
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

/** Changes only the weights of the last rule, which matches everything. */
function movesDefault(before: ObjectContent | undefined, after: ObjectContent | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const [was, is] = [withoutWeights(before.spec), withoutWeights(after.spec)];
  return was !== undefined && is !== undefined && sameJson(was, is);
}

/** Undefined if the last rule has a match. */
function withoutWeights(spec: JsonObject): JsonObject | undefined {
  const { http } = spec;
  const last = Array.isArray(http) ? http.at(-1) : undefined;
  if (!Array.isArray(http) || !isObject(last) || last['match'] !== undefined) return undefined;
  const { route } = last;
  if (!Array.isArray(route)) return undefined;
  const destinations = route.map((each) => (isObject(each) ? { ...each, weight: null } : each));
  return { ...spec, http: [...http.slice(0, -1), { ...last, route: destinations }] };
}
