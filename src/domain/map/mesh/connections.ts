import { toShare } from '../clusters/share.ts';
import type { Governed, Protocol, Shadowed } from '../governed.ts';
import { wildcardsOver } from '../hosts.ts';
import type { ObjectIndex } from '../object-index.ts';
import { connectionRulesOf, httpRulesOf } from '../rules/of-virtual-service.ts';
import { reach, refOf } from '../rules/reach.ts';
import { byRank } from '../visibility.ts';
import { type Asked, askerOf, clientOf, otherwise } from './asked.ts';
import { routeSources, virtualServiceSources } from './sources.ts';

/**
 * Who routes connections to a port that is not HTTP. The rules of all objects that have the host are tried one after the other: a
 * wildcard is no worse than a name.
 */
export function connectionsOf(index: ObjectIndex, asked: Asked, protocol: Exclude<Protocol, 'http'>): Governed {
  const { host, caller, port } = asked;
  const hosts = [host, ...wildcardsOver(host)];
  const objects = virtualServiceSources(index, asked, hosts, (_, object) => connectionRulesOf(index, object, protocol));
  const routes = routeSources(index, asked, [protocol === 'tcp' ? 'TCPRoute' : 'TLSRoute']);
  const tried = [...objects.tried, ...routes.tried].toSorted(byRank);
  const reached = reach(
    tried.flatMap((source) => source.rules().rules),
    askerOf(asked),
    toShare(index, clientOf(asked)),
  );
  const shadowed = [...reached.shadowed, ...objects.left, ...routes.left, ...forRequests(index, asked, hosts)];
  const takesRest = reached.rules.some(({ matches }) => matches.length === 0);
  return { host, caller, port, protocol, rules: reached.rules, otherwise: otherwise(asked, takesRest), shadowed };
}

/** Rules for requests mean nothing to connections. */
function forRequests(index: ObjectIndex, asked: Asked, hosts: readonly string[]): readonly Shadowed[] {
  const rules = virtualServiceSources(index, asked, hosts, httpRulesOf).tried.flatMap((source) => source.rules().rules);
  const routes = routeSources(index, asked, ['HTTPRoute', 'GRPCRoute']).tried;
  return [
    ...rules.map((rule): Shadowed => ({ object: rule.object, rule: refOf(rule), why: 'other-protocol' })),
    ...routes.map(({ id }): Shadowed => ({ object: id, why: 'other-protocol' })),
  ];
}
