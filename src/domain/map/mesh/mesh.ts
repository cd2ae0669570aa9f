import { toShare } from '../clusters/share.ts';
import type { Caller, Governed, GovernedRule, RuleRef, Shadowed, Why } from '../governed.ts';
import type { ObjectIndex } from '../object-index.ts';
import type { VirtualService } from '../objects.ts';
import { takesHttp } from '../protocol.ts';
import { idOf } from '../rules/of-virtual-service.ts';
import { reach } from '../rules/reach.ts';
import { knownHost, portProtocol } from '../services.ts';
import { type Asked, askerOf, clientOf, defaultPort, type MeshCaller, otherwise } from './asked.ts';
import { connectionsOf } from './connections.ts';
import { scopeOf } from './sidecar.ts';
import { lost, type Source, sourcesFor } from './sources.ts';

/** Who routes the requests of a client in the mesh. */
export function governMesh(
  index: ObjectIndex,
  host: string,
  caller: Extract<Caller, { kind: 'mesh' }>,
  port: number | undefined,
): Governed {
  const client = { ...caller, namespace: caller.namespace ?? '' };
  const asked = ask(index, host, client, port);
  const alias = asked.known?.alias;
  const own = governKnown(index, asked);
  // Another name of a service (ExternalName) follows what is written for it, else what is written for the service.
  const governed =
    alias === undefined || own.rules.length > 0 ? own : governKnown(index, ask(index, alias, client, port));
  return { ...governed, host, caller };
}

/**
 * Who routes connections to a port that a proxy looks into: what is not HTTP there follows rules for connections. Undefined if no rule takes
 * them, or the protocol of the port is known.
 */
export function governConnections(
  index: ObjectIndex,
  host: string,
  caller: Extract<Caller, { kind: 'mesh' }>,
  port: number | undefined,
): Governed | undefined {
  const asked = ask(index, host, { ...caller, namespace: caller.namespace ?? '' }, port);
  if (asked.known === undefined || portProtocol(asked.known, asked.port) !== 'any') return undefined;
  const governed = { ...connectionsOf(index, asked, 'tcp'), host, caller };
  return governed.rules.length === 0 ? undefined : governed;
}

function ask(index: ObjectIndex, host: string, caller: MeshCaller, port: number | undefined): Asked {
  const scope = scopeOf(index, caller.namespace, caller.labels);
  const found = knownHost(index, host, caller.namespace);
  const known = found !== undefined && scope.shows(found.namespace, found.host) ? found : undefined;
  return { host, port: port ?? defaultPort(known), caller, known, scope };
}

function governKnown(index: ObjectIndex, asked: Asked): Governed {
  const { known } = asked;
  const protocol = known === undefined ? 'http' : (portProtocol(known, asked.port) ?? 'http');
  if (!takesHttp(protocol)) return connectionsOf(index, asked, protocol === 'tls' ? 'tls' : 'tcp');
  // Under the wildcard of a ServiceEntry, a host that is named itself comes before what is written for the wildcard.
  const isUnderWildcard = known !== undefined && known.host !== asked.host;
  const own = isUnderWildcard ? decide(index, { ...asked, known: undefined }) : undefined;
  return { ...asHttp(asked), ...(own !== undefined && own.rules.length > 0 ? own : decide(index, asked)) };
}

function asHttp({ host, caller, port }: Asked): Pick<Governed, 'host' | 'caller' | 'port' | 'protocol'> {
  return { host, caller, port, protocol: 'http' };
}

/** The first that has a rule for the caller governs alone. One that has none does not stand in the way of the next. */
function decide(index: ObjectIndex, asked: Asked): Pick<Governed, 'rules' | 'otherwise' | 'shadowed'> {
  const { tried, left } = sourcesFor(index, { ...asked, host: asked.known?.host ?? asked.host });
  const shadowed: Shadowed[] = [...left, ...forConnections(index, asked, tried)];
  const governing: GovernedRule[] = [];
  let winner: Source | undefined;
  for (const source of tried) {
    if (winner !== undefined) {
      shadowed.push(lost(source, winner, whyLost(source, winner)));
      continue;
    }
    const { rules, dead } = source.rules();
    const reached = reach(rules, askerOf(asked), toShare(index, clientOf(asked)));
    shadowed.push(...dead, ...reached.shadowed);
    if (reached.rules.length === 0 || !isServed(index, asked, source)) continue;
    governing.push(...reached.rules);
    if (reached.rules.some(isForAll)) winner = source;
  }
  return { rules: governing, otherwise: otherwise(asked, winner !== undefined), shadowed };
}

/** Rules for connections mean nothing at a port that is HTTP. */
function forConnections(index: ObjectIndex, { known, port }: Asked, tried: readonly Source[]): readonly Shadowed[] {
  if (known === undefined || portProtocol(known, port) !== 'http') return [];
  return tried
    .map(({ id }) => index.get(id))
    .flatMap((object) =>
      object?.kind === 'VirtualService' ? [...refsOf(object, 'tcp'), ...refsOf(object, 'tls')] : [],
    )
    .map((rule) => ({ object: rule.object, rule, why: 'other-protocol' }));
}

function refsOf(object: VirtualService, list: 'tcp' | 'tls'): readonly RuleRef[] {
  return object[list].map((_, at) => ({ object: idOf(object), list, at }));
}

/** Rules for some labels alone hide the next object from callers with these labels only. If they are not known, both may hold. */
function isForAll({ matches }: GovernedRule): boolean {
  return matches.length === 0 || matches.some(({ sourceLabels }) => sourceLabels === undefined);
}

/** Hosts that no service has are routed on port 80 only, and on the ports of services that the same object names. */
function isServed(index: ObjectIndex, { known, port, caller }: Asked, { id }: Source): boolean {
  if (known !== undefined) return portProtocol(known, port) !== undefined;
  if (port === 80) return true;
  const object = index.get(id);
  if (object?.kind !== 'VirtualService') return false;
  return object.hosts
    .map((host) => index.hostIn(object, host))
    .map((host) => ({ host, known: knownHost(index, host, caller.namespace) }))
    .some((each) => each.known?.host === each.host && takesHttp(portProtocol(each.known, port) ?? 'udp'));
}

function whyLost(loser: Source, winner: Source): Why {
  if (winner.rank === loser.rank) return 'older';
  return winner.id.kind === 'VirtualService' ? 'exported-closer' : 'gateway-api-route';
}
