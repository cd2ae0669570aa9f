import type { IncomingHttpHeaders } from 'node:http';
import { isIngress, labelsOf, servicePort, type Workload } from './pods.ts';
import type { HttpMatch, HttpRule, StringMatch } from './routing-objects.ts';

/** A request on its way: what rules may look at. */
export interface Asked {
  /** Fully qualified. */
  readonly host: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly source: Workload;
}

type Condition = (match: HttpMatch, asked: Asked) => boolean;

/** Every condition of a match that we know; those that say nothing of the request are always met. */
const conditions: Readonly<Record<string, Condition>> = {
  name: () => true,
  statPrefix: () => true,
  ignoreUriCase: () => true,
  uri: ({ uri, ignoreUriCase }, { path }) => fitsUri(uri, pathOf(path), ignoreUriCase ?? false),
  scheme: ({ scheme }) => fits(scheme, 'http'),
  authority: ({ authority }, { headers }) => fits(authority, headers.host),
  method: ({ method }, asked) => fits(method, asked.method),
  headers: ({ headers = {} }, asked) =>
    Object.entries(headers).every(([name, match]) => fits(match, headerOf(asked.headers, name))),
  withoutHeaders: ({ withoutHeaders = {} }, asked) =>
    Object.entries(withoutHeaders).every(([name, match]) => !fits(match, headerOf(asked.headers, name))),
  queryParams: ({ queryParams = {} }, { path }) =>
    Object.entries(queryParams).every(([name, match]) => fits(match, queryOf(path).get(name) ?? undefined)),
  gateways: ({ gateways = [] }, { source }) => isIngress(source) || gateways.includes('mesh'),
  port: ({ port }) => port === servicePort,
  sourceLabels: ({ sourceLabels = {} }, { source }) =>
    Object.entries(sourceLabels).every(([name, value]) => labelsOf(source)[name] === value),
  sourceNamespace: ({ sourceNamespace }, { source }) => sourceNamespace === source.namespace,
};

/** Whether a rule takes the request: any of its matches does, or it has none. What we cannot judge takes nothing. */
export function takes({ match }: Pick<HttpRule, 'match'>, asked: Asked): boolean {
  return match.length === 0 || match.some((each) => meets(each, asked));
}

function meets(match: HttpMatch, asked: Asked): boolean {
  return Object.entries(match).every(
    ([name, value]) => value === undefined || (Object.hasOwn(conditions, name) && conditions[name]?.(match, asked)),
  );
}

/** A match without a value asks only that there is one. */
function fits(match: StringMatch | undefined, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (match?.exact !== undefined) return value === match.exact;
  if (match?.prefix !== undefined) return value.startsWith(match.prefix);
  if (match?.regex !== undefined) return fitsWhole(match.regex, value);
  return true;
}

function fitsUri(match: StringMatch | undefined, path: string, ignoreCase: boolean): boolean {
  if (!ignoreCase || match?.regex !== undefined) return fits(match, path);
  const lower: StringMatch = { exact: match?.exact?.toLowerCase(), prefix: match?.prefix?.toLowerCase() };
  return fits(lower, path.toLowerCase());
}

/** Envoy's regexes stand for the whole value; one that is none here fits nothing. */
function fitsWhole(regex: string, value: string): boolean {
  return fromRe2(regex, (pattern) => `^(?:${pattern})$`)?.test(value) ?? false;
}

/** Envoy's regexes are RE2, which has flags in front and named groups in a way of its own; undefined for one that is none here. */
export function fromRe2(regex: string, whole = (pattern: string) => pattern, more = ''): RegExp | undefined {
  const [front = '', flags = ''] = /^\(\?([ims]+)\)/.exec(regex) ?? [];
  const pattern = regex.slice(front.length).replaceAll('(?P<', '(?<');
  try {
    return new RegExp(whole(pattern), [...new Set(flags + more)].join(''));
  } catch {
    return undefined;
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(',') : value;
}

function pathOf(path: string): string {
  return path.split('?', 1)[0] ?? '';
}

function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(path.slice(pathOf(path).length));
}
