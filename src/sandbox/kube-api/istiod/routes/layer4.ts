import { field, items } from '../../object.ts';
import { error, errorIf, errorsOf, type Finding, warning } from '../finding.ts';
import { isAddress, subnetErrors } from '../values/addresses.ts';
import { gatewayFindings } from '../values/gateway-names.ts';
import { labelErrors } from '../values/labels.ts';
import { domainErrors, isHostWithin, sniDomainErrors } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { quoted, texts } from '../values/text.ts';
import { destinationsErrors } from './destinations.ts';

/** What a rule for TLS must know of its VirtualService. */
export interface TlsContext {
  readonly hosts: readonly string[];
  readonly isInMesh: boolean;
}

export function tlsFindings(route: unknown, context: TlsContext): readonly Finding[] {
  const matches = items(field(route, 'match'));
  return [
    ...errorIf(matches.length === 0, 'TLS route must have at least one match condition'),
    ...matches.flatMap((match) => {
      const names = texts(field(match, 'sniHosts'));
      const none = errorIf(names.length === 0, 'TLS match must have at least one SNI host');
      return [...none, ...names.flatMap((name) => sniFindings(name, context)), ...layer4Findings(match)];
    }),
    ...errorIf(items(field(route, 'route')).length === 0, 'TLS route is required'),
    ...destinationsErrors(items(field(route, 'route'))),
  ];
}

function sniFindings(name: string, { hosts, isInMesh }: TlsContext): readonly Finding[] {
  const wrong = isInMesh ? domainErrors(name) : sniDomainErrors(name);
  if (wrong.length > 0 && isAddress(name)) {
    const against = 'goes against SNI spec and most clients do not support this';
    return [warning(`using an IP address (${quoted(name)}) ${against}`)];
  }
  if (wrong.length > 0 || hosts.some((host) => isHostWithin(name, host))) return wrong;
  const those = `compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`;
  return [error(`SNI host ${quoted(name)} is not a ${those}`)];
}

export function tcpErrors(route: unknown): readonly Finding[] {
  return [
    ...errorsOf(items(field(route, 'match')).flatMap(layer4Findings)),
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
