import { isLabel } from '../../domain/routing/names.ts';
import type { Service } from './route-rule.ts';

/** The host that a rule of 2017 names. Undefined if it needs a namespace and none is given. */
export function hostOf(
  { name = '', namespace, domain, service }: Service,
  ruleNamespace: string | undefined,
): string | undefined {
  if (service !== undefined) return service;
  if (namespace === undefined && domain === undefined) return name;
  const place = namespace ?? ruleNamespace;
  return place === undefined ? undefined : `${name}.${place}.${domain ?? 'svc.cluster.local'}`;
}

export type Labels = Readonly<Record<string, string>>;

/**
 * The subset for labels, named after the version, then the other labels, in characters that a subset's name may have. Undefined if there
 * are no labels (then all pods of the service are meant), or if they leave no valid name.
 */
export function subsetOf(labels: Labels): string | undefined {
  const { version, ...others } = labels;
  const rest = Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const words = [...(version === undefined ? [] : [version]), ...rest.flat()];
  const name = words
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return isLabel(name) ? name : undefined;
}

export function describeLabels(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}: ${value}`);
  return all.join(', ').slice(0, 200);
}
