import type { ObjectIndex } from './object-index.ts';
import type { Labels } from './objects.ts';
import { hasLabels } from './rules/applies.ts';

/** The pods that requests can go to. */
export interface PodCount {
  readonly ready: number;
  readonly all: number;
}

/** A pod behind a Service. An endpoint without a pod has no labels. */
export interface PodBehind {
  readonly labels: Labels;
  readonly ready: boolean;
}

/**
 * The pods of a Service with these labels, as its EndpointSlices have them. Undefined for what is no Service, and for one without any slice:
 * nothing keeps them for it.
 */
export function podsOf(index: ObjectIndex, host: string, labels: Labels): PodCount | undefined {
  const all = podsBehind(index, host);
  return all && countOf(all.filter((pod) => hasLabels(pod.labels, labels)));
}

/** The same, one by one. */
export function podsBehind(index: ObjectIndex, host: string): readonly PodBehind[] | undefined {
  const [service] = index.services.get(host);
  if (service === undefined || service.externalName !== undefined) return undefined;
  const { namespace, name } = service;
  const slices = index.slices.get(`${namespace}/${name}`);
  if (slices.length === 0) return undefined;
  const behind = new Map<string, PodBehind>();
  for (const { address, pod, ready } of slices.flatMap(({ endpoints }) => endpoints)) {
    const found = pod === undefined ? undefined : index.get({ kind: 'Pod', namespace, name: pod });
    const key = pod ?? address; // a pod with two addresses is in two slices
    const labels = found?.kind === 'Pod' ? found.labels : {};
    behind.set(key, { labels, ready: ready || behind.get(key)?.ready === true });
  }
  return [...behind.values()];
}

export function countOf(pods: readonly Pick<PodBehind, 'ready'>[]): PodCount {
  return { ready: pods.filter(({ ready }) => ready).length, all: pods.length };
}
