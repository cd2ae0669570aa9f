import { definitionFor } from './clusters/subsets.ts';
import type { ObjectIndex } from './object-index.ts';
import type { DestinationRule, Service, Subset } from './objects.ts';
import { countOf, type PodCount, podsBehind } from './pods.ts';
import { type PortProtocol, protocolOf } from './protocol.ts';
import { knownHost } from './services.ts';

/** The label of pods that tells the versions of a service apart (Istio, "Pod requirements"). */
export const versionLabel = 'version';

/** Pods of one version, by their label. */
export interface RunningVersion extends PodCount {
  readonly version: string;
  /** A Service of its own: `reviews-v1` for the version `v1` of `reviews`. */
  readonly service?: VersionService | undefined;
}

export interface VersionService {
  readonly name: string;
  readonly ports: readonly number[];
  /** How many of its pods are ready. */
  readonly ready: number;
}

/** A Service that no object routes: a proxy sends its requests to all ready pods alike. */
export interface UnroutedService {
  /** Resolved. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly { readonly number: number; readonly protocol: PortProtocol }[];
  /** It has no pods that a proxy divides requests among. */
  readonly special?: 'headless' | 'alias' | undefined;
  /** Undefined: not seen. */
  readonly pods?: Running | undefined;
  /** The DestinationRules that hold for clients of its namespace, and what they define. */
  readonly definedBy: readonly Pick<DestinationRule, 'namespace' | 'name' | 'host'>[];
  readonly subsets: readonly Subset[];
  /** A DestinationRule that holds for some clients and not for others (`exportTo`). */
  readonly definedApart?: Pick<DestinationRule, 'namespace' | 'name'> | undefined;
}

export interface Running {
  /** By name. */
  readonly versions: readonly RunningVersion[];
  /** Pods without the label. */
  readonly unlabelled: PodCount;
}

/** Undefined if there is no Service of that host. `seesPods`: the index has all pods and EndpointSlices of its namespace. */
export function unroutedService(
  index: ObjectIndex,
  host: string,
  { seesPods }: { readonly seesPods: boolean },
): UnroutedService | undefined {
  const [service] = index.services.get(host);
  const known = service && knownHost(index, host, service.namespace);
  if (service === undefined || known === undefined) return undefined;
  const { namespace, name } = service;
  const definition = definitionFor(index, known, { namespace });
  const apart = difference(definition?.rules ?? [], definitionFor(index, known, { namespace: '' })?.rules ?? []);
  const special = known.alias !== undefined ? 'alias' : known.isHeadless ? 'headless' : undefined;
  return {
    ...{ host, namespace, name },
    ports: known.ports.map((port) => ({ number: port.number, protocol: protocolOf(port) })),
    ...(special !== undefined && { special }),
    ...(seesPods && { pods: running(index, service, host) }),
    definedBy: (definition?.rules ?? []).map((each) => ({
      namespace: each.namespace,
      name: each.name,
      host: each.host,
    })),
    subsets: definition?.subsets ?? [],
    ...(apart !== undefined && { definedApart: { namespace: apart.namespace, name: apart.name } }),
  };
}

function difference(own: readonly DestinationRule[], others: readonly DestinationRule[]): DestinationRule | undefined {
  return [...own, ...others].find((rule) => !own.includes(rule) || !others.includes(rule));
}

function running(index: ObjectIndex, service: Service, host: string): Running {
  const all = podsBehind(index, host) ?? [];
  const byVersion = Map.groupBy(all, ({ labels }) => labels[versionLabel]);
  const versions = [...byVersion].flatMap(([version, pods]) =>
    version === undefined ? [] : [{ version, ...countOf(pods), service: serviceOf(index, service, version) }],
  );
  return {
    versions: versions.toSorted((a, b) => (a.version < b.version ? -1 : 1)),
    unlabelled: countOf(byVersion.get(undefined) ?? []),
  };
}

function serviceOf(
  index: ObjectIndex,
  { namespace, name }: Pick<Service, 'namespace' | 'name'>,
  version: string,
): VersionService | undefined {
  const host = index.hostOfService({ namespace, name: `${name}-${version}` });
  const [found] = index.services.get(host);
  if (found === undefined) return undefined;
  const { ready } = countOf(podsBehind(index, host) ?? []);
  return { name: found.name, ports: found.ports.map(({ number }) => number), ready };
}
