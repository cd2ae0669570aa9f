import type { Labels, Match, StringMatch } from '../objects.ts';

/** What is known of a caller before it sends a request. Without labels or port, rules that ask for some may apply or not. */
export interface Asker {
  /** `mesh`, or names of gateways. */
  readonly gateway: string;
  readonly namespace: string;
  readonly labels?: Labels | undefined;
  readonly port?: number | undefined;
}

/**
 * The match as a caller sees it: without the conditions that hold already. Undefined: one never holds. A match that names gateways is
 * not asked for labels and namespace (istio `sourceMatchHTTP`).
 */
export function forCaller(match: Match, asker: Asker): Match | undefined {
  const { gateways = [], sourceLabels = {}, sourceNamespace = '', port } = match;
  const kept: Match = {
    ...match,
    gateways: undefined,
    sourceNamespace: undefined,
    sourceLabels: undefined,
    port: undefined,
  };
  if (port !== undefined && asker.port !== undefined && port !== asker.port) return undefined;
  const atPort = asker.port === undefined ? { ...kept, port } : kept;
  if (gateways.length > 0) return gateways.includes(asker.gateway) ? atPort : undefined;
  if (sourceNamespace !== '' && sourceNamespace !== asker.namespace) return undefined;
  if (asker.labels === undefined && Object.keys(sourceLabels).length > 0) return { ...atPort, sourceLabels };
  return hasLabels(asker.labels ?? {}, sourceLabels) ? atPort : undefined;
}

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Regexes that people write for any path. Paths begin with a slash. */
const anyPath = new Set(['.*', '/.*', '.+', '/?.*', '(.*)', '/(.*)', '^.*$', '^/.*$', '^.*', '^/.*', '.*$', '/.*$']);
const anyValue = new Set(['.*', '(.*)', '^.*$', '^.*', '.*$']);

/** Whether every request of the caller has what the match asks for, so that rules below are dead. */
export function takesAll(match: Match): boolean {
  const { uri, method, authority, scheme, headers = {}, withoutHeaders = {}, queryParams = {} } = match;
  const { sourceLabels = {}, port, sniHosts = [], destinationSubnets = [] } = match;
  return (
    anyUri(uri) &&
    [method, authority].every(anyOf) &&
    scheme === undefined &&
    port === undefined &&
    [...sniHosts, ...destinationSubnets].length === 0 &&
    Object.entries(headers).every(([name, value]) => isAlwaysThere(name) && anyOf(value)) &&
    [withoutHeaders, queryParams, sourceLabels].every((conditions) => Object.keys(conditions).length === 0)
  );
}

/** What istiod itself takes for a catch-all, which it puts last at gateways (istio `IsCatchAllRoute`). */
export function isCatchAll(match: Match): boolean {
  const { uri, method, authority, scheme, headers = {}, withoutHeaders = {}, queryParams = {} } = match;
  const isAnyUri =
    uri === undefined ||
    uri.by === 'present' ||
    (uri.by === 'regex' ? uri.value === '.*' : uri.by !== 'exact' && uri.value === '/');
  const all = { ...headers, ...withoutHeaders, ...queryParams };
  return isAnyUri && [method, authority, scheme].every((each) => each === undefined) && Object.keys(all).length === 0;
}

function anyUri(uri: StringMatch | undefined): boolean {
  if (uri === undefined || uri.by === 'present') return true;
  return uri.by === 'regex' ? anyPath.has(uri.value) : uri.by !== 'exact' && (uri.value === '/' || uri.value === '');
}

function anyOf(value: StringMatch | undefined): boolean {
  if (value === undefined || value.by === 'present') return true;
  return value.by === 'regex' ? anyValue.has(value.value) : value.by === 'prefix' && value.value === '';
}

function isAlwaysThere(header: string): boolean {
  return [':method', ':authority', ':path'].includes(header);
}
