/** Count each request once, on the client's side: sidecars and gateways, and waypoints in ambient mode. */
const clients = 'reporter=~"source|waypoint"';
const metric = 'istio_requests_total';
const duration = 'istio_request_duration_milliseconds';
/** How far Prometheus looks back for the last sample of a series (its default). */
const lookBack = '5m';
/** A guard must not take a counter for new that was merely not scraped for some minutes: all that it ever counted would be of now. */
const longLookBack = '1h';
const byCaller = 'destination_version, source_workload, source_workload_namespace';

/** Requests to a host in the window that ends at the query's time, by version and response flags. */
export function requestsTo(host: string, windowMs: number): string {
  const counted = selectors(host).map((selector) => grown(selector, windowMs));
  return `sum by (destination_version, response_flags) (${counted.join(' or ')})`;
}

/** The same with who called and how it ended. What nobody called is left out, since a mesh has many such counters. */
export function requestsByCaller(host: string, windowMs: number): string {
  const counted = selectors(host).map((selector) => grown(selector, windowMs, longLookBack));
  const labels = `${byCaller}, response_code, grpc_response_status, response_flags`;
  return `sum by (${labels}) (${counted.join(' or ')}) > 0`;
}

/** Requests whose duration was measured, by version and caller. */
export function timedRequests(host: string, windowMs: number): string {
  return `sum by (${byCaller}) (${grown(served(host, `${duration}_count`), windowMs, longLookBack)})`;
}

/** Those that took at most this long. It must be the bound of a bucket. Prometheus 3 writes `100.0` where earlier ones write `100`. */
export function fastRequests(host: string, windowMs: number, boundMs: number): string {
  const bound = `le=~${text(`${pattern(String(boundMs))}([.]0)?`)}`;
  return `sum by (${byCaller}) (${grown(served(host, `${duration}_bucket`, bound), windowMs, longLookBack)})`;
}

/** Requests that took at most as long as each bucket's bound, by version. */
export function durations(host: string, windowMs: number): string {
  return `sum by (destination_version, le) (${grown(served(host, `${duration}_bucket`), windowMs, longLookBack)})`;
}

/** How many counters of a host have a sample in this window. Empty if none has. */
export function sampled(host: string, windowMs: number): string {
  return `count(last_over_time(${served(host)}[${windowMs}ms]))`;
}

/** The time of the last sample of the counter that was not scraped for the longest, of a host or of the mesh. */
export function leastRecentSample(host?: string): string {
  return `min(timestamp(${host === undefined ? `${metric}{${clients}}` : served(host)}))`;
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
function grown(selector: string, windowMs: number, back = lookBack): string {
  const atEnd = `last_over_time(${selector}[${windowMs}ms])`;
  const atBeginning = `last_over_time(${selector}[${back}] offset ${windowMs}ms)`;
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

function served(host: string, name = metric, also?: string): string {
  const service = serviceOf(host);
  const which =
    service === undefined
      ? `destination_service=${text(host)}`
      : `destination_service_name=${text(service.name)},destination_service_namespace=${text(service.namespace)}`;
  return `${name}{${[clients, which, also].filter((matcher) => matcher !== undefined).join(',')}}`;
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
