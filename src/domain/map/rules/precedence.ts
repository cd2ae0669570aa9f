import type { Match, StringMatch } from '../objects.ts';

type Matched = { readonly matches: readonly Match[] };

/**
 * The order in which rules of the Gateway API are tried: exact path, longest prefix, regex; then with a method, with more headers, with
 * more query parameters. What is equal stays in order, of older objects first.
 */
export function byPrecedence({ matches: [one = {}] }: Matched, { matches: [other = {}] }: Matched): number {
  return (
    kindOfPath(other.uri) - kindOfPath(one.uri) ||
    lengthOf(other.uri) - lengthOf(one.uri) ||
    Number(other.method !== undefined) - Number(one.method !== undefined) ||
    countOf(other.headers) - countOf(one.headers) ||
    countOf(other.queryParams) - countOf(one.queryParams)
  );
}

/** No path is the prefix `/`. */
function kindOfPath(uri: StringMatch = { by: 'segments', value: '/' }): number {
  if (uri.by === 'exact') return 3;
  return uri.by === 'regex' ? 1 : 2;
}

function lengthOf(uri: StringMatch = { by: 'segments', value: '/' }): number {
  return uri.by === 'present' ? 0 : uri.value.length;
}

function countOf(conditions: Match['headers'] = {}): number {
  return Object.keys(conditions).length;
}
