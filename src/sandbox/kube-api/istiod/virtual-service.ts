import type { KubeObject } from '../object.ts';
import { field, isObject, items } from '../object.ts';
import { error, errorIf, type Finding } from './finding.ts';
import { isClaim } from './routes/headers.ts';
import { httpRouteFindings } from './routes/http-route.ts';
import { tcpErrors, tlsFindings } from './routes/layer4.ts';
import { unusedRules } from './routes/unused-rules.ts';
import { isAddress } from './values/addresses.ts';
import { appliesToGateway, gatewayFindings, MESH } from './values/gateway-names.ts';
import { domainErrors, hostsOverlap, sniDomainErrors } from './values/names.ts';
import { texts } from './values/text.ts';
import { exportToErrors } from './visibility.ts';

export function virtualServiceFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const of = (name: string) => items(field(spec, name));
  const [http, tls, tcp] = [of('http'), of('tls'), of('tcp')];
  const hosts = texts(of('hosts'));
  const context = { hosts, isInMesh: of('gateways').includes(MESH) };
  return [
    ...(hosts.length === 0 ? delegateErrors(spec) : []),
    ...gatewayFindings(of('gateways')),
    ...(appliesToGateway(of('gateways')) ? [] : claimErrors(http, of('gateways'))),
    ...hostsErrors(hosts, appliesToGateway(of('gateways')) ? { hasSni: tls.some(hasSniHosts) } : 'mesh'),
    ...errorIf(http.length + tls.length + tcp.length === 0, 'http, tcp or tls must be provided in virtual service'),
    ...http.flatMap((route) => httpRouteFindings(route, hosts.length === 0)),
    ...tls.flatMap((route) => tlsFindings(route, context)),
    ...tcp.flatMap(tcpErrors),
    ...exportToErrors({ namespace: metadata.namespace ?? '', exportTo: field(spec, 'exportTo') }),
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
function claimErrors(http: readonly unknown[], gateways: readonly unknown[]): readonly Finding[] {
  const matches = http.flatMap((route) => items(field(route, 'match')));
  const headers = matches.flatMap((match) => [field(match, 'headers'), field(match, 'withoutHeaders')]);
  const names = headers.flatMap((map) => Object.keys(isObject(map) ? map : {}));
  const found = `is only supported for gateway, found no gateways: [${gateways.join(' ')}]`;
  return names.filter(isClaim).map((name) => error(`JWT claim based routing (key: ${name}) ${found}`));
}

function hasSniHosts(route: unknown): boolean {
  return items(field(route, 'match')).some((match) => items(field(match, 'sniHosts')).length > 0);
}

function hostsErrors(hosts: readonly string[], where: 'mesh' | { readonly hasSni: boolean }): readonly Finding[] {
  const wrong = hosts.flatMap((host) => hostErrors(host, where));
  if (wrong.length > 0) return wrong;
  const pairs = hosts.flatMap((one, index) => hosts.slice(index + 1).map((other) => [one, other] as const));
  return pairs
    .filter(([one, other]) => hostsOverlap(one, other))
    .map(([one, other]) => error(`duplicate hosts in virtual service: ${one} & ${other}`));
}

/** A host may also be an IP address. */
function hostErrors(host: string, where: 'mesh' | { readonly hasSni: boolean }): readonly Finding[] {
  if (isAddress(host)) return [];
  if (where !== 'mesh') return where.hasSni ? sniDomainErrors(host) : domainErrors(host);
  if (host !== '*') return domainErrors(host);
  return [error('wildcard host * is not allowed for virtual services bound to the mesh gateway')];
}
