/** Count each request once, on the client's side: sidecars and gateways, and waypoints in ambient mode. */
const clients = 'reporter=~"source|waypoint"';
const metric = 'istio_requests_total';
/** How far Prometheus looks back for the last sample of a series (its default). */
const lookBack = '5m';

/** Requests to a host in the window that ends at the query's time, by version and response flags. */
export function requestsTo(host: string, windowMs: number): string {
  const counted = selectors(host).map((selector) => grown(selector, windowMs));
  return `sum by (destination_version, response_flags) (${counted.join(' or ')})`;
}

/** The time of the oldest sample that starts this window. */
export function oldestSample(host: string, windowMs: number): string {
  return `min(timestamp(${served(host)} offset ${windowMs}ms))`;
}

/** Not empty when the mesh counted any request both within this window and before it. */
export function anyRequests(windowMs: number): string {
  const all = `${metric}{${clients}}`;
  const before = `last_over_time(${all}[${lookBack}] offset ${windowMs}ms)`;
  return `count(last_over_time(${all}[${windowMs}ms])) and count(${before})`;
}

/**
 * How much each counter grew. `increase` does not work here: it needs two samples in the window, so it misses what a new counter starts
 * with, and a version with its first traffic has only new counters. It also extrapolates to the edges of the window, for some counters and
 * not for others. We subtract the last sample before the start from the last one before the end. All counters of one client have these
 * from the same two scrapes, so the shares are right and the counts are whole numbers. A counter without a sample at the start began at 0;
 * a counter that is smaller now was reset.
 */
function grown(selector: string, windowMs: number): string {
  const atEnd = `last_over_time(${selector}[${windowMs}ms])`;
  const atBeginning = `last_over_time(${selector}[${lookBack}] offset ${windowMs}ms)`;
  return `(${atEnd} - ${atBeginning} >= 0 or ${atEnd})`;
}

/**
 * When a request has no cluster (`NC`), Envoy has no service to count it for, and labels it with the host that the client called. A short
 * name then means a service in the client's own namespace.
 */
function selectors(host: string): readonly string[] {
  const service = serviceOf(host);
  if (service === undefined) return [served(host)];
  const lost = `${clients},destination_version="unknown",response_flags!="-"`;
  const { name, namespace } = service;
  const long = `${pattern(`${name}.${namespace}`)}([.]svc([.]cluster[.]local)?)?(:[0-9]+)?`;
  const short = `${pattern(name)}(:[0-9]+)?`;
  return [
    served(host),
    `${metric}{${lost},destination_service=~${text(long)}}`,
    `${metric}{${lost},source_workload_namespace=${text(namespace)},destination_service=~${text(short)}}`,
  ];
}

function served(host: string): string {
  const service = serviceOf(host);
  const which =
    service === undefined
      ? `destination_service=${text(host)}`
      : `destination_service_name=${text(service.name)},destination_service_namespace=${text(service.namespace)}`;
  return `${metric}{${clients},${which}}`;
}

/** Undefined for a host outside the cluster. Works for any cluster domain. */
function serviceOf(host: string): { readonly name: string; readonly namespace: string } | undefined {
  const [name = '', namespace = '', svc] = host.split('.');
  return svc === 'svc' ? { name, namespace } : undefined;
}

/** PromQL strings follow Go, which accepts every escape that JSON writes. */
function text(value: string): string {
  return JSON.stringify(value);
}

function pattern(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
