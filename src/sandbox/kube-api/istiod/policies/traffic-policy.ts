import { field, items } from '../../object.ts';
import { error, errorIf, errorsOf, type Finding, warningIf } from '../finding.ts';
import { addressErrors } from '../values/addresses.ts';
import { fullNameErrors } from '../values/names.ts';
import { durationErrors, percentErrors, portErrors } from '../values/numbers.ts';
import { clientTlsErrors } from './client-tls.ts';
import { connectionPoolErrors } from './connection-pool.ts';
import { loadBalancerFindings } from './load-balancer.ts';

const PARTS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'];

export function trafficPolicyFindings(policy: unknown, namespace: string): readonly Finding[] {
  if (policy === undefined) return [];
  const has = (name: string) => field(policy, name) !== undefined;
  const ports = items(field(policy, 'portLevelSettings'));
  if (ports.length === 0 && ![...PARTS, 'tunnel', 'proxyProtocol', 'retryBudget'].some(has)) {
    return [error('traffic policy must have at least one field')];
  }
  if (has('tunnel') && has('proxyProtocol')) return [error('tunnel and proxyProtocol must not be set together')];
  return [
    ...partsFindings(policy, namespace),
    ...ports.flatMap((settings) => portLevelErrors(settings, namespace)),
    ...tunnelErrors(field(policy, 'tunnel')),
  ];
}

function portLevelErrors(settings: unknown, namespace: string): readonly Finding[] {
  const isNone = !PARTS.some((name) => field(settings, name) !== undefined);
  return [
    ...errorIf(field(settings, 'port') === undefined, 'portTrafficPolicy must have valid port'),
    ...errorIf(isNone, 'port traffic policy must have at least one field'),
    ...errorsOf(partsFindings(settings, namespace)),
  ];
}

function partsFindings(policy: unknown, namespace: string): readonly Finding[] {
  const outlier = field(policy, 'outlierDetection');
  return [
    ...outlierFindings(outlier),
    ...connectionPoolErrors(field(policy, 'connectionPool')),
    ...loadBalancerFindings(field(policy, 'loadBalancer'), outlier !== undefined),
    ...clientTlsErrors(field(policy, 'tls'), namespace),
  ];
}

function outlierFindings(outlier: unknown): readonly Finding[] {
  const of = (name: string) => field(outlier, name);
  const isUnsplit = of('splitExternalLocalOriginErrors') !== true && Number(of('consecutiveLocalOriginFailures')) > 0;
  const deprecated =
    'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead';
  const unsplit =
    'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false';
  return [
    ...durationErrors(of('baseEjectionTime')),
    ...warningIf(Number(of('consecutiveErrors') ?? 0) !== 0, deprecated),
    ...errorIf(isUnsplit, unsplit),
    ...durationErrors(of('interval')),
    ...percentErrors(of('maxEjectionPercent')),
    ...percentErrors(of('minHealthPercent')),
  ];
}

function tunnelErrors(tunnel: unknown): readonly Finding[] {
  if (tunnel === undefined) return [];
  const protocol = String(field(tunnel, 'protocol') ?? '');
  const host = String(field(tunnel, 'targetHost') ?? '');
  const [port] = portErrors(field(tunnel, 'targetPort'));
  const [name] = fullNameErrors(host);
  const [address] = addressErrors(host);
  const isNeither = name !== undefined && address !== undefined;
  return [
    ...errorIf(!['', 'CONNECT', 'POST'].includes(protocol), 'tunnel protocol must be "CONNECT" or "POST"'),
    ...errorIf(isNeither, `tunnel target host must be valid FQDN or IP address: ${name?.text}; ${address?.text}`),
    ...errorIf(port !== undefined, `tunnel target port is invalid: ${port?.text}`),
  ];
}
