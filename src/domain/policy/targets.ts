import { resolveHost } from '../routing/names.ts';
import type { Route } from '../routing/route.ts';
import { type Split, total, versionsOf, weightOf } from '../routing/split.ts';

const clusterSuffix = '.svc.cluster.local';

/**
 * Every name that a routing object goes by, as `cluster/namespace/service`: its own, and those of its hosts. Policy looks at all of
 * them, so that no other name of the same traffic leads around a rule.
 */
export function targetsOf({ object, hosts }: Pick<Route, 'object' | 'hosts'>): readonly string[] {
  const { cluster, namespace, name } = object;
  const names = hosts.map((host) => {
    if (host.startsWith('*.') && clusterSuffix.endsWith(host.slice(1))) return `${cluster}/*/*`; // every service there is
    const full = resolveHost(host, namespace);
    if (!full.endsWith(clusterSuffix)) return `${cluster}/${namespace}/${full}`;
    const [service = '', place = namespace] = full.slice(0, -clusterSuffix.length).split('.');
    return `${cluster}/${place}/${service}`;
  });
  return [...new Set([`${cluster}/${namespace}/${name}`, ...names])];
}

/** How much a change gives to whichever version it gives most, and how much the largest that grows then has; in percent. */
export interface Growth {
  readonly step: number;
  readonly reached: number;
  /** It may give more than can be measured. */
  readonly isAtLeast?: boolean;
}

export function growthOf(from: Split, to: Split): Growth {
  const growing = versionsOf(from, to)
    .map((version) => ({ was: share(from, version), is: share(to, version) }))
    .filter(({ was, is }) => is > was);
  const steps = growing.map(({ was, is }) => rounded(is - was));
  return { step: Math.max(0, ...steps), reached: Math.max(0, ...growing.map(({ is }) => rounded(is))) };
}

function share(split: Split, version: string): number {
  const sum = total(split);
  return sum === 0 ? 0 : (weightOf(split, version) * 100) / sum;
}

/** What floating point adds to a third is no step of anybody's. */
function rounded(percent: number): number {
  return Math.round(percent * 1e6) / 1e6;
}
