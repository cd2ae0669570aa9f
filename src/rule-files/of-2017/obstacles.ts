import { isHost } from '../../domain/routing/names.ts';
import type { RouteRule, Service } from './route-rule.ts';
import { describeLabels, hostOf, subsetOf } from './subsets.ts';

/** Why a rule of 2017 cannot be converted, in words; undefined if it can. The first obstacle decides. */
export function obstacleTo(rule: RouteRule): string | undefined {
  for (const obstacle of obstacles) {
    const why = obstacle(rule);
    if (why !== undefined) return why;
  }
  return undefined;
}

const obstacles: readonly ((rule: RouteRule) => string | undefined)[] = [
  serviceIsUnknown,
  isForIngress,
  matchesMoreThanHttp,
  callerIsNamed,
  regexLooksAround,
  routeIsAmbiguous,
  subsetHasNoName,
  timesCannotBeKept,
  faultCannotBeKept,
];

function serviceIsUnknown({ spec, namespace }: RouteRule): string | undefined {
  if (Object.keys(spec.destination.labels ?? {}).length > 0)
    return 'its `destination` has labels, but a rule is for a whole service: move them to `route`';
  for (const service of servicesOf(spec)) {
    const host = hostOf(service, namespace);
    if (host === undefined)
      return `the namespace of \`${service.name}\` is missing: write \`namespace:\` beside \`domain:\``;
    if (/\.consul$/i.test(host)) return `\`${host}\` is a Consul name, and Istio no longer reads the Consul registry`;
    if (!isHost(host)) return `\`${host.slice(0, 63)}\` is not the name of a service`;
  }
  return undefined;
}

function servicesOf({ destination, route, mirror }: RouteRule['spec']): readonly Service[] {
  return [destination, ...route.map((each) => each.destination), mirror].filter((each) => each !== undefined);
}

function isForIngress({ spec: { match, ingress } }: RouteRule): string | undefined {
  const isIngress = match?.source?.labels?.['istio'] === 'ingress';
  return isIngress || ingress !== undefined
    ? 'it is for requests through the Ingress of 2017: today they need a Gateway and their own VirtualService with `gateways:`'
    : undefined;
}

function matchesMoreThanHttp({ spec: { match, l4Fault } }: RouteRule): string | undefined {
  if (match?.tcp !== undefined || match?.udp !== undefined) return 'it matches by TCP or UDP addresses, not by HTTP';
  return l4Fault === undefined ? undefined : '`l4Fault` has no equivalent today';
}

function callerIsNamed({ spec: { match } }: RouteRule): string | undefined {
  const caller = match?.source?.name ?? match?.source?.service;
  return caller === undefined
    ? undefined
    : `it matches callers by their service (\`${caller.slice(0, 63)}\`), but today callers are matched only by labels`;
}

/** Envoy uses RE2, which has neither look-around nor back-references. */
function regexLooksAround({ spec: { match } }: RouteRule): string | undefined {
  const patterns = Object.values(match?.request?.headers ?? {}).map((each) =>
    'regex' in each ? (each.regex ?? '') : '',
  );
  return patterns.some((pattern) => /\(\?(=|!|<=|<!)|\\[1-9]/.test(pattern))
    ? 'its regular expression uses look-ahead, look-behind or back-references, which RE2 does not have'
    : undefined;
}

function routeIsAmbiguous({ spec: { redirect, rewrite, route } }: RouteRule): string | undefined {
  if (redirect !== undefined && (route.length > 0 || rewrite !== undefined))
    return 'it has both `redirect` and `route` or `rewrite`: keep one';
  return route.length > 1 && route.every(({ weight = 0 }) => weight === 0)
    ? 'none of its destinations has a weight above 0'
    : undefined;
}

function subsetHasNoName({ spec: { route, mirror } }: RouteRule): string | undefined {
  const wrong = [...route.map(({ labels }) => labels), mirror?.labels ?? {}].find(
    (labels) => Object.keys(labels).length > 0 && subsetOf(labels) === undefined,
  );
  return wrong === undefined
    ? undefined
    : `its labels cannot be turned into the name of a subset (${describeLabels(wrong)})`;
}

function timesCannotBeKept({ spec: { httpReqTimeout, httpReqRetries, corsPolicy } }: RouteRule): string | undefined {
  const timeout = httpReqTimeout?.simpleTimeout;
  const retry = httpReqRetries?.simpleRetry;
  if (httpReqTimeout?.custom !== undefined || httpReqRetries?.custom !== undefined)
    return '`custom` of a timeout or of retries has no equivalent today';
  if (timeout?.overrideHeaderName !== undefined || retry?.overrideHeaderName !== undefined) return noOverride;
  return [timeout?.timeout, retry?.perTryTimeout, corsPolicy?.maxAge].map(noDuration).find((why) => why !== undefined);
}

const noOverride = '`overrideHeaderName` has no equivalent today';

function faultCannotBeKept({ spec: { httpFault } }: RouteRule): string | undefined {
  const { delay, abort } = httpFault ?? {};
  if (delay?.overrideHeaderName !== undefined || abort?.overrideHeaderName !== undefined) return noOverride;
  if (delay?.exponentialDelay !== undefined) return '`exponentialDelay` never worked, and has no equivalent today';
  if (abort?.grpcStatus !== undefined || abort?.http2Error !== undefined)
    return '`grpcStatus` and `http2Error` never worked: write an `httpStatus`';
  if (delay !== undefined && delay.fixedDelay === undefined) return 'its `delay` has no `fixedDelay`';
  if (abort !== undefined && abort.httpStatus === undefined) return 'its `abort` has no `httpStatus`';
  if ((delay !== undefined && delay.percent === undefined) || (abort !== undefined && abort.percent === undefined))
    return 'its `httpFault` has no `percent`, so it never happened: write one, or remove the fault';
  return noDuration(delay?.fixedDelay);
}

/** Istio's rule for durations: at least a millisecond. */
function noDuration(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isLong = /^((\d+(\.\d+)?)(ms|s|m|h))+$/.test(text) && /[1-9]/.test(text);
  return isLong
    ? undefined
    : `\`${text.slice(0, 63)}\` is not a valid duration: write hours, minutes, seconds or milliseconds, like \`10s\``;
}
