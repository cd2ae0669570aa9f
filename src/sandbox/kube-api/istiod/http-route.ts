import { STATUS_CODES } from 'node:http';
import { at, field, isObject, items } from '../object.ts';
import { destinationErrors, destinationsErrors, mirrorsErrors, shareErrors } from './destinations.ts';
import { faultFindings, httpStatusErrors } from './fault.ts';
import { error, errorIf, type Finding, warning } from './finding.ts';
import { authorityErrors, headersErrors } from './headers.ts';
import {
  corsHeaderErrors,
  durationErrors,
  gatewayFindings,
  isLabel,
  labelErrors,
  matchedHeaderErrors,
  portErrors,
  quoted,
  regexErrors,
  stringMatchErrors,
  texts,
} from './names.ts';

const RETRY_ON = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream'],
  ...['retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];
const KB = 1024;

export function httpRouteFindings(route: unknown, isDelegate: boolean): readonly Finding[] {
  const of = (name: string) => field(route, name);
  return [
    ...conflictErrors(route, isDelegate),
    ...items(of('match')).flatMap(matchErrors),
    ...items(of('match')).flatMap(callerFindings),
    ...headersErrors(of('headers')),
    ...corsErrors(of('corsPolicy')),
    ...faultFindings(of('fault')),
    ...mirrorPercentFindings(of('mirrorPercent') ?? of('mirror_percent')),
    ...shareErrors('mirror_percentage', at(route, 'mirrorPercentage', 'value')),
    ...destinationErrors(of('mirror')),
    ...mirrorsErrors(of('mirrors')),
    ...redirectErrors(of('redirect')),
    ...directResponseFindings(of('directResponse')),
    ...retryErrors(of('retries')),
    ...rewriteErrors(of('rewrite')),
    ...authorityErrors(of('rewrite'), of('headers')),
    ...destinationsErrors(items(of('route'))),
    ...durationErrors(of('timeout')),
  ];
}

function conflictErrors(route: unknown, isDelegate: boolean): readonly Finding[] {
  const has = (name: string) => field(route, name) !== undefined;
  const name = field(route, 'name') ?? '';
  if (has('delegate') && !isDelegate) {
    return [
      ...errorIf(has('redirect'), `root HTTP route ${name} must not specify redirect`),
      ...errorIf(has('route'), `root HTTP route ${name} must not specify route`),
    ];
  }
  const routes = items(field(route, 'route')).length > 0;
  return [
    ...errorIf(has('delegate'), 'delegate HTTP route cannot contain delegate'),
    ...(has('redirect') ? besideErrors(route, routes, 'redirect') : []),
    ...(has('directResponse') && !has('redirect') ? besideErrors(route, routes, 'direct_response') : []),
    ...errorIf(
      !routes && !has('redirect') && !has('directResponse'),
      'HTTP route, redirect or direct_response is required',
    ),
    ...errorIf(
      has('mirror') && items(field(route, 'mirrors')).length > 0,
      'HTTP route cannot contain both mirror and mirrors',
    ),
  ];
}

/** Fields that a route may not have beside a redirect or a direct response. */
function besideErrors(route: unknown, routes: boolean, answer: 'redirect' | 'direct_response'): readonly Finding[] {
  const has = (name: string) => field(route, name) !== undefined;
  return [
    ...errorIf(routes, `HTTP route cannot contain both route and ${answer}`),
    ...errorIf(has('fault'), `HTTP route cannot contain both fault and ${answer}`),
    ...errorIf(has('rewrite'), `HTTP route rule cannot contain both rewrite and ${answer}`),
    ...errorIf(
      answer === 'redirect' && has('directResponse'),
      'HTTP route rule cannot contain both direct_response and redirect',
    ),
  ];
}

function matchErrors(match: unknown): readonly Finding[] {
  const headers = entries(field(match, 'headers'));
  const without = entries(field(match, 'withoutHeaders'));
  return [
    ...headers.flatMap(([name, value]) => [...matchedHeaderErrors(name), ...stringMatchErrors(value, 'headers')]),
    ...without.flatMap(([name, value]) => [
      ...matchedHeaderErrors(name),
      // Here `*` means any value, and is not a regular expression.
      ...(field(value, 'regex') === '*' ? [] : stringMatchErrors(value, 'withoutHeaders')),
    ]),
    ...regexErrors(at(match, 'uri', 'regex'), 'uri'),
    ...['scheme', 'method', 'authority'].flatMap((name) => stringMatchErrors(field(match, name), name)),
    ...entries(field(match, 'queryParams')).flatMap(([, value]) => stringMatchErrors(value, 'queryParams')),
  ];
}

/** Checks the conditions on where a request comes from. */
function callerFindings(match: unknown): readonly Finding[] {
  const port = Number(field(match, 'port') ?? 0);
  const namespace = String(field(match, 'sourceNamespace') ?? '');
  return [
    ...(port === 0 ? [] : portErrors(port)),
    ...labelErrors(field(match, 'sourceLabels')),
    ...gatewayFindings(items(field(match, 'gateways'))),
    ...errorIf(namespace !== '' && !isLabel(namespace), `sourceNamespace match ${namespace} is invalid`),
  ];
}

function corsErrors(policy: unknown): readonly Finding[] {
  const maxAge = field(policy, 'maxAge');
  return [
    ...items(field(policy, 'allowOrigins')).flatMap((origin) =>
      Object.values(isObject(origin) ? origin : {}).join('') === ''
        ? [error("'' is not a valid match type for CORS allow origins")]
        : regexErrors(field(origin, 'regex'), 'corsPolicy.allowOrigins'),
    ),
    ...texts(field(policy, 'allowMethods')).flatMap((method) =>
      errorIf(!METHODS.includes(method), `${quoted(method)} is not a supported HTTP method`),
    ),
    ...texts(field(policy, 'allowHeaders')).flatMap(corsHeaderErrors),
    ...texts(field(policy, 'exposeHeaders')).flatMap(corsHeaderErrors),
    ...durationErrors(maxAge),
    ...errorIf(/\d(?:\.\d+s|[mun]s)/.test(String(maxAge)), 'max_age duration is accurate only to seconds precision'),
  ];
}

function mirrorPercentFindings(percent: unknown): readonly Finding[] {
  if (percent === undefined || percent === null) return [];
  return [
    ...errorIf(Number(percent) > 100, `mirror_percent must have a max value of 100 (it has ${percent})`),
    warning('using deprecated setting "mirrorPercent", use "mirrorPercentage" instead'),
  ];
}

/** Like istiod, returns only the first error. */
function redirectErrors(redirect: unknown): readonly Finding[] {
  if (redirect === undefined) return [];
  const of = (name: string) => field(redirect, name) ?? '';
  const port = field(redirect, 'port') ?? field(redirect, 'derivePort');
  if (port === undefined && `${of('uri')}${of('authority')}${of('scheme')}` === '') {
    return [error('redirect must specify URI, authority, scheme, or port')];
  }
  const code = Number(of('redirectCode'));
  if (code !== 0 && (code < 300 || code > 399)) return [error(`${code} is not a valid redirect code, must be 3xx`)];
  if (!['', 'http', 'https'].includes(String(of('scheme')))) {
    return [error('invalid redirect scheme, must be "http" or "https"')];
  }
  return typeof port === 'number' && port > 0 ? portErrors(port) : [];
}

function directResponseFindings(response: unknown): readonly Finding[] {
  if (response === undefined) return [];
  const text = at(response, 'body', 'string');
  const bytes = at(response, 'body', 'bytes');
  const size = text === undefined ? Buffer.byteLength(String(bytes ?? ''), 'base64') : Buffer.byteLength(String(text));
  const large = 'large direct_responses may impact control plane performance';
  const sizeFindings =
    size > KB * KB ? [error(`${large}, must be less than 1MB`)] : size > 100 * KB ? [warning(large)] : [];
  return [...sizeFindings, ...httpStatusErrors(field(response, 'status'))];
}

function retryErrors(retries: unknown): readonly Finding[] {
  if (retries === undefined) return [];
  const of = (name: string) => field(retries, name);
  const attempts = Number(of('attempts') ?? 0);
  const retryOn = String(of('retryOn') ?? '');
  const isMore =
    of('perTryTimeout') !== undefined || retryOn !== '' || typeof of('retryRemoteLocalities') === 'boolean';
  const policies = retryOn === '' ? [] : retryOn.split(',');
  return [
    ...errorIf(attempts < 0, 'attempts cannot be negative'),
    ...errorIf(attempts === 0 && isMore, 'http retry policy configured when attempts are set to 0 (disabled)'),
    ...durationErrors(of('perTryTimeout')),
    ...policies.flatMap((policy) =>
      errorIf(!RETRY_ON.includes(policy) && !isHttpStatus(policy), `${quoted(policy)} is not a valid retryOn policy`),
    ),
    ...durationErrors(of('backoff')),
  ];
}

function isHttpStatus(text: string): boolean {
  return STATUS_CODES[text] !== undefined;
}

/** Like istiod, returns only the first error. */
function rewriteErrors(rewrite: unknown): readonly Finding[] {
  if (rewrite === undefined) return [];
  const of = (name: string) => String(field(rewrite, name) ?? '');
  const regex = field(rewrite, 'uriRegexRewrite');
  if (of('uri') !== '' && regex !== undefined) {
    return [error('rewrite may only contain one of URI or UriRegexRewrite')];
  }
  if (of('uri') === '' && regex === undefined && of('authority') === '') {
    const rest = 'Only one of URI or UriRegexRewrite may be specified';
    return [error(`rewrite must specify at least one of URI, UriRegexRewrite, or authority. ${rest}`)];
  }
  if (regex === undefined) return [];
  const [match, by] = [String(field(regex, 'match') ?? ''), String(field(regex, 'rewrite') ?? '')];
  const wrong =
    match === '' || by === ''
      ? [error('UriRegexRewrite requires both Rewrite and Match fields to be specified')]
      : regexErrors(match, 'HTTPRewrite.UriRegexRewrite.Match');
  return wrong.map(({ text }) => error(`UriRegexRewrite has errors\n${text}`));
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}
