/** Every request as the mesh's clients see it: a sidecar or gateway, and in ambient mode the waypoint. */
const clients = 'reporter=~"source|waypoint"';
const metric = 'istio_requests_total';
/** How far Prometheus itself looks back for the last sample of a series. */
const lookBack = '5m';

/** What clients sent to a host between the moment that is asked for and so long before it, by who answered. */
export function requestsTo(host: string, windowMs: number): string {
  const counted = selectors(host).map((selector) => grown(selector, windowMs));
  return `sum by (destination_version, response_flags) (${counted.join(' or ')})`;
}

/** When the oldest of the samples was taken that such a while begins with. */
export function oldestSample(host: string, windowMs: number): string {
  return `min(timestamp(${served(host)} offset ${windowMs}ms))`;
}

/** Something, where requests of the mesh were counted both within such a while and before it. */
export function anyRequests(windowMs: number): string {
  const all = `${metric}{${clients}}`;
  const before = `last_over_time(${all}[${lookBack}] offset ${windowMs}ms)`;
  return `count(last_over_time(${all}[${windowMs}ms])) and count(${before})`;
}

/**
 * By how much each counter grew. Not `increase`: it needs two samples within the while, so it knows nothing of what a counter held
 * when it first appeared, and a version that has just got its first traffic has nothing but such counters; and it stretches what it
 * knows to the ends of the while, for some counters and not for others. What is taken here are the last samples before the end and
 * before the beginning, which every counter of one client has from the same two scrapes, so that shares are true and requests whole
 * numbers. A counter that was not there at the beginning began at 0 since; one that is smaller now was started anew.
 */
function grown(selector: string, windowMs: number): string {
  const atEnd = `last_over_time(${selector}[${windowMs}ms])`;
  const atBeginning = `last_over_time(${selector}[${lookBack}] offset ${windowMs}ms)`;
  return `(${atEnd} - ${atBeginning} >= 0 or ${atEnd})`;
}

/**
 * Where a request finds no cluster (`NC`), Envoy has no service to count it for and takes what the client called it; a short name
 * is then a service of the client's own namespace.
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

/** A service of the cluster, whatever its domain is called; undefined for a host outside of it. */
function serviceOf(host: string): { readonly name: string; readonly namespace: string } | undefined {
  const [name = '', namespace = '', svc] = host.split('.');
  return svc === 'svc' ? { name, namespace } : undefined;
}

/** PromQL's strings are Go's, which read all that JSON writes of them. */
function text(value: string): string {
  return JSON.stringify(value);
}

function pattern(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
