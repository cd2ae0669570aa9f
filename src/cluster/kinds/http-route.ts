import { z } from 'zod';
import { type Home, resolveIn } from '../../domain/routing/names.ts';
import { type Backend, defaultRule, type Rule } from '../../domain/routing/route.ts';
import type { Resource } from '../client/kube-client.ts';
import { dividedAmong, weighedRules } from './backend-refs.ts';
import { backendRef, gatewaysOf, hostsOf, parentRef, parentServices, routeParts, standingOf } from './gateway-api.ts';
import { cookiesWanted, describeGrpc, describeHttp, grpcRouteMatch, httpRouteMatch } from './http-route-match.ts';
import { keysOf } from './keys.ts';
import { type Defined, parseObject, type RoutingKind, type RoutingObject } from './kind.ts';
import { cookiesSet } from './virtual-service-headers.ts';
import { weightsOf } from './weights.ts';

const pairs = z.array(z.object({ name: z.string(), value: z.string() }));
const filter = z.looseObject({
  type: z.string().default(''),
  requestMirror: z.object({ backendRef }).optional().catch(undefined),
  responseHeaderModifier: z.object({ set: pairs.optional(), add: pairs.optional() }).optional().catch(undefined),
});
type Filter = z.infer<typeof filter>;

const refs = z.array(backendRef.extend({ filters: z.array(filter).optional() })).default([]);

const common = {
  name: z.string().optional(),
  filters: z.array(filter).optional(),
  backendRefs: refs,
  sessionPersistence: z.unknown().optional(),
};

const spec = {
  parentRefs: z.array(parentRef).default([]),
  hostnames: z.array(z.string()).default([]),
};

const httpRoute = z.object({
  ...routeParts,
  spec: z
    .object({
      ...spec,
      rules: z.array(z.object({ ...common, matches: z.array(httpRouteMatch).optional() })).default([]),
    })
    .prefault({}),
});

const grpcRoute = z.object({
  ...routeParts,
  spec: z
    .object({
      ...spec,
      rules: z.array(z.object({ ...common, matches: z.array(grpcRouteMatch).optional() })).default([]),
    })
    .prefault({}),
});

type RuleRead = z.infer<typeof httpRoute>['spec']['rules'][number];

/** A rule of either kind, with what it matches in words; empty if it takes everything. */
interface Worded extends Omit<RuleRead, 'matches'> {
  readonly match: string;
  readonly cookies: readonly string[];
}

interface Read extends Omit<z.infer<typeof httpRoute>, 'spec'> {
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly spec: Omit<z.infer<typeof httpRoute>['spec'], 'rules'>;
  readonly rules: readonly Worded[];
}

const group = 'gateway.networking.k8s.io';

export const httpRoutes: Resource = { group, version: 'v1', plural: 'httproutes' };
export const grpcRoutes: Resource = { group, version: 'v1', plural: 'grpcroutes' };

export const httpRouteKind: RoutingKind = {
  resources: [httpRoutes],
  rulesFields: ['f:rules'],
  definedBy: 'Service',
  read: (object, { whose = 'the API server sent a HTTPRoute', domain } = {}) => {
    const read = parseObject(httpRoute, object, whose);
    return toRoutingObject({ ...read, kind: 'HTTPRoute', rules: worded(read.spec.rules, describeHttp) }, domain);
  },
};

export const grpcRouteKind: RoutingKind = {
  resources: [grpcRoutes],
  rulesFields: ['f:rules'],
  definedBy: 'Service',
  read: (object, { whose = 'the API server sent a GRPCRoute', domain } = {}) => {
    const read = parseObject(grpcRoute, object, whose);
    return toRoutingObject({ ...read, kind: 'GRPCRoute', rules: worded(read.spec.rules, describeGrpc) }, domain);
  },
};

type HeaderMatches = Parameters<typeof cookiesWanted>[0];

function worded<
  M extends HeaderMatches[number],
  R extends Omit<RuleRead, 'matches'> & { readonly matches?: readonly M[] | undefined },
