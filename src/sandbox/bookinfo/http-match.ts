import type { IncomingHttpHeaders } from 'node:http';
import { re2 } from '../../domain/text/re2.ts';
import { isIngress, labelsOf, servicePort, type Workload } from './pods.ts';
import type { HttpMatch, HttpRule, StringMatch } from './routing-objects.ts';

/** What rules can match on in a request. */
export interface Asked {
  /** Fully qualified. */
  readonly host: string;
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly source: Workload;
}

type Condition = (match: HttpMatch, asked: Asked) => boolean;

/** The conditions that we know. Fields that say nothing about the request always hold. */
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

/** Whether a rule applies to the request: it has no matches, or one of them holds. A match with a condition we do not know never holds. */
export function takes({ match }: Pick<HttpRule, 'match'>, asked: Asked): boolean {
  return match.length === 0 || match.some((each) => meets(each, asked));
}

function meets(match: HttpMatch, asked: Asked): boolean {
  return Object.entries(match).every(
    ([name, value]) => value === undefined || (Object.hasOwn(conditions, name) && conditions[name]?.(match, asked)),
  );
}

/** A match without exact, prefix and regex only asks that there is a value. */
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

/** Envoy matches a regex against the whole value. A regex that RE2 refuses matches nothing. */
function fitsWhole(regex: string, value: string): boolean {
  return re2(regex)?.matches(value) ?? false;
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
