import { z } from 'zod';

const stringMatch = z.object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});
type StringMatch = z.infer<typeof stringMatch>;

/** What we read of an HTTPMatchRequest, to tell people whom a rule is for. */
export const match = z.looseObject({
  name: z.string().optional(),
  uri: stringMatch.optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: z.record(z.string(), stringMatch).optional(),
  withoutHeaders: z.record(z.string(), stringMatch).optional(),
  queryParams: z.record(z.string(), stringMatch).optional(),
  port: z.int().optional(),
  sourceLabels: z.record(z.string(), z.string()).optional(),
  sourceNamespace: z.string().optional(),
  gateways: z.array(z.string()).optional(),
});
export type Match = z.infer<typeof match>;

/** What we read of an L4MatchAttributes or a TLSMatchAttributes, to tell people which connections a rule is for. */
export const connectionMatch = z.looseObject({
  sniHosts: z.array(z.string()).optional(),
  destinationSubnets: z.array(z.string()).optional(),
  port: z.int().optional(),
  sourceSubnet: z.string().optional(),
  sourceLabels: z.record(z.string(), z.string()).optional(),
  sourceNamespace: z.string().optional(),
  gateways: z.array(z.string()).optional(),
});
type ConnectionMatch = z.infer<typeof connectionMatch>;

/**
 * Whether the rule takes every request, so that rules below it are dead (istio `IsCatchAllRoute`). `everywhere`: the gateways of the object. A
 * match that names all of them leaves none out.
 */
export function isCatchAll(matches: readonly Match[] | undefined, everywhere: readonly string[]): boolean {
  return matches === undefined || matches.length === 0 || matches.some((each) => takesEverything(each, everywhere));
}

/** `port = 31400`. */
export function describeConnections(matches: readonly ConnectionMatch[]): string {
  return matches.map((each) => connectionConditions(each).join(' and ') || 'anything').join(' or ');
}

/** `end-user = jason`. All conditions of a match must hold, and one match is enough. */
export function describeMatches(matches: readonly Match[]): string {
  return matches.map((each) => conditions(each).join(' and ') || 'anything').join(' or ');
}

/** What a rule wants of the cookies of a request, as it is written. Empty if it only wants some. */
export function cookiesMatched(matches: readonly Match[]): readonly string[] {
  return matches
    .flatMap(({ headers = {}, withoutHeaders = {} }) => [...Object.entries(headers), ...Object.entries(withoutHeaders)])
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .map(([, { exact, prefix, regex }]) => exact ?? prefix ?? regex ?? '');
}

function takesEverything(each: Match, everywhere: readonly string[]): boolean {
  const { name: _, ignoreUriCase: __, statPrefix: ___, uri = {}, gateways = [], ...others } = each;
  const anyUri = [uri.exact, uri.prefix, uri.regex].every((one) => one === undefined) || isAnyUri(uri);
  const anyGateway = gateways.length === 0 || everywhere.every((gateway) => gateways.includes(gateway));
  return anyUri && anyGateway && Object.values(others).every(isNothing);
}

function isAnyUri({ prefix, regex }: StringMatch): boolean {
  return prefix === '/' || regex === '.*' || regex === '/.*';
}

/** A map or a list without entries is no condition. */
function isNothing(condition: unknown): boolean {
  if (condition === undefined || condition === null || condition === '') return true;
  return typeof condition === 'object' && Object.keys(condition).length === 0;
}

function conditions(each: Match): readonly string[] {
  return [
    ...one('path', each.uri),
    ...one('method', each.method),
    ...one('host', each.authority),
    ...one('scheme', each.scheme),
    ...many('', each.headers),
    ...many('without ', each.withoutHeaders),
    ...many('query ', each.queryParams),
    ...callers(each),
  ];
}

function connectionConditions(each: ConnectionMatch): readonly string[] {
  return [
    ...(each.sniHosts === undefined ? [] : [`sni = ${each.sniHosts.join(' or ')}`]),
    ...(each.destinationSubnets === undefined ? [] : [`address = ${each.destinationSubnets.join(' or ')}`]),
    ...(each.sourceSubnet === undefined ? [] : [`source address = ${each.sourceSubnet}`]),
    ...callers(each),
  ];
}

/** Who connects, and where. */
function callers(each: Pick<Match, 'port' | 'sourceLabels' | 'sourceNamespace' | 'gateways'>): readonly string[] {
  return [
    ...(each.port === undefined ? [] : [`port = ${each.port}`]),
    ...Object.entries(each.sourceLabels ?? {}).map(([label, value]) => `source ${label} = ${value}`),
    ...(each.sourceNamespace === undefined ? [] : [`source namespace = ${each.sourceNamespace}`]),
    ...(each.gateways === undefined ? [] : [`gateway = ${each.gateways.join(' or ')}`]),
  ];
}

function many(prefix: string, matches: Readonly<Record<string, StringMatch>> | undefined): readonly string[] {
  return Object.entries(matches ?? {}).flatMap(([name, value]) => one(`${prefix}${name}`, value));
}

function one(what: string, value: StringMatch | undefined): readonly string[] {
  if (value === undefined) return [];
  if (value.exact !== undefined) return [`${what} = ${value.exact}`];
  if (value.prefix !== undefined) return [`${what} starts with ${value.prefix}`];
  if (value.regex !== undefined) return [`${what} ~ ${value.regex}`];
  return [`${what} is there`];
}
