import type { Share } from '../governed.ts';
import type { ObjectIndex } from '../object-index.ts';
import type { DestinationRule, Labels, ServiceEntry } from '../objects.ts';
import { hasLabels } from '../rules/applies.ts';
import { type KnownHost, knownHost } from '../services.ts';
import { definitionFor } from './subsets.ts';

/** A pod, or an address of a ServiceEntry, that serves requests. */
export interface Backend {
  readonly address: string;
  readonly namespace: string;
  /** Absent: the endpoint is not a pod, or the pod cannot be seen. */
  readonly pod?: string | undefined;
  readonly labels: Labels;
}

/**
 * Where a share of requests ends. `no-cluster`: the host, its port or the subset does not exist (503 NC; 500 for routes of the Gateway
 * API). `no-pod`: none is ready (503 UH). `as-dialled`: a headless service; the client chose the pod. `definedBy`: the DestinationRules
 * that hold for it, the oldest first.
 */
export type Cluster =
  | { readonly kind: 'no-cluster' }
  | { readonly kind: 'no-pod' | 'as-dialled'; readonly definedBy: readonly DestinationRule[] }
  | { readonly kind: 'pods'; readonly backends: readonly Backend[]; readonly definedBy: readonly DestinationRule[] };

export interface Client {
  readonly namespace: string;
  readonly labels?: Labels | undefined;
}

type Wanted = Pick<Share, 'host' | 'subset' | 'port' | 'isInvalid'>;

export function clusterOf(index: ObjectIndex, { host, subset, port, isInvalid }: Wanted, client: Client): Cluster {
  const known = knownHost(index, host, client.namespace);
  if (isInvalid === true || known === undefined || !known.ports.some(({ number }) => number === port))
    return { kind: 'no-cluster' };
  const definition = definitionFor(index, known, client);
  const wanted = subset === undefined ? undefined : definition?.subsets.find(({ name }) => name === subset);
  if (subset !== undefined && wanted === undefined) return { kind: 'no-cluster' };
  const definedBy = definition?.rules ?? [];
  if (known.isHeadless) return { kind: 'as-dialled', definedBy };
  const backends = backendsOf(index, known, port).filter(({ labels }) => hasLabels(labels, wanted?.labels ?? {}));
  return backends.length === 0 ? { kind: 'no-pod', definedBy } : { kind: 'pods', backends, definedBy };
}

/** The ready ones. An endpoint without a pod has no labels. */
function backendsOf(index: ObjectIndex, { host, source, ports }: KnownHost, port: number): readonly Backend[] {
  const { namespace } = source;
  if (source.kind === 'ServiceEntry') return endpointsOf(source, host);

  const named = ports.find(({ number }) => number === port)?.name ?? '';
  return index.slices
    .get(`${namespace}/${source.name}`)
    .filter((slice) => slice.ports.some(({ name = '' }) => name === named))
    .flatMap(({ endpoints }) => endpoints.filter(({ ready }) => ready))
    .map(({ address, pod }) => ({ address, namespace, pod, labels: labelsOf(index, namespace, pod) }));
}

/** Without endpoints, the name itself is looked up (resolution DNS). */
function endpointsOf({ namespace, endpoints, resolution }: ServiceEntry, host: string): readonly Backend[] {
  const looksUp = resolution.startsWith('DNS') && endpoints.length === 0;
  return (looksUp ? [{ address: host, labels: {} }] : endpoints).map((each) => ({ ...each, namespace }));
}

function labelsOf(index: ObjectIndex, namespace: string, pod: string | undefined): Labels {
  const found = pod === undefined ? undefined : index.get({ kind: 'Pod', namespace, name: pod });
  return found?.kind === 'Pod' ? found.labels : {};
}
