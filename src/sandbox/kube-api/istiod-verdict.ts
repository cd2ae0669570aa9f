import { at, field, items, type KubeObject } from './object.ts';

const DNS_1123_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What istiod's webhook has against an object, in its words, or undefined if it lets it pass. */
export function istiodVerdict(object: KubeObject): string | undefined {
  const errors = errorsOf(object);
  if (errors.length <= 1) return errors[0];
  return `${errors.length} errors occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;
}

function errorsOf(object: KubeObject): readonly string[] {
  if (object.kind === 'VirtualService') return virtualServiceErrors(object['spec']);
  return object.kind === 'DestinationRule' ? destinationRuleErrors(object['spec']) : [];
}

function virtualServiceErrors(spec: unknown): readonly string[] {
  const routes = ['http', 'tls', 'tcp'].flatMap((protocol) => items(field(spec, protocol)));
  return [
    ...(items(field(spec, 'hosts')).length === 0 ? delegateErrors(spec) : []),
    ...hostErrors(spec),
    ...(routes.length === 0 ? ['http, tcp or tls must be provided in virtual service'] : []),
    ...items(field(spec, 'http')).flatMap(httpErrors),
    ...items(field(spec, 'tls')).flatMap((route) => layer4Errors(route, 'TLS')),
    ...items(field(spec, 'tcp')).flatMap((route) => layer4Errors(route, 'TCP')),
  ];
}

/** Without hosts it is a delegate, which routes http for another VirtualService and nothing else. */
function delegateErrors(spec: unknown): readonly string[] {
  const present = (name: string) => items(field(spec, name)).length > 0;
  return [
    ...(present('gateways') ? ['delegate virtual service must have no gateways specified'] : []),
    ...(present('tls') ? ['delegate virtual service should not have tls specified'] : []),
    ...(present('tcp') ? ['delegate virtual service should not have tcp specified'] : []),
  ];
}

function hostErrors(spec: unknown): readonly string[] {
  const hosts = items(field(spec, 'hosts')).map(String);
  const gateways = items(field(spec, 'gateways'));
  const isInMesh = gateways.length === 0 || gateways.includes('mesh');
  const wildcard = 'wildcard host * is not allowed for virtual services bound to the mesh gateway';
  const pairs = hosts.flatMap((one, index) => hosts.slice(index + 1).map((other) => [one, other] as const));
  return [
    ...(isInMesh && hosts.includes('*') ? [wildcard] : []),
    ...pairs
      .filter(([one, other]) => covers(one, other) || covers(other, one))
      .map(([one, other]) => `duplicate hosts in virtual service: ${one} & ${other}`),
  ];
}

function covers(host: string, other: string): boolean {
  return host === other || host === '*' || (host.startsWith('*.') && other.endsWith(host.slice(1)));
}

function httpErrors(route: unknown): readonly string[] {
  const has = (name: string) => field(route, name) !== undefined;
  const destinations = items(field(route, 'route'));
  const errors: string[] = [];
  if (has('redirect') && destinations.length > 0) errors.push('HTTP route cannot contain both route and redirect');
  if (has('directResponse') && destinations.length > 0) {
    errors.push('HTTP route cannot contain both route and direct_response');
  }
  const answers = destinations.length > 0 || has('redirect') || has('directResponse') || has('delegate');
  if (!answers) errors.push('HTTP route, redirect or direct_response is required');
  return [...errors, ...destinationsErrors(destinations)];
}

function layer4Errors(route: unknown, protocol: 'TLS' | 'TCP'): readonly string[] {
  const destinations = items(field(route, 'route'));
  const matches = items(field(route, 'match'));
  const withoutHost = matches.filter((match) => items(field(match, 'sniHosts')).length === 0);
  return [
    ...(protocol === 'TLS' ? withoutHost.map(() => 'TLS match must have at least one SNI host') : []),
    ...(destinations.length === 0 ? [`${protocol} route is required`] : []),
    ...destinationsErrors(destinations),
  ];
}

function destinationsErrors(destinations: readonly unknown[]): readonly string[] {
  const weights = destinations.map((destination) => Number(field(destination, 'weight') ?? 0));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return [
    ...destinations.flatMap((destination, index) => [
      ...destinationErrors(field(destination, 'destination')),
      ...((weights[index] ?? 0) < 0 ? [`weight ${weights[index]} < 0`] : []),
    ]),
    ...(destinations.length > 1 && sum === 0 ? ['total destination weight = 0'] : []),
  ];
}

function destinationErrors(destination: unknown): readonly string[] {
  const host = field(destination, 'host');
  const port = at(destination, 'port', 'number');
  return [
    ...(host === '*' ? [`invalid destination host ${host}`] : []),
    ...subsetErrors(field(destination, 'subset')),
    ...(typeof port === 'number' && (port < 1 || port > 65_535)
      ? [`port number ${port} must be in the range 1..65535`]
      : []),
  ];
}

function destinationRuleErrors(spec: unknown): readonly string[] {
  return items(field(spec, 'subsets')).flatMap((subset) => subsetErrors(field(subset, 'name')));
}

function subsetErrors(name: unknown): readonly string[] {
  if (name === undefined || name === '') return [];
  return DNS_1123_LABEL.test(String(name)) ? [] : [`subset name is invalid: ${name}`];
}
