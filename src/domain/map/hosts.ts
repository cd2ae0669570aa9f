import { resolveHost } from '../routing/names.ts';

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether a host, with or without a wildcard, takes in another one (istio `host.Name.Matches`, for a pattern that is wider). */
export function covers(pattern: string, host: string): boolean {
  return pattern === host || (isWildcard(pattern) && host.length >= pattern.length && host.endsWith(pattern.slice(1)));
}

/** The part that both have in common: the narrower one if one covers the other. */
export function intersection(one: string, other: string): string | undefined {
  if (covers(one, other)) return other;
  return covers(other, one) ? one : undefined;
}

/** The wildcards that cover a host, the longest first. Istio's star may stand for a part of a name (`*views.default.…`). */
export function wildcardsOver(host: string): readonly string[] {
  return Array.from({ length: host.length + 1 }, (_, at) => `*${host.slice(at)}`);
}

/** The longest that covers the host; a host that is named itself beats all wildcards. */
export function closest(patterns: readonly string[], host: string): string | undefined {
  const fitting = patterns.filter((pattern) => covers(pattern, host));
  if (fitting.includes(host)) return host;
  return fitting.toSorted((one, other) => other.length - one.length)[0];
}

/** `namespace/host`, as Gateways and Sidecars name hosts. */
export function splitHost(pattern: string): { readonly from: string; readonly host: string } {
  const slash = pattern.indexOf('/');
  return slash < 0 ? { from: '*', host: pattern } : { from: pattern.slice(0, slash), host: pattern.slice(slash + 1) };
}

export interface Authority {
  readonly name: string;
  readonly port?: number | undefined;
}

export function parseAuthority(authority: string): Authority {
  const [, name = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return { name: name.toLowerCase(), port: port === undefined ? undefined : Number(port) };
}

/** The service that a client in a namespace means by a name: the short forms are known, and of the trailing dot only the full one. */
export function namedHosts(name: string, namespace: string, clusterDomain: string): readonly string[] {
  const labels = name.split('.');
  const [service = '', ofNamespace = '', svc] = labels;
  const suffix = `.svc.${clusterDomain}`;
  if (labels.length === 1) return [name, resolveHost(name, namespace, clusterDomain)];
  if (labels.length === 2) return [name, `${service}.${ofNamespace}${suffix}`];
  if (labels.length === 3 && svc === 'svc') return [name, `${name}.${clusterDomain}`];
  return name.endsWith(`${suffix}.`) ? [name, name.slice(0, -1)] : [name];
}
