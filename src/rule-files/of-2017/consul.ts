import type { Manifest } from '../../domain/routing/rule-file.ts';
import type { Conversion, Unconverted } from './conversion.ts';
import type { RouteRule } from './route-rule.ts';
import { describeLabels, hostOf, type Labels, subsetOf } from './subsets.ts';

/** The service was in the registry of Consul. */
export function isOfConsul({ spec, namespace }: RouteRule): boolean {
  return /\.consul$/i.test(hostOf(spec.destination, namespace) ?? '');
}

/**
 * Turns rules of 2017 for services of Consul into what Consul has for them today: a ServiceSplitter each, and the subsets that it sends to
 * (https://developer.hashicorp.com/consul/docs/reference/config-entry/service-splitter). Of several rules for one service the first by
 * precedence takes all requests, since none of them has a match.
 */
export function convertForConsul(rules: readonly RouteRule[]): Conversion {
  const unconverted: Unconverted[] = [];
  const leave = ({ name, object }: RouteRule, why: string) => unconverted.push({ rule: name, line: object.line, why });
  const able = rules.filter((rule) => {
    const why = obstacleTo(rule);
    if (why !== undefined) leave(rule, why);
    return why === undefined;
  });
  const byService = Map.groupBy(able, (rule) => `${rule.namespace ?? ''}/${serviceOf(rule)}`);
  const kept = [...byService.values()].flatMap((same) => {
    const [first, ...others] = same.toSorted((a, b) => b.spec.precedence - a.spec.precedence);
    for (const other of others)
      leave(other, `it is never reached: \`${first?.name}\` comes before it and takes all requests`);
    return first ?? [];
  });
  return {
    made: kept.flatMap((rule) => manifestsOf(rule).map((manifest) => ({ manifest, line: rule.object.line }))),
    conversions: kept.length === 0 ? [] : [...kept.flatMap(told), onlyHttp],
    unconverted,
  };
}

const onlyHttp =
  'Consul divides requests only where it knows that a service speaks HTTP (`protocol: http` in its ServiceDefaults, or in ProxyDefaults).';

/** `reviews.service.consul`. A tag before it or a datacenter in it would be more than a service. */
const plainName = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\.service\.consul$/i;

function serviceOf({ spec, namespace }: RouteRule): string | undefined {
  return plainName.exec(hostOf(spec.destination, namespace) ?? '')?.[1]?.toLowerCase();
}

/** What a ServiceSplitter does not do. */
const more = [
  ...(['match', 'redirect', 'rewrite', 'mirror', 'corsPolicy', 'appendHeaders'] as const),
  ...(['httpReqTimeout', 'httpReqRetries', 'httpFault', 'l4Fault', 'ingress'] as const),
];

function obstacleTo(rule: RouteRule): string | undefined {
  const { destination, route } = rule.spec;
  if (serviceOf(rule) === undefined)
    return `\`${hostOf(destination, rule.namespace)?.slice(0, 63)}\` is more than the name of a service, like \`reviews.service.consul\``;
  if (Object.keys(destination.labels ?? {}).length > 0)
    return 'its `destination` has labels, but a rule is for a whole service: move them to `route`';
  const has = more.find((field) => rule.spec[field] !== undefined);
  if (has !== undefined)
    return `it has \`${has}\`, but a ServiceSplitter only divides requests: that takes a ServiceRouter, which rule files cannot contain`;
  if (route.some((each) => each.destination !== undefined)) return 'it sends requests to another service';
  const unnamed = route.find(({ labels }) => Object.keys(labels).length > 0 && subsetOf(labels) === undefined);
  if (unnamed !== undefined)
    return `its labels cannot be turned into the name of a subset (${describeLabels(unnamed.labels)})`;
  const odd = route.flatMap(({ labels }) => Object.keys(labels)).find((key) => !plainKey.test(key));
  if (odd !== undefined) return `Consul cannot choose by the label \`${odd.slice(0, 63)}\``;
  const twice = twoOfOneName(route.map(({ labels }) => labels));
  if (twice !== undefined)
    return `its labels ${describeLabels(twice[0])} and ${describeLabels(twice[1])} both become the subset \`${subsetOf(twice[0])}\``;
  const sum = splitsOf(rule).reduce((all, { weight }) => all + weight, 0);
  return sum === 100 ? undefined : `its weights sum to ${sum}, and those of a ServiceSplitter must sum to 100`;
}

/** Two sets of labels that would become one subset. */
function twoOfOneName(all: readonly Labels[]): readonly [Labels, Labels] | undefined {
  for (const [at, labels] of all.entries()) {
    const other = all.slice(0, at).find((each) => subsetOf(each) === subsetOf(labels));
    if (other !== undefined) return [other, labels];
  }
  return undefined;
}

/** What can stand in a filter as it is (https://developer.hashicorp.com/consul/api-docs/features/filtering). */
const plainKey = /^[A-Za-z][A-Za-z0-9_]*$/;

function splitsOf({ spec: { route } }: RouteRule) {
  if (route.length === 0) return [{ weight: 100 }];
  return route.map(({ labels, weight }) => {
    const serviceSubset = subsetOf(labels);
    return { weight: route.length === 1 ? 100 : (weight ?? 0), ...(serviceSubset !== undefined && { serviceSubset }) };
  });
}

function subsetsOf({ spec: { route } }: RouteRule): ReadonlyMap<string, Labels> {
  return new Map(
    route.flatMap(({ labels }) => {
      const name = subsetOf(labels);
      return name === undefined ? [] : [[name, labels] as const];
    }),
  );
}

function manifestsOf(rule: RouteRule): readonly Manifest[] {
  const of = { name: serviceOf(rule) ?? '', ...(rule.namespace !== undefined && { namespace: rule.namespace }) };
  const subsets = [...subsetsOf(rule)].map(([name, labels]) => [name, { filter: filterFor(labels) }] as const);
  const splitter: Manifest = { kind: 'ServiceSplitter', ...of, spec: { splits: splitsOf(rule) } };
  if (subsets.length === 0) return [splitter];
  return [{ kind: 'ServiceResolver', ...of, spec: { subsets: Object.fromEntries(subsets) }, isAdded: true }, splitter];
}

/** Instances of Consul have metadata in place of labels. */
function filterFor(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `Service.Meta.${key} == ${JSON.stringify(value)}`)
    .join(' and ');
}

function told(rule: RouteRule): readonly string[] {
  const name = serviceOf(rule) ?? '';
  const became = `The route rule \`${rule.name}\` (line ${rule.object.line}) became ServiceSplitter \`${name}\` of Consul.`;
  const all = [...subsetsOf(rule)].map(([subset, labels]) => `\`${subset}\` (${describeLabels(labels)})`);
  if (all.length === 0) return [became];
  const subsets =
    all.length === 1 ? `the subset ${all[0]}` : `the subsets ${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
  return [
    became,
    `ServiceResolver \`${name}\` gets ${subsets}, by the metadata of the service's instances. Those that it has stay as they are.`,
  ];
}