>(rules: readonly R[], describe: (matches: readonly M[]) => string): readonly Worded[] {
  return rules.map(({ matches = [], ...rule }) => ({
    ...rule,
    match: describe(matches),
    cookies: cookiesWanted(matches),
  }));
}

function toRoutingObject(read: Read, domain: string | undefined): RoutingObject {
  const { kind, metadata, spec, status, rules } = read;
  const { name, namespace, generation } = metadata;
  const home = { namespace, domain };
  const defaultAt = rules.findIndex(({ match }) => match === '');
  const keys = keysOf(rules, defaultAt);
  const hosts = (all: readonly Backend[]) => [...new Set(all.map(({ host }) => host))];
  const destinations = () => hosts(rules.flatMap((rule) => backendsOf(rule, home)));
  const copies = () => hosts(rules.flatMap((rule) => mirrorsOf(rule, home)));
  return {
    kind,
    metadata,
    hosts: hostsOf(spec.parentRefs, spec.hostnames, home),
    gateways: gatewaysOf(spec.parentRefs, namespace),
    standing: standingOf(status, generation, namespace),
    destinationHosts: destinations,
    reachedHosts: () => [...new Set([...destinations(), ...copies()])],
    rules: (defined) =>
      rules.map((rule, at) => toRule(rule, { key: keys[at] ?? '', read, home, defined, isDefault: at === defaultAt })),
    places: () => keys.map((key, at) => ({ key, list: 'rules', at })),
    weights: (moves) => weightsOf(`${kind} ${name}`, weighedRules(rules, keys), moves),
  };
}

interface RuleContext {
  readonly key: string;
  readonly read: Read;
  readonly home: Home;
  readonly defined: Defined;
  readonly isDefault: boolean;
}

/** Rules are not tried in order: the more special match comes first, wherever it stands. */
function toRule(rule: Worded, { key, read, home, defined, isDefault }: RuleContext): Rule {
  const among = { parents: parentServices(read.spec.parentRefs, home.namespace), home, services: defined.services };
  const { unsplittable, ...divided } = dividedAmong(rule.backendRefs, among);
  const filters = [...(rule.filters ?? []), ...rule.backendRefs.flatMap(({ filters = [] }) => filters)];
  const redirects = filters.some(({ type }) => type === 'RequestRedirect');
  const mirrors = mirrorsOf(rule, home);
  return {
    key,
    ...(rule.name !== undefined && { name: rule.name }),
    ...(!isDefault && { match: rule.match === '' ? 'anything' : rule.match }),
    ...divided,
    unsplittable: redirects ? 'redirect' : unsplittable,
    ...(key !== defaultRule && rule.match !== '' && { isFirst: true }),
    besides: mirrors.length > 0 ? ['mirror'] : [],
    mirrors,
    ...(rule.sessionPersistence !== undefined && { sticky: 'session' }),
    setsCookies: cookiesSet(filters.map(headersOf)),
    matchesCookies: rule.cookies,
  };
}

function backendsOf({ backendRefs }: Worded, home: Home): readonly Backend[] {
  return backendRefs.map(({ name, namespace = home.namespace }) => ({
    version: name,
    host: resolveIn({ ...home, namespace }, name),
  }));
}

function mirrorsOf({ filters = [], backendRefs }: Worded, home: Home): readonly Backend[] {
  const all = [...filters, ...backendRefs.flatMap((ref) => ref.filters ?? [])];
  return all.flatMap(({ requestMirror }) => {
    if (requestMirror === undefined) return [];
    const { name, namespace = home.namespace } = requestMirror.backendRef;
    return [{ version: name, host: resolveIn({ ...home, namespace }, name) }];
  });
}

/** The headers that a filter sets, as a VirtualService would write them. */
function headersOf({ responseHeaderModifier: { set = [], add = [] } = {} }: Filter) {
  const written = (all: typeof set) => Object.fromEntries(all.map(({ name, value }) => [name, value]));
  return { headers: { response: { set: written(set), add: written(add) } } };
}
