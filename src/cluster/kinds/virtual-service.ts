import { z } from 'zod';
import { type Home, resolveIn } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import type { Resource } from '../client/kube-client.ts';
import { beside, type Destination } from './destinations.ts';
import { keysOf } from './keys.ts';
import { metadata, parseObject, type RoutingKind, type RoutingObject } from './kind.ts';
import { describeConnections, describeMatches, isCatchAll } from './virtual-service-match.ts';
import { connectionRule, httpRule, mirrorsOf, toConnectionRule, toHttpRule, weighed } from './virtual-service-rule.ts';
import { weightsOf } from './weights.ts';

export const virtualServices: Resource = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' };

/** What we read of a VirtualService. We leave the rest as it is, and never send it back. */
const virtualService = z.object({
  metadata,
  spec: z
    .object({
      hosts: z.array(z.string()).default([]),
      gateways: z.array(z.string()).default(['mesh']),
      http: z.array(httpRule).default([]),
      tcp: z.array(connectionRule).default([]),
      tls: z.array(connectionRule).default([]),
    })
    .default({ hosts: [], gateways: ['mesh'], http: [], tcp: [], tls: [] }),
});
export type VirtualService = z.infer<typeof virtualService>;

export const virtualServiceKind: RoutingKind = {
  resources: [virtualServices],
  rulesFields: ['f:http', 'f:tcp', 'f:tls'],
  definedBy: 'DestinationRule',
  read: (object, { whose, domain } = {}) => toRoutingObject(readVirtualService(object, whose), domain),
};

export function readVirtualService(object: unknown, whose = 'the API server sent a VirtualService'): VirtualService {
  return parseObject(virtualService, object, whose);
}

function toRoutingObject(object: VirtualService, domain: string | undefined): RoutingObject {
  const { metadata, spec } = object;
  const { name, namespace } = metadata;
  const home = { namespace, domain };
  let placed: ReturnType<typeof placesOf> | undefined;
  const places = () => {
    placed ??= placesOf(object); // matches may be long, and each is put into words
    return placed;
  };
  return {
    kind: 'VirtualService',
    metadata,
    hosts: spec.hosts,
    gateways: spec.gateways,
    destinationHosts: () => destinationHosts(object, home),
    reachedHosts: () => [...new Set([...destinationHosts(object, home), ...mirrorHosts(object, home)])],
    rules: (defined) =>
      places().map(({ key, ...place }) => {
        const context = { key, home, isDefault: key === defaultRule, defined };
        return place.list === 'http' ? toHttpRule(place.rule, context) : toConnectionRule(place.rule, context);
      }),
    places: () => places().map(({ key, list, at }) => ({ key, list, at })),
    weights: (moves) => {
      const moved = places().filter(({ key }) => moves.some(({ rule }) => rule === key));
      const rules = moved.map(({ key, list, at, rule: { route = [] } }) => ({
        key,
        path: `/spec/${list}/${at}/route`,
        ...weighed(route, home),
        beside: (version: string) => beside(route, version),
      }));
      return weightsOf(`VirtualService ${name}`, rules, moves);
    },
  };
}

/** Every rule with its key and where it stands. No rule of tcp or tls takes all the rest: the others of the object are about other ports. */
function placesOf({ spec: { http, tcp, tls, gateways } }: VirtualService) {
  const defaultAt = http.findIndex(({ match }) => isCatchAll(match, gateways));
  const words = http.map(({ name, match = [] }) => ({ name, match: describeMatches(match) }));
  const connections = (['tls', 'tcp'] as const).flatMap((list) => {
    const rules = list === 'tls' ? tls : tcp;
    const keys = keysOf(
      rules.map(({ match = [] }) => ({ match: describeConnections(match) })),
      -1,
      list,
    );
    return rules.map((rule, at) => ({ list, key: keys[at] ?? '', at, rule }));
  });
  const keys = keysOf(words, defaultAt);
  return [...http.map((rule, at) => ({ list: 'http' as const, key: keys[at] ?? '', at, rule })), ...connections];
}

function destinationHosts({ spec }: VirtualService, home: Home): readonly string[] {
  const all: readonly { readonly route?: readonly Destination[] | undefined }[] = [
    ...spec.http,
    ...spec.tls,
    ...spec.tcp,
  ];
  const hosts = all.flatMap(({ route = [] }) => route).map((each) => resolveIn(home, each.destination.host));
  return [...new Set(hosts)];
}

function mirrorHosts({ spec }: VirtualService, home: Home): readonly string[] {
  return spec.http.flatMap(mirrorsOf).map(({ host }) => resolveIn(home, host));
}
