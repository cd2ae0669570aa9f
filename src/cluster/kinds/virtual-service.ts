import { z } from 'zod';
import { resolveHost } from '../../domain/routing/names.ts';
import { type Backend, defaultRule, type Rule, type Unsplittable } from '../../domain/routing/route.ts';
import { type Move, type Split, weightOf } from '../../domain/routing/split.ts';
import { RejectedError } from '../../workflow/errors.ts';
import type { JsonPatch, Resource } from '../client/kube-client.ts';
import { metadata, parseObject, type RoutingKind, type RoutingObject, type Subset } from './kind.ts';
import { cookiesSet, headers } from './virtual-service-headers.ts';
import { cookiesMatched, describeMatches, isCatchAll, match } from './virtual-service-match.ts';

export const virtualServices: Resource = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' };

const mirrored = z.object({ host: z.string(), subset: z.string().optional() });

const destination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: z.int().optional() }).optional(),
  }),
  weight: z.int().optional(),
  headers: headers.optional().catch(undefined),
});

const httpRule = z.object({
  name: z.string().optional(),
  match: z.array(match).optional(),
  route: z.array(destination).optional(),
  redirect: z.unknown().optional(),
  directResponse: z.unknown().optional(),
  delegate: z.unknown().optional(),
  fault: z.unknown().optional(),
  mirror: mirrored.optional().catch(undefined),
  mirrors: z
    .array(z.object({ destination: mirrored }))
    .optional()
    .catch(undefined),
  headers: headers.optional().catch(undefined),
});
export type HttpRule = z.infer<typeof httpRule>;
type Destination = z.infer<typeof destination>;

/** What we read of a VirtualService. We leave the rest as it is, and never send it back. */
const virtualService = z.object({
  metadata,
  spec: z
    .object({
      hosts: z.array(z.string()).default([]),
      gateways: z.array(z.string()).default(['mesh']),
      http: z.array(httpRule).default([]),
      tcp: z.array(z.unknown()).default([]),
      tls: z.array(z.unknown()).default([]),
    })
    .default({ hosts: [], gateways: ['mesh'], http: [], tcp: [], tls: [] }),
});
export type VirtualService = z.infer<typeof virtualService>;

export const virtualServiceKind: RoutingKind = {
  resource: virtualServices,
  rulesField: 'f:http',
  read: (object, whose) => toRoutingObject(readVirtualService(object, whose)),
};

export function readVirtualService(object: unknown, whose = 'the API server sent a VirtualService'): VirtualService {
  return parseObject(virtualService, object, whose);
}

function toRoutingObject(object: VirtualService): RoutingObject {
  const { metadata, spec } = object;
  return {
    kind: 'VirtualService',
    metadata,
    hosts: spec.hosts,
    gateways: spec.gateways,
    otherLists: (['tcp', 'tls'] as const).filter((list) => spec[list].length > 0),
    destinationHosts: () => destinationHosts(object),
    reachedHosts: () => [...new Set([...destinationHosts(object), ...mirrorHosts(object)])],
    rules: (subsetsOf) => keyedRules(object).map(({ key, rule }) => toRule(rule, key, metadata.namespace, subsetsOf)),
    weights: (moves) => weightsOf(object, moves),
  };
}

function destinationHosts({ metadata, spec }: VirtualService): readonly string[] {
  const hosts = spec.http
    .flatMap((rule) => rule.route ?? [])
    .map((each) => resolveHost(each.destination.host, metadata.namespace));
  return [...new Set(hosts)];
}

function mirrorHosts({ metadata, spec }: VirtualService): readonly string[] {
  return spec.http.flatMap(mirrorsOf).map(({ host }) => resolveHost(host, metadata.namespace));
}

function toRule(rule: HttpRule, key: string, namespace: string, subsets: (host: string) => readonly Subset[]): Rule {
  const route = rule.route ?? [];
  const hosts = [...new Set(route.map((each) => each.destination.host))];
  const defined = hosts
    .map((host) => resolveHost(host, namespace))
    .flatMap((host) => subsets(host).map((subset) => backendOf(subset, host)));
  const withoutSubset = route.filter((each) => each.destination.subset === undefined).map(versionOf);
  return {
    key,
    name: rule.name,
    match: key === defaultRule ? undefined : describeMatches(rule.match ?? []),
    split: toSplit(route),
    unsplittable: whyUnsplittable(rule) ?? (key.startsWith('#') ? 'unnamed' : undefined),
    besides: besides(rule),
    mirrors: mirrorsOf(rule).map((to) => mirrorBackend(to, namespace, subsets)),
    setsCookies: cookiesSet([rule, ...route]),
    matchesCookies: cookiesMatched(rule.match ?? []),
    host: hosts.length === 1 ? hosts[0] : undefined,
    served: [...new Set([...defined.map(({ version }) => version), ...withoutSubset])],
    backends: [...defined, ...undefinedBackends(route, namespace, defined)],
  };
}

function backendOf({ name, labels }: Subset, host: string): Backend {
  return { version: name, host, label: labels?.['version'] ?? name, ...(labels !== undefined && { selects: labels }) };
}

