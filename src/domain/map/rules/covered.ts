import type { Match, StringMatch, StringMatches } from '../objects.ts';

/** Whether a match above takes every request that one below could take. */
export function isCovered(below: Match, above: Match): boolean {
  return (
    isSamePlace(below, above) &&
    fields.every((field) => above[field] === undefined || isWithin(below[field], above[field])) &&
    hasAll(below.headers, above.headers) &&
    hasAll(below.queryParams, above.queryParams) &&
    isSame(above.withoutHeaders ?? {}, below.withoutHeaders ?? {})
  );
}

const fields = ['uri', 'scheme', 'method', 'authority'] as const;

/** What is not about the request itself must be the same. */
function isSamePlace(below: Match, above: Match): boolean {
  const place = ({ ignoreUriCase = false, port, sourceLabels, sniHosts, destinationSubnets }: Match) => ({
    ignoreUriCase,
    port,
    sourceLabels,
    sniHosts,
    destinationSubnets,
  });
  return isSame(place(below), place(above));
}

function hasAll(below: StringMatches = {}, above: StringMatches = {}): boolean {
  return Object.entries(above).every(([name, wider]) => isWithin(below[name], wider));
}

/** Regular expressions are compared as they are written. */
function isWithin(narrow: StringMatch | undefined, wide: StringMatch): boolean {
  if (narrow === undefined) return false;
  if (wide.by === 'present' || isSame(narrow, wide)) return true;
  return wide.by === 'prefix' && 'value' in narrow && narrow.by !== 'regex' && narrow.value.startsWith(wide.value);
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
