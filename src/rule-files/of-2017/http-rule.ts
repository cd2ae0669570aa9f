import type { Json, JsonObject } from '../../domain/text/json.ts';
import type { RouteRule, RouteRuleSpec, Service } from './route-rule.ts';
import { hostOf, type Labels, subsetOf } from './subsets.ts';

/** A rule of 2017 as an entry of a VirtualService's `http`. The rule must have no obstacle (`obstacleTo`). */
export function toHttpRule({ spec, namespace }: RouteRule): JsonObject {
  const { redirect, rewrite, httpReqTimeout, httpReqRetries, mirror, appendHeaders } = spec;
  const retry = httpReqRetries?.simpleRetry;
  return given({
    match: toMatch(spec.match),
    redirect: redirect && given(redirect),
    rewrite: rewrite && given(rewrite),
    route: redirect === undefined ? toRoute(spec, namespace) : undefined,
    timeout: httpReqTimeout?.simpleTimeout?.timeout,
    retries: retry && given({ attempts: retry.attempts, perTryTimeout: retry.perTryTimeout }),
    fault: toFault(spec.httpFault),
    mirror: mirror && toDestination(mirror, mirror.labels ?? {}, namespace),
    corsPolicy: toCorsPolicy(spec.corsPolicy),
    headers: appendHeaders && { request: { add: appendHeaders } },
  });
}

/** A rule without a route sent requests to all pods of the service. */
function toRoute({ destination, route }: RouteRuleSpec, namespace: string | undefined): Json {
  const [only, ...others] = route;
  if (only === undefined) return [{ destination: toDestination(destination, {}, namespace) }];
  return route.map((each) => {
    const to = toDestination(each.destination ?? destination, each.labels, namespace);
    return others.length === 0 ? { destination: to } : { destination: to, weight: each.weight ?? 0 };
  });
}

function toDestination(service: Service, labels: Labels, namespace: string | undefined): JsonObject {
  return given({ host: hostOf(service, namespace), subset: subsetOf(labels) });
}

/** In 2017 these were written among the request headers. */
const pseudoHeaders = ['uri', 'scheme', 'method', 'authority'];

function toMatch(match: RouteRuleSpec['match']): Json | undefined {
  const all = Object.entries(match?.request?.headers ?? {}).map(([name, value]) => [name, given(value)] as const);
  const sourceLabels = match?.source?.labels ?? {};
  const headers = all.filter(([name]) => !pseudoHeaders.includes(name));
  const condition = {
    ...Object.fromEntries(all.filter(([name]) => pseudoHeaders.includes(name))),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(Object.keys(sourceLabels).length > 0 && { sourceLabels }),
  };
  return Object.keys(condition).length === 0 ? undefined : [condition];
}

function toFault(fault: RouteRuleSpec['httpFault']): Json | undefined {
  if (fault?.delay === undefined && fault?.abort === undefined) return undefined;
  const { delay, abort } = fault;
  const share = (percent: number | undefined) => ({ value: percent ?? 0 });
  return given({
    delay: delay && given({ percentage: share(delay.percent), fixedDelay: delay.fixedDelay }),
    abort: abort && given({ percentage: share(abort.percent), httpStatus: abort.httpStatus }),
  });
}

function toCorsPolicy(policy: RouteRuleSpec['corsPolicy']): Json | undefined {
  if (policy === undefined) return undefined;
  const { allowOrigin, ...others } = policy;
  return given({ allowOrigins: allowOrigin?.map((exact) => ({ exact })), ...others });
}

function given(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const has = (field: [string, Json | undefined]): field is [string, Json] => field[1] !== undefined;
  return Object.fromEntries(Object.entries(fields).filter(has));
}
