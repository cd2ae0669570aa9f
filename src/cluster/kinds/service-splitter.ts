import { z } from 'zod';
import { defaultRule, type Rule } from '../../domain/routing/route.ts';
import type { Resource } from '../client/kube-client.ts';
import { tellApart } from './keys.ts';
import { type Defined, metadata, parseObject, type RoutingKind, type RoutingObject } from './kind.ts';
import { splitOf, type Weighed, weightsOf } from './weights.ts';

const split = z.object({
  weight: z.number().optional(),
  service: z.string().optional(),
  serviceSubset: z.string().optional(),
  namespace: z.string().optional(),
  partition: z.string().optional(),
});
type SplitRead = z.infer<typeof split>;

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});

/** What we read of a ServiceSplitter of Consul. It has the name of its service. */
const serviceSplitter = z.object({
  metadata,
  spec: z.object({ splits: z.array(split).default([]) }).prefault({}),
  status: z
    .object({ conditions: z.array(condition).default([]) })
    .optional()
    .catch(undefined),
});
type ServiceSplitter = z.infer<typeof serviceSplitter>;

export const serviceSplitters: Resource = {
  group: 'consul.hashicorp.com',
  version: 'v1alpha1',
  plural: 'servicesplitters',
};

export const serviceSplitterKind: RoutingKind = {
  resources: [serviceSplitters],
  rulesFields: ['f:splits'],
  definedBy: 'ServiceResolver',
  read: (object, { whose = 'the API server sent a ServiceSplitter' } = {}) =>
    toRoutingObject(parseObject(serviceSplitter, object, whose)),
};

/** Consul counts in hundredths of a percent, which always sum to 100 %. Our weights are whole numbers, so we count these. */
const hundredths = 100;
const whole = 100 * hundredths;

function toRoutingObject(object: ServiceSplitter): RoutingObject {
  const { metadata, status } = object;
  const services = () => [...new Set(object.spec.splits.map((each) => serviceOf(each, metadata.name)))];
  return {
    kind: 'ServiceSplitter',
    metadata,
    hosts: [metadata.name],
    gateways: ['mesh'],
    standing: { needs: ['Synced'], parents: standingIn(status) },
    destinationHosts: services,
    reachedHosts: services,
    rules: (defined) => [toRule(object, defined)],
    places: () => [],
    weights: (moves) => weightsOf(`ServiceSplitter ${metadata.name}`, [weighed(object)], moves),
  };
}

function toRule(object: ServiceSplitter, { subsetsOf }: Defined): Rule {
  const { metadata, spec } = object;
  const services = [...new Set(spec.splits.map((each) => serviceOf(each, metadata.name)))];
  const { versions, weights } = weighed(object);
  const chosenBy = (service: string, subset: string | undefined) =>
    subsetsOf(service).find(({ name }) => name === subset)?.filter;
  const backends = spec.splits.map((each, at) => ({
    version: versions[at] ?? '',
    host: serviceOf(each, metadata.name),
    label: each.serviceSubset,
    chosenBy: chosenBy(serviceOf(each, metadata.name), each.serviceSubset),
  }));
  const [only, ...more] = services;
  const defined = only === undefined || more.length > 0 ? [] : subsetsOf(only).map(({ name }) => name);
  const isServed = ({ host, label }: (typeof backends)[number]) =>
    label === undefined || subsetsOf(host).some(({ name }) => name === label);
  const added = defined.filter((name) => !versions.includes(name));
  return {
    key: defaultRule,
    split: splitOf({ versions, weights }),
    unsplittable: whyNot(versions, weights),
    host: more.length === 0 ? only : undefined,
    served: [...new Set([...backends.filter(isServed).map(({ version }) => version), ...added])],
    backends: [
      ...backends,
      ...added.map((name) => ({ version: name, host: only ?? '', label: name, chosenBy: chosenBy(only ?? '', name) })),
    ],
    shortNames: Object.fromEntries(spec.splits.map((each, at) => [versions[at] ?? '', plainName(each, metadata.name)])),
    bounds: { sum: whole },
  };
}

function whyNot(versions: readonly string[], weights: readonly number[]): Rule['unsplittable'] {
  if (versions.length === 0) return 'no-destination';
  if (weights.some((weight) => weight < 0)) return 'invalid-weight';
  return new Set(versions).size < versions.length ? 'ambiguous-destinations' : undefined;
}

function weighed({ metadata, spec: { splits } }: ServiceSplitter): Weighed {
  const plain = splits.map((each) => plainName(each, metadata.name));
  const withService = splits.map((each, at) =>
    each.serviceSubset === undefined ? (plain[at] ?? '') : `${serviceOf(each, metadata.name)}/${each.serviceSubset}`,
  );
  return {
    key: defaultRule,
    path: '/spec/splits',
    versions: tellApart(plain, () => [withService]),
    weights: splits.map(({ weight = 0 }) => Math.round(weight * hundredths)),
    written: (weight) => weight / hundredths,
    beside: (serviceSubset) => ({
      ...(splits[0]?.service !== undefined && { service: splits[0].service }),
      serviceSubset,
    }),
  };
}

/** A subset names a version. A split without one sends to its service, or to the splitter's own. */
function plainName({ serviceSubset, service }: SplitRead, own: string): string {
  return serviceSubset ?? service ?? own;
}

/** As Consul names it. `.` separates what a service is in another namespace or partition. */
function serviceOf({ service, namespace, partition }: SplitRead, own: string): string {
  return [service ?? own, namespace, partition].filter((part) => part !== undefined && part !== '').join('.');
}

/** What Consul says of it, without the generation that it is about. */
function standingIn(status: ServiceSplitter['status']): NonNullable<RoutingObject['standing']>['parents'] {
  if (status === undefined || status.conditions.length === 0) return [];
  const conditions = status.conditions.map(({ type, status: is, reason, message }) => ({
    type,
    isTrue: is === 'True',
    reason,
    message: message.slice(0, 300),
  }));
  return [{ parent: 'Consul', controller: 'consul', conditions }];
}
