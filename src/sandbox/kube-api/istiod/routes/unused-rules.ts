import { field, isObject, items } from '../../object.ts';
import { type Finding, warning } from '../finding.ts';
import { quoted } from '../values/text.ts';

const MAPS = ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'];

/** Warns about rules that no request reaches, and matches that an earlier rule already has. */
export function unusedRules(routes: readonly unknown[]): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, number>();
  const prefixes: PrefixMatch[] = [];
  let catchAll = false;
  for (const [at, route] of routes.entries()) {
    const matches = items(field(route, 'match'));
    if (matches.length === 0) {
      if (catchAll) findings.push(unused(nameOf(route, at), 'only the last rule can have no matches'));
      catchAll = true;
      continue;
    }
    if (catchAll) {
      findings.push(...matches.map(() => unused(nameOf(route, at), 'route without matches defined before')));
      continue;
    }
    const duplicates = matches.flatMap((match, number) => {
      const key = asKey(match);
      const earlier = seen.get(key);
      if (earlier === undefined) {
        seen.set(key, at);
        prefixes.push(...prefixMatch(route, at, match, number));
        return [];
      }
      return [ineffective(nameOf(route, at), nameOf(match, number), nameOf(routes[earlier], earlier))];
    });
    findings.push(...duplicates);
    if (duplicates.length === matches.length) {
      findings.push(unused(nameOf(route, at), 'all matches used by prior rules'));
    }
  }
  return [...findings, ...coveredPrefixes(prefixes)];
}

/** A match on a path prefix, with its other conditions. */
interface PrefixMatch {
  readonly route: string;
  readonly match: string;
  readonly prefix: string;
  readonly port: unknown;
  readonly method: string;
  readonly authority: string;
  readonly maps: readonly Readonly<Record<string, string>>[];
}

function prefixMatch(route: unknown, at: number, match: unknown, number: number): readonly PrefixMatch[] {
  const prefix = String(field(field(match, 'uri'), 'prefix') ?? '');
  if (prefix === '') return [];
  return [
    {
      route: nameOf(route, at),
      match: nameOf(match, number),
      prefix,
      port: field(match, 'port') ?? 0,
      // istiod treats a match without a method as a GET.
      method: condition(field(match, 'method')) || 'exact:GET',
      authority: condition(field(match, 'authority')),
      maps: ['headers', 'queryParams', 'withoutHeaders'].map((name) => conditions(field(match, name))),
    },
  ];
}

function coveredPrefixes(prefixes: readonly PrefixMatch[]): readonly Finding[] {
  return prefixes.flatMap((earlier, at) =>
    prefixes
      .slice(at + 1)
      .filter((later) => later.prefix !== earlier.prefix && isCovered(earlier, later))
      .map((later) => {
        const [what, by] = [later, earlier].map(({ match, prefix }) => `${match} of prefix ${prefix}`);
        return ineffective(later.route, String(what), `${by} on ${earlier.route}`);
      }),
  );
}

function isCovered(earlier: PrefixMatch, later: PrefixMatch): boolean {
  return (
    later.prefix.startsWith(earlier.prefix) &&
    later.port === earlier.port &&
    earlier.method.startsWith(later.method) &&
    earlier.authority.startsWith(later.authority) &&
    earlier.maps.every((map, at) => isMapCovered(map, later.maps[at] ?? {}))
  );
}

function isMapCovered(earlier: Readonly<Record<string, string>>, later: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(earlier);
  return (
    names.length === Object.keys(later).length &&
    names.every((name) => later[name] !== undefined && earlier[name]?.startsWith(later[name]))
  );
}

function conditions(map: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(isObject(map) ? map : {}).map(([name, one]) => [name, condition(one)]));
}

function condition(match: unknown): string {
  const [exact, prefix] = [field(match, 'exact'), field(match, 'prefix')];
  if (exact) return `exact:${exact}`;
  return prefix ? `prefix:${prefix}` : '';
}

function unused(rule: string, why: string): Finding {
  return warning(`virtualService rule ${rule} not used (${why})`);
}

function ineffective(rule: string, match: string, earlier: string): Finding {
  return warning(
    `virtualService rule ${rule} match ${match} is not used (duplicate/overlapping match in rule ${earlier})`,
  );
}

/** The name of a rule or match, or its index if it has no name. */
function nameOf(named: unknown, at: number): string {
  const name = field(named, 'name');
  return name === undefined || name === '' ? `#${at}` : quoted(String(name));
}

/** Two matches are the same if they differ in nothing but their names. A field with its default value is like none. */
function asKey(match: unknown): string {
  const { name: _, ...rest } = isObject(match) ? match : {};
  return JSON.stringify(
    sorted(Object.fromEntries(Object.entries(rest).filter(([name, value]) => !isDefault(name, value)))),
  );
}

/** Of the fields that hold an object, a map may be empty. Any other object says something, even if it is empty. */
function isDefault(name: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return MAPS.includes(name) && isObject(value) ? Object.keys(value).length === 0 : !value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.keys(value)
    .toSorted()
    .map((key) => [key, sorted(value[key])]);
}
