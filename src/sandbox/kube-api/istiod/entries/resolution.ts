import type { KubeObject } from '../../object.ts';
import { field, items } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { fullNameErrors } from '../values/names.ts';
import { isTcp } from '../values/protocols.ts';
import { texts } from '../values/text.ts';
import { dnsEndpointErrors, staticEndpointFindings } from './endpoints.ts';

const WAYPOINT = 'istio.io/use-waypoint';
const DYNAMIC = ['http', 'tls', 'grpc', 'http2'];

/** Checks what a ServiceEntry says of its endpoints, by the way in which they are found. */
export function resolutionFindings(object: KubeObject): readonly Finding[] {
  const { spec } = object;
  const endpoints = items(field(spec, 'endpoints'));
  const portNames = items(field(spec, 'ports')).map((port) => String(field(port, 'name') ?? ''));
  switch (field(spec, 'resolution') ?? 'NONE') {
    case 'NONE':
      return [
        ...errorIf(endpoints.length > 0, 'no endpoints should be provided for resolution type none'),
        ...warningIf(
          field(spec, 'workloadSelector') !== undefined,
          'workloadSelector should not be set when resolution mode is NONE',
        ),
      ];
    case 'STATIC':
      return endpoints.flatMap((endpoint) => staticEndpointFindings(endpoint, portNames));
    case 'DYNAMIC_DNS':
      return dynamicErrors(object);
    default:
      return [
        ...dnsFindings(spec),
        ...endpoints.flatMap((endpoint) => dnsEndpointErrors(endpoint, portNames)),
        ...sharedAddressFindings(spec),
      ];
  }
}

function dnsFindings(spec: unknown): readonly Finding[] {
  const resolution = String(field(spec, 'resolution'));
  const endpoints = items(field(spec, 'endpoints'));
  const [wrong] = endpoints.length === 0 ? texts(field(spec, 'hosts')).flatMap(fullNameErrors) : [];
  const must = 'hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode';
  return [
    ...errorIf(wrong !== undefined, `${must} ${resolution}, ${wrong?.text}`),
    ...errorIf(
      resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1,
      `there must only be 0 or 1 endpoint for resolution mode ${resolution}`,
    ),
  ];
}

function sharedAddressFindings(spec: unknown): readonly Finding[] {
  const hasTcp = items(field(spec, 'ports')).some((port) => isTcp(String(field(port, 'protocol') ?? '')));
  const isShared = items(field(spec, 'addresses')).length > 0 && items(field(spec, 'hosts')).length > 1;
  return warningIf(
    hasTcp && isShared,
    'service entry can not have more than one host specified simultaneously with address and tcp port',
  );
}

/** The host that a request asks for is resolved when it comes, so that hosts are wildcards. */
function dynamicErrors({ metadata, spec }: KubeObject): readonly Finding[] {
  const has = (name: string) => items(field(spec, name)).length > 0;
  const protocols = items(field(spec, 'ports')).map((port) => String(field(port, 'protocol') ?? '').toLowerCase());
  const type = 'resolution type DYNAMIC_DNS';
  const only = `only HTTP, TLS, GRPC, and HTTP2 protocols are supported for ${type}`;
  const isInternal = field(spec, 'location') === 'MESH_INTERNAL';
  const waypoint = metadata.labels?.[WAYPOINT] ?? '';
  return [
    ...errorIf(!has('hosts'), `at least one wildcard host must be provided for ${type}`),
    ...texts(field(spec, 'hosts'))
      .filter((host) => !host.startsWith('*'))
      .map(() => error('host must be wildcarded for resolution mode DYNAMIC_DNS')),
    ...errorIf(
      has('addresses'),
      `addresses cannot be set for ${type}. HTTP route domains will only be generatedfrom the hosts field values`,
    ),
    ...errorIf(
      has('endpoints'),
      `endpoints cannot be set for ${type}. Destination IP address determined from hostsfield values`,
    ),
    ...protocols.filter((protocol) => !DYNAMIC.includes(protocol)).map(() => error(only)),
    ...errorIf(
      isInternal && !['', 'none'].includes(waypoint.toLowerCase()),
      `location MESH_INTERNAL with ${type} is not supported when using waypoints`,
    ),
  ];
}
