import type { GovernedRule } from './governed.ts';
import { covers } from './hosts.ts';
import type { Labels, Match, StringMatch, StringMatches } from './objects.ts';
import { hasLabels } from './rules/applies.ts';

/** A request as the proxy of its caller sees it. */
export interface Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** The host that a TLS connection is for. */
  readonly sni?: string | undefined;
  /** What the caller's pod is labelled with, for rules that ask for it. */
  readonly labels?: Labels | undefined;
}

/** Whether all of a value fits a regular expression of RE2. */
export type Regex = (pattern: string, value: string) => boolean;

/** The first rule that takes a request; rules stand in the order in which they are tried. */
export function ruleFor(rules: readonly GovernedRule[], request: Request, regex: Regex): GovernedRule | undefined {
  return rules.find(({ matches }) => matches.length === 0 || matches.some((match) => takes(match, request, regex)));
}

/** Whether a request has what a match asks for. What is asked of its caller is known before (`forCaller`), except for labels. */
export function takes(match: Match, request: Request, regex: Regex): boolean {
  const { method, scheme, authority, headers = {}, withoutHeaders = {}, queryParams = {}, sourceLabels = {} } = match;
  const fitsOne = (wanted: StringMatch, value: string | undefined) => fits(wanted, value, regex);
  return (
    takesPath(match, pathOf(request.path), regex) &&
    optional(method, request.method, fitsOne) &&
    optional(scheme, request.scheme, fitsOne) &&
    optional(authority, request.authority, fitsOne) &&
    everyEntry(headers, (name, wanted) => fitsOne(wanted, headerOf(request, name))) &&
    everyEntry(withoutHeaders, (name, wanted) => lacks(wanted, headerOf(request, name), regex)) &&
    everyEntry(queryParams, (name, wanted) => fitsOne(wanted, queryOf(request.path, name))) &&
    hasLabels(request.labels ?? {}, sourceLabels) &&
    takesSni(match, request)
  );
}

/** Of `destinationSubnets` it is taken that they have the address of the service. */
function takesSni({ sniHosts = [] }: Match, { sni }: Request): boolean {
  return sniHosts.length === 0 || (sni !== undefined && sniHosts.some((pattern) => covers(pattern, sni)));
}

function takesPath({ uri, ignoreUriCase }: Match, path: string, regex: Regex): boolean {
  if (uri === undefined) return true;
  if (ignoreUriCase !== true || uri.by === 'regex' || uri.by === 'present') return fits(uri, path, regex);
  return fits({ ...uri, value: uri.value.toLowerCase() }, path.toLowerCase(), regex);
}

function fits(wanted: StringMatch, value: string | undefined, regex: Regex): boolean {
  if (value === undefined) return false;
  switch (wanted.by) {
    case 'present':
      return true;
    case 'exact':
      return value === wanted.value;
    case 'prefix':
      return value.startsWith(wanted.value);
    case 'segments':
      return inSegments(wanted.value.replace(/\/$/, ''), value);
    case 'regex':
      return regex(wanted.value, value);
  }
}

/** A header that is not there counts as an empty one (Envoy `treat_missing_header_as_empty`). */
function lacks(wanted: StringMatch, value: string | undefined, regex: Regex): boolean {
  return wanted.by === 'present' ? value === undefined : !fits(wanted, value ?? '', regex);
}

/** `/x` takes `/x` and `/x/y`, and not `/xy`. */
function inSegments(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function optional(
  wanted: StringMatch | undefined,
  value: string,
  fitsOne: (wanted: StringMatch, value: string) => boolean,
): boolean {
  return wanted === undefined || fitsOne(wanted, value);
}

function everyEntry(all: StringMatches, holds: (name: string, wanted: StringMatch) => boolean): boolean {
  return Object.entries(all).every(([name, wanted]) => holds(name, wanted));
}

/** Envoy knows the parts of a request line as headers, too. */
function headerOf({ headers, method, path, authority, scheme }: Request, name: string): string | undefined {
  const pseudo = { ':method': method, ':path': path, ':authority': authority, ':scheme': scheme, host: authority };
  const lower = name.toLowerCase();
  return Object.entries(pseudo).find(([each]) => each === lower)?.[1] ?? headers[lower];
}

function pathOf(path: string): string {
  return path.split(/[?#]/, 1)[0] ?? '';
}

/** As it is written in the request: Envoy does not decode it. */
function queryOf(path: string, name: string): string | undefined {
  const [, query = ''] = /\?([^#]*)/.exec(path) ?? [];
  const pairs = query.split('&').map((pair) => /^([^=]*)=?(.*)$/s.exec(pair) ?? []);
  return pairs.find(([, key]) => key === name)?.[2];
}
