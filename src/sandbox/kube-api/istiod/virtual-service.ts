import { isIP } from 'node:net';
import type { KubeObject } from '../object.ts';
import { field, isObject, items } from '../object.ts';
import { destinationsErrors } from './destinations.ts';
import { error, errorIf, type Finding, warning } from './finding.ts';
import { httpRouteFindings } from './http-route.ts';
import {
  appliesToGateway,
  domainErrors,
  exportToErrors,
  gatewayFindings,
  hostErrors,
  hostsOverlap,
  isClaim,
  isHostWithin,
  labelErrors,
  portErrors,
  quoted,
  texts,
} from './names.ts';
import { unusedRules } from './unused-rules.ts';

export function virtualServiceFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const of = (name: string) => items(field(spec, name));
  const [http, tls, tcp] = [of('http'), of('tls'), of('tcp')];
  const isDelegate = of('hosts').length === 0;
  return [
    ...(isDelegate ? delegateErrors(spec) : []),
    ...gatewayFindings(of('gateways')),
    ...claimErrors(spec),
    ...hostsErrors(texts(of('hosts')), !appliesToGateway(of('gateways'))),
    ...errorIf(http.length + tls.length + tcp.length === 0, 'http, tcp or tls must be provided in virtual service'),
    ...http.flatMap((route) => httpRouteFindings(route, isDelegate)),
    ...tls.flatMap((route) => tlsFindings(route, texts(of('hosts')))),
    ...tcp.flatMap(tcpFindings),
    ...exportToErrors(metadata.namespace ?? '', of('exportTo')),
    ...unusedRules(http),
    ...unusedRules(tcp),
    ...unusedRules(tls),
  ];
}

/** A VirtualService without hosts is a delegate: it may only hold HTTP routes for another VirtualService. */
function delegateErrors(spec: unknown): readonly Finding[] {
  const has = (name: string) => items(field(spec, name)).length > 0;
  return [
    ...errorIf(has('gateways'), 'delegate virtual service must have no gateways specified'),
    ...errorIf(has('tls'), 'delegate virtual service must have no tls route specified'),
    ...errorIf(has('tcp'), 'delegate virtual service must have no tcp route specified'),
  ];
}

/** Only a gateway can route by the claims of a JWT. */
function claimErrors(spec: unknown): readonly Finding[] {
  const gateways = items(field(spec, 'gateways'));
  if (appliesToGateway(gateways)) return [];
  const matches = items(field(spec, 'http')).flatMap((route) => items(field(route, 'match')));
  const headers = matches.flatMap((match) => [field(match, 'headers'), field(match, 'withoutHeaders')]);
  const names = headers.flatMap((map) => Object.keys(isObject(map) ? map : {}));
  const found = `is only supported for gateway, found no gateways: [${gateways.join(' ')}]`;
  return names.filter(isClaim).map((name) => error(`JWT claim based routing (key: ${name}) ${found}`));
}

function hostsErrors(hosts: readonly string[], isInMesh: boolean): readonly Finding[] {
  const wildcard = 'wildcard host * is not allowed for virtual services bound to the mesh gateway';
  const wrong = hosts.flatMap((host) => (isInMesh && host === '*' ? [error(wildcard)] : hostErrors(host)));
  if (wrong.length > 0) return wrong;
  const pairs = hosts.flatMap((one, index) => hosts.slice(index + 1).map((other) => [one, other] as const));
  return pairs
    .filter(([one, other]) => hostsOverlap(one, other))
    .map(([one, other]) => error(`duplicate hosts in virtual service: ${one} & ${other}`));
}

function tlsFindings(route: unknown, hosts: readonly string[]): readonly Finding[] {
  const matches = items(field(route, 'match'));
  return [
    ...errorIf(matches.length === 0, 'TLS route must have at least one match condition'),
    ...matches.flatMap((match) => {
      const names = texts(field(match, 'sniHosts'));
      const none = errorIf(names.length === 0, 'TLS match must have at least one SNI host');
      return [...none, ...names.flatMap((name) => sniFindings(name, hosts)), ...layer4Findings(match)];
    }),
    ...errorIf(items(field(route, 'route')).length === 0, 'TLS route is required'),
    ...destinationsErrors(items(field(route, 'route'))),
  ];
}

function sniFindings(name: string, hosts: readonly string[]): readonly Finding[] {
  const wrong = domainErrors(name);
  if (wrong.length > 0 && isIP(name) !== 0) {
    const against = 'goes against SNI spec and most clients do not support this';
    return [warning(`using an IP address (${quoted(name)}) ${against}`)];
  }
  if (wrong.length > 0 || hosts.some((host) => isHostWithin(name, host))) return wrong;
  const those = `compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`;
  return [error(`SNI host ${quoted(name)} is not a ${those}`)];
}

function tcpFindings(route: unknown): readonly Finding[] {
  return [
    ...items(field(route, 'match')).flatMap(layer4Findings),
    ...errorIf(items(field(route, 'route')).length === 0, 'TCP route is required'),
    ...destinationsErrors(items(field(route, 'route'))),
  ];
}

function layer4Findings(match: unknown): readonly Finding[] {
  const port = Number(field(match, 'port') ?? 0);
  return [
    ...texts(field(match, 'destinationSubnets')).flatMap(subnetErrors),
    ...(port === 0 ? [] : portErrors(port)),
    ...labelErrors(field(match, 'sourceLabels')),
    ...gatewayFindings(items(field(match, 'gateways'))),
  ];
}

function subnetErrors(subnet: string): readonly Finding[] {
  const [address = '', length, ...rest] = subnet.split('/');
  const version = isIP(address);
  if (length === undefined || rest.length > 0) return errorIf(version === 0, `${subnet} is not a valid IP`);
  const most = version === 4 ? 32 : 128;
  const isGood = version !== 0 && /^(?:0|[1-9]\d{0,2})$/.test(length) && Number(length) <= most;
  return errorIf(!isGood, `${subnet} is not a valid CIDR block`);
}