/** Destinations without a subset, and those whose subset no DestinationRule defines. Their requests are counted too, if only as lost. */
function undefinedBackends(
  route: readonly Destination[],
  namespace: string,
  defined: readonly Backend[],
): readonly Backend[] {
  return route
    .map((each) => ({
      version: versionOf(each),
      host: resolveHost(each.destination.host, namespace),
      label: each.destination.subset,
    }))
    .filter(({ version, host }) => !defined.some((each) => each.version === version && each.host === host));
}

function mirrorsOf({ mirror, mirrors = [] }: HttpRule): readonly z.infer<typeof mirrored>[] {
  return [...(mirror === undefined ? [] : [mirror]), ...mirrors.map(({ destination }) => destination)];
}

function mirrorBackend(
  { host, subset }: z.infer<typeof mirrored>,
  namespace: string,
  subsets: (host: string) => readonly Subset[],
): Backend {
  const resolved = resolveHost(host, namespace);
  const defined = subsets(resolved).find(({ name }) => name === subset);
  return defined === undefined
    ? { version: subset ?? host, host: resolved, label: subset }
    : backendOf(defined, resolved);
}

function besides({ fault, mirror, mirrors }: HttpRule): Rule['besides'] {
  const isMirrored = mirror !== undefined || mirrors !== undefined;
  return [...(fault === undefined ? [] : (['fault'] as const)), ...(isMirrored ? (['mirror'] as const) : [])];
}

/** Every http rule with the key that the ledger and `--route` know it by. */
function keyedRules({
  spec,
}: VirtualService): readonly { readonly key: string; readonly at: number; readonly rule: HttpRule }[] {
  const defaultAt = spec.http.findIndex((rule) => isCatchAll(rule.match));
  const uses = new Map<string, number>();
  for (const { name = '' } of spec.http) uses.set(name, (uses.get(name) ?? 0) + 1);
  return spec.http.map((rule, at) => ({ key: at === defaultAt ? defaultRule : ownKey(rule, at, uses), at, rule }));
}

/** Uses the rule's place (`#1`) if it has no name, or shares its name with another rule. */
function ownKey({ name }: HttpRule, at: number, uses: ReadonlyMap<string, number>): string {
  const isTelling = name !== undefined && name !== '' && name !== defaultRule && !name.startsWith('#');
  return isTelling && uses.get(name) === 1 ? name : `#${at + 1}`;
}

function whyUnsplittable(rule: HttpRule): Unsplittable | undefined {
  if (rule.redirect !== undefined) return 'redirect';
  if (rule.directResponse !== undefined) return 'direct-response';
  if (rule.delegate !== undefined) return 'delegate';
  const versions = (rule.route ?? []).map(versionOf);
  if (versions.length === 0) return 'no-destination';
  if ((rule.route ?? []).some(({ weight = 0 }) => weight < 0)) return 'invalid-weight';
  return new Set(versions).size < versions.length ? 'ambiguous-destinations' : undefined;
}

/** A subset names a version. A destination without one sends to every pod of its host, so the host is its name. */
function versionOf({ destination: { host, subset } }: Destination): string {
  return subset ?? host;
}

/** An omitted weight is 0, but a single destination gets everything, at any weight (istio `BuildHTTPRoutesForVirtualService`). */
function toSplit(route: readonly Destination[]): Split {
  const [only] = route;
  if (route.length === 1 && only !== undefined) return { [versionOf(only)]: 100 };
  return Object.fromEntries(route.map((each) => [versionOf(each), Math.max(0, each.weight ?? 0)]));
}

function weightsOf(object: VirtualService, moves: readonly Move[]): JsonPatch {
  const rules = keyedRules(object);
  return moves.flatMap(({ rule: wanted, to }) => {
    const found = rules.find(({ key }) => key === wanted);
    if (found === undefined) throw new RejectedError(`VirtualService ${object.metadata.name} has no rule ${wanted}`);
    return weightOperations(`/spec/http/${found.at}/route`, found.rule.route ?? [], to);
  });
}

function weightOperations(path: string, route: readonly Destination[], to: Split): JsonPatch {
  const present = new Set(route.map(versionOf));
  const added = Object.entries(to).filter(([version, weight]) => !present.has(version) && weight > 0);
  if (route.length + added.length === 1) return [];

  const changed = route.flatMap((each, at) => {
    const weight = weightOf(to, versionOf(each));
    return (each.weight ?? 0) === weight ? [] : [{ op: 'add' as const, path: `${path}/${at}/weight`, value: weight }];
  });
  return [
    ...changed,
    ...added.map(([version, weight]) => ({
      op: 'add' as const,
      path: `${path}/-`,
      value: beside(route, version, weight),
    })),
  ];
}

/** A new destination beside the others. It has their host and port, but no other settings, which may be meant for one of them. */
function beside([sibling]: readonly Destination[], subset: string, weight: number): Destination {
  const { host = '', port } = sibling?.destination ?? {};
  return { destination: { host, subset, ...(port === undefined ? {} : { port }) }, weight };
}
