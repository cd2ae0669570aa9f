import { z } from 'zod';
import { resolveIn } from '../../domain/routing/names.ts';
import type { Resource } from '../client/kube-client.ts';
import { dividedAmong, weighedRules } from './backend-refs.ts';
import { backendRef, gatewaysOf, hostsOf, parentRef, parentServices, routeParts, standingOf } from './gateway-api.ts';
import { keysOf } from './keys.ts';
import { parseObject, type RoutingKind, type RoutingObject } from './kind.ts';
import { weightsOf } from './weights.ts';

/** What we read of a TCPRoute or a TLSRoute. */
const connectionRoute = z.object({
  ...routeParts,
  spec: z
    .object({
      parentRefs: z.array(parentRef).default([]),
      hostnames: z.array(z.string()).default([]),
      rules: z
        .array(z.object({ name: z.string().optional(), backendRefs: z.array(backendRef).default([]) }))
        .default([]),
    })
    .prefault({}),
});
type ConnectionRoute = z.infer<typeof connectionRoute>;

const group = 'gateway.networking.k8s.io';

function resources(plural: string): readonly [Resource, ...Resource[]] {
  return [
    { group, version: 'v1', plural },
    { group, version: 'v1alpha3', plural },
    { group, version: 'v1alpha2', plural },
  ];
}

export const tcpRouteKind: RoutingKind = kindOf('TCPRoute', 'tcproutes');
export const tlsRouteKind: RoutingKind = kindOf('TLSRoute', 'tlsroutes');

function kindOf(kind: 'TCPRoute' | 'TLSRoute', plural: string): RoutingKind {
  return {
    resources: resources(plural),
    rulesFields: ['f:rules'],
    definedBy: 'Service',
    read: (object, { whose = `the API server sent a ${kind}`, domain } = {}) =>
      toRoutingObject(kind, parseObject(connectionRoute, object, whose), domain),
  };
}

/** The first rule takes every connection: a rule has no match of its own. */
function toRoutingObject(
  kind: 'TCPRoute' | 'TLSRoute',
  { metadata, spec, status }: ConnectionRoute,
  domain: string | undefined,
): RoutingObject {
  const { name, namespace, generation } = metadata;
  const home = { namespace, domain };
  const { parentRefs, hostnames, rules } = spec;
  const keys = keysOf(
    rules.map((rule) => ({ name: rule.name, match: '' })),
    0,
  );
  const destinations = () => {
    const all = rules.flatMap(({ backendRefs }) => backendRefs);
    return [...new Set(all.map((each) => resolveIn({ ...home, namespace: each.namespace ?? namespace }, each.name)))];
  };
  return {
    kind,
    metadata,
    hosts: hostsOf(parentRefs, hostnames, home),
    gateways: gatewaysOf(parentRefs, namespace),
    standing: standingOf(status, generation, namespace),
    destinationHosts: destinations,
    reachedHosts: destinations,
    rules: ({ services }) =>
      rules.map((rule, at) => ({
        key: keys[at] ?? '',
        ...(rule.name !== undefined && { name: rule.name }),
        ...(at > 0 && { match: 'anything' }),
        ...dividedAmong(rule.backendRefs, { parents: parentServices(parentRefs, namespace), home, services }),
        sticky: 'connection' as const,
      })),
    places: () => keys.map((key, at) => ({ key, list: 'rules', at })),
    weights: (moves) => weightsOf(`${kind} ${name}`, weighedRules(rules, keys), moves),
  };
}
