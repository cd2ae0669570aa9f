import type { HttpRule, Match, StringMatch, StringMatches } from '../objects.ts';

/**
 * A delegate's rule as its root lets it stand: what it matches must be part of what the root matches. Undefined: they conflict, and istiod
 * drops the rule without a word (istio `mergeHTTPRoute`).
 */
export function merged(root: HttpRule, delegate: HttpRule): HttpRule | undefined {
  const matches = mergedMatches(root.matches, delegate.matches);
  if (matches === undefined) return undefined;
  const names = [root.name, delegate.name].filter((name) => name !== undefined && name !== '');
  return { ...delegate, name: names.join('-') || undefined, matches, abort: delegate.abort ?? root.abort };
}

function mergedMatches(root: readonly Match[], delegate: readonly Match[]): readonly Match[] | undefined {
  if (root.length === 0) return delegate;
  if (delegate.length === 0) return root;
  const pairs = delegate.map((leaf) => root.filter((each) => !conflicts(each, leaf)).map((each) => both(each, leaf)));
  return pairs.some((found) => found.length === 0) ? undefined : pairs.flat();
}

function both(root: Match, leaf: Match): Match {
  return {
    ...root,
    ...Object.fromEntries(Object.entries(leaf).filter(([, value]) => value !== undefined)),
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
  };
}

function conflicts(root: Match, leaf: Match): boolean {
  return (
    (['uri', 'scheme', 'method', 'authority'] as const).some((field) => conflict(root[field], leaf[field])) ||
    conflictIn(root.headers, leaf.headers) ||
    conflictIn(root.withoutHeaders, leaf.withoutHeaders) ||
    conflictIn(root.queryParams, leaf.queryParams) ||
    (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
    (root.port !== undefined && leaf.port !== undefined && root.port !== leaf.port)
  );
}

function conflictIn(root: StringMatches = {}, leaf: StringMatches = {}): boolean {
  return Object.entries(leaf).some(([name, value]) => conflict(root[name], value));
}

/** Regexes are not compared: two of them conflict always. */
function conflict(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  if (root.by === 'exact') return leaf.by !== 'exact' || leaf.value !== root.value;
  if (root.by !== 'prefix' || (leaf.by !== 'prefix' && leaf.by !== 'exact')) return true;
  return !leaf.value.startsWith(root.value);
}
