import type { ObjectIndex } from './object-index.ts';
import type { Labels } from './objects.ts';
import { hasLabels } from './rules/applies.ts';

/** The pods that requests can go to. */
export interface PodCount {
  readonly ready: number;
  readonly all: number;
}

/**
 * The pods of a Service with these labels, as its EndpointSlices have them. An endpoint without a pod has no labels. Undefined for what is
 * no Service, and for one without any slice: nothing keeps them for it.
 */
export function podsOf(index: ObjectIndex, host: string, labels: Labels): PodCount | undefined {
  const [service] = index.services.get(host);
  if (service === undefined || service.externalName !== undefined) return undefined;
  const { namespace, name } = service;
  const slices = index.slices.get(`${namespace}/${name}`);
  if (slices.length === 0) return undefined;
  const ready = new Map<string, boolean>();
  for (const { address, pod, ready: isReady } of slices.flatMap(({ endpoints }) => endpoints)) {
    const found = pod === undefined ? undefined : index.get({ kind: 'Pod', namespace, name: pod });
    if (!hasLabels(found?.kind === 'Pod' ? found.labels : {}, labels)) continue;
    const key = pod ?? address; // a pod with two addresses is in two slices
    ready.set(key, isReady || ready.get(key) === true);
  }
  const all = [...ready.values()];
  return { ready: all.filter((each) => each).length, all: all.length };
}
