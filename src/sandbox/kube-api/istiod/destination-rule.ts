import type { KubeObject } from '../object.ts';
import { at, field, isObject, items } from '../object.ts';
import { error, errorIf, type Finding, warning } from './finding.ts';
import {
  domainErrors,
  durationErrors,
  exportToErrors,
  fullNameErrors,
  labelErrors,
  portErrors,
  subsetErrors,
} from './names.ts';

const LARGEST_TABLE = 5_000_011;
const POLICY_PARTS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'];

export function destinationRuleFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const subsets = items(field(spec, 'subsets'));
  const names = subsets.map((subset) => String(field(subset, 'name') ?? ''));
  const selector = field(spec, 'workloadSelector');
  return [
    ...domainErrors(String(field(spec, 'host') ?? '')),
    ...policyFindings(field(spec, 'trafficPolicy')),
    ...subsets.flatMap((subset, index) => [
      ...errorIf(names.indexOf(names[index] ?? '') < index, `duplicate subset names: ${names[index]}`),
      ...subsetErrors(names[index]),
      ...labelErrors(field(subset, 'labels')),
      ...policyFindings(field(subset, 'trafficPolicy')),
    ]),
    ...exportToErrors(metadata.namespace ?? '', items(field(spec, 'exportTo'))),
    ...(selector !== undefined && Object.keys(field(selector, 'matchLabels') ?? {}).length === 0
      ? [warning('workload selector specified without labels')]
      : []),
  ];
}

function policyFindings(policy: unknown): readonly Finding[] {
  if (policy === undefined) return [];
  const has = (name: string) => field(policy, name) !== undefined;
  if (![...POLICY_PARTS, 'portLevelSettings', 'tunnel', 'proxyProtocol'].some(has)) {
    return [error('traffic policy must have at least one field')];
  }
  if (has('tunnel') && has('proxyProtocol')) return [error('tunnel and proxyProtocol must not be set together')];
  return [
    ...partsFindings(policy),
    ...items(field(policy, 'portLevelSettings')).flatMap(portLevelFindings),
    ...tunnelErrors(field(policy, 'tunnel')),
  ];
}

function portLevelFindings(settings: unknown): readonly Finding[] {
  const isNone = !POLICY_PARTS.some((name) => field(settings, name) !== undefined);
  return [
    ...errorIf(field(settings, 'port') === undefined, 'portTrafficPolicy must have valid port'),
    ...errorIf(isNone, 'port traffic policy must have at least one field'),
    ...partsFindings(settings),
  ];
}

function partsFindings(policy: unknown): readonly Finding[] {
  return [
    ...outlierFindings(field(policy, 'outlierDetection')),
    ...connectionPoolErrors(field(policy, 'connectionPool')),
    ...loadBalancerFindings(field(policy, 'loadBalancer')),
  ];
}

function outlierFindings(outlier: unknown): readonly Finding[] {
  if (outlier === undefined) return [];
  const of = (name: string) => field(outlier, name);
  const isUnsplit = of('splitExternalLocalOriginErrors') !== true && Number(of('consecutiveLocalOriginFailures')) > 0;
  const deprecated =
    'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead';
  return [
    ...durationErrors(of('baseEjectionTime')),
    ...(of('consecutiveErrors') ? [warning(deprecated)] : []),
    ...errorIf(
      isUnsplit,
      'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
    ),
    ...durationErrors(of('interval')),
    ...['maxEjectionPercent', 'minHealthPercent'].flatMap((name) => {
      const percent = Number(of(name) ?? 0);
      return errorIf(percent < 0 || percent > 100, `percentage ${percent} is not in range 0..100`);
    }),
  ];
}

function connectionPoolErrors(pool: unknown): readonly Finding[] {
  if (pool === undefined) return [];
  const [http, tcp] = [field(pool, 'http'), field(pool, 'tcp')];
  if (http === undefined && tcp === undefined) return [error('connection pool must have at least one field')];
  const negative = (part: unknown, name: string, words: string) =>
    errorIf(Number(field(part, name) ?? 0) < 0, `${words} must be non-negative`);
  const isClients = field(http, 'useClientProtocol') === true && field(http, 'h2UpgradePolicy') === 'UPGRADE';
  return [
    ...negative(http, 'http1MaxPendingRequests', 'http1 max pending requests'),
    ...negative(http, 'http2MaxRequests', 'http2 max requests'),
    ...negative(http, 'maxRequestsPerConnection', 'max requests per connection'),
    ...negative(http, 'maxRetries', 'max retries'),
    ...durationErrors(field(http, 'idleTimeout')),
    ...errorIf(isClients, 'use client protocol must not be true when H2UpgradePolicy is UPGRADE'),
    ...negative(http, 'maxConcurrentStreams', 'max concurrent streams'),
    ...negative(tcp, 'maxConnections', 'max connections'),
    ...durationErrors(field(tcp, 'connectTimeout')),
    ...durationErrors(field(tcp, 'maxConnectionDuration')),
    ...durationErrors(at(tcp, 'tcpKeepalive', 'time')),
    ...durationErrors(at(tcp, 'tcpKeepalive', 'interval')),
  ];
}

function loadBalancerFindings(balancer: unknown): readonly Finding[] {
  const hash = field(balancer, 'consistentHash');
  const cookie = field(hash, 'httpCookie');
  const hasRing = Number(field(hash, 'minimumRingSize') ?? 0) !== 0;
  const deprecated =
    "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead";
  const isBoth = hasRing && (field(hash, 'ringHash') !== undefined || field(hash, 'maglev') !== undefined);
  return [
    ...errorIf(isObject(cookie) && !cookie['name'], 'name required for HttpCookie'),
    ...(hasRing ? [warning(deprecated)] : []),
    ...errorIf(isBoth, 'only one of MinimumRingSize or Maglev/Ringhash can be specified'),
    ...maglevErrors(field(hash, 'maglev')),
    ...durationErrors(at(balancer, 'warmup', 'duration')),
    ...errorIf(
      Number(at(balancer, 'warmup', 'aggression') ?? 1) < 1,
      'aggression should be greater than or equal to 1',
    ),
  ];
}

function maglevErrors(maglev: unknown): readonly Finding[] {
  if (maglev === undefined) return [];
  const size = Number(field(maglev, 'tableSize') ?? 0);
  return [
    ...errorIf(size === 0, 'tableSize must be set for maglev'),
    ...errorIf(size >= LARGEST_TABLE, 'tableSize must be less than 5000011 for maglev'),
    ...errorIf(!isPrime(size), 'tableSize must be a prime number for maglev'),
  ];
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false;
  return number > 0;
}

function tunnelErrors(tunnel: unknown): readonly Finding[] {
  if (tunnel === undefined) return [];
  const protocol = String(field(tunnel, 'protocol') ?? '');
  const [port] = portErrors(field(tunnel, 'targetPort'));
  const host = String(field(tunnel, 'targetHost') ?? '');
  const [wrong] = fullNameErrors(host);
  return [
    ...errorIf(!['', 'CONNECT', 'POST'].includes(protocol), 'tunnel protocol must be "CONNECT" or "POST"'),
    ...(wrong === undefined
      ? []
      : [error(`tunnel target host must be valid FQDN or IP address: ${wrong.text}; ${host} is not a valid IP`)]),
    ...(port === undefined ? [] : [error(`tunnel target port is invalid: ${port.text}`)]),
  ];
}
