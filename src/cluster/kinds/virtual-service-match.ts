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

/** Whether the rule takes every request, so that rules below it are dead (istio `IsCatchAllRoute`). */
export function isCatchAll(matches: readonly Match[] | undefined): boolean {
  return matches === undefined || matches.length === 0 || matches.some(takesEverything);
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

function takesEverything(each: Match): boolean {
  const { name: _, ignoreUriCase: __, uri, ...others } = each;
  const anyUri = uri === undefined || uri.prefix === '/' || uri.regex === '.*';
  return anyUri && Object.values(others).every((condition) => condition === undefined);
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
