import { resolveHost } from '../routing/names.ts';
import type { Route } from '../routing/route.ts';
import { type Split, total, versionsOf, weightOf } from '../routing/split.ts';

const clusterSuffix = '.svc.cluster.local';

/**
 * Every name of a routing object, as `cluster/namespace/service`: its own, and one for each of its hosts. Policy checks all of them, so
 * that no other name of the same traffic leads around a rule.
 */
export function targetsOf({ object, hosts }: Pick<Route, 'object' | 'hosts'>): readonly string[] {
  const { cluster, namespace, name } = object;
  const names = hosts.map((host) => {
    if (host.startsWith('*.') && clusterSuffix.endsWith(host.slice(1))) return `${cluster}/*/*`; // every service in the cluster
    const full = resolveHost(host, namespace);
    if (!full.endsWith(clusterSuffix)) return `${cluster}/${namespace}/${full}`;
    const [service = '', place = namespace] = full.slice(0, -clusterSuffix.length).split('.');
    return `${cluster}/${place}/${service}`;
  });
  return [...new Set([`${cluster}/${namespace}/${name}`, ...names])];
}

/** In percent. `step`: the most that a version gains. `reached`: the largest share among the versions that grow. */
export interface Growth {
  readonly step: number;
  readonly reached: number;
  /** The real growth may be larger, because it cannot be measured. */
  readonly isAtLeast?: boolean;
}

export function growthOf(from: Split, to: Split): Growth {
  const growing = versionsOf(from, to)
    .map((version) => ({ was: shareOf(from, version), is: shareOf(to, version) }))
    .filter(({ was, is }) => is > was);
  const steps = growing.map(({ was, is }) => rounded(is - was));
  return { step: Math.max(0, ...steps), reached: Math.max(0, ...growing.map(({ is }) => rounded(is))) };
}

/** In percent, not rounded. */
export function shareOf(split: Split, version: string): number {
  const sum = total(split);
  return sum === 0 ? 0 : (weightOf(split, version) * 100) / sum;
}

/** Removes floating-point noise, so that a third is not a step larger than it is. */
export function rounded(percent: number): number {
  return Math.round(percent * 1e6) / 1e6;
}
