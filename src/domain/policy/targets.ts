import { type NamedService, readHost } from '../routing/names.ts';
import type { ObjectRef } from '../routing/object.ts';
import type { Route, Rule } from '../routing/route.ts';
import { type Split, total, versionsOf, weightOf } from '../routing/split.ts';

/** Whose traffic a change touches: the hosts that are asked for, and those that the requests go to. */
export interface Hosts {
  /** The hosts of the object, as they are written there; of a delegate those of the objects that hand over to it. */
  readonly hosts: readonly string[];
  /** The hosts of destinations, and of mirrors. */
  readonly routed: readonly string[];
}

/** An object with its hosts. */
export interface Named extends Hosts {
  readonly object: ObjectRef;
}

/** The hosts of some rules of an object, or of all. What touches a rule touches the traffic of each of these. */
export function hostsOfRules(
  {
    hosts,
    handedOver = [],
    rules,
  }: Pick<Route, 'hosts' | 'handedOver'> & { readonly rules: readonly Pick<Rule, 'key' | 'backends' | 'mirrors'>[] },
  keys?: readonly string[],
): Hosts {
  const touched = keys === undefined ? rules : rules.filter(({ key }) => keys.includes(key));
  const reached = touched.flatMap(({ backends = [], mirrors = [] }) => [...backends, ...mirrors]);
  const handed = handedOver.flatMap((each) => each.hosts);
  return { hosts: [...new Set([...hosts, ...handed])], routed: [...new Set(reached.map(({ host }) => host))] };
}

/** The hosts that moves of an object's weights touch. Of an object that is not there: those that would be handed over to it. */
export function hostsMoved(
  moves: readonly { readonly rule: string }[],
  route: Parameters<typeof hostsOfRules>[0] | undefined,
  awaitedBy: Route['handedOver'] = [],
): Hosts {
  const keys = moves.map(({ rule }) => rule);
  if (route !== undefined) return hostsOfRules(route, keys);
  return { hosts: [...new Set(awaitedBy.flatMap(({ hosts }) => hosts))], routed: [] };
}

/** One host, as policy, locks and freezes call it. */
export interface HostTarget {
  /** `cluster/namespace/service`, with stars if the host has one. */
  readonly name: string;
  /** Another name that it may be called by. */
  readonly orElse?: string | undefined;
  /** Requests only go to it: the object is not asked for it. */
  readonly isRoutedOnly: boolean;
}

/** What policy, locks and freezes call an object. */
export interface ObjectNames {
  /** `cluster/namespace/name` of the object itself. */
  readonly own: string;
  /** Each host once. */
  readonly hosts: readonly HostTarget[];
}

export function namesOf({ object, hosts, routed }: Named): ObjectNames {
  const { cluster, namespace, name } = object;
  const found = new Map<string, HostTarget>();
  const add = (host: string, isRoutedOnly: boolean) => {
    const read = readHost(host, namespace);
    const target = targetOf(cluster, read);
    const orElse = read.orElse && targetOf(cluster, read.orElse);
    if (!found.has(target)) found.set(target, { name: target, orElse, isRoutedOnly });
  };
  for (const host of hosts) add(host, false);
  for (const host of routed) add(host, true);
  return { own: `${cluster}/${namespace}/${name}`, hosts: [...found.values()] };
}

/** Every name of an object, its own first. A lock or a freeze on any of them holds. */
export function targetsOf(named: Named): readonly string[] {
  const { own, hosts } = namesOf(named);
  return [...new Set([own, ...hosts.flatMap(({ name, orElse }) => (orElse === undefined ? [name] : [name, orElse]))])];
}

export function targetOf(cluster: string, { namespace, service }: NamedService): string {
  return `${cluster}/${namespace}/${service}`;
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
