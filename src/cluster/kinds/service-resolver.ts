import { z } from 'zod';
import { RejectedError } from '../../workflow/errors.ts';
import type { Resource } from '../client/kube-client.ts';
import { identity, metadata, parseObject, type RoutingKind, type Subset } from './kind.ts';

export const serviceResolvers: Resource = {
  group: 'consul.hashicorp.com',
  version: 'v1alpha1',
  plural: 'serviceresolvers',
};

/** What we read of a ServiceResolver of Consul: which subsets its service has. It has the name of its service. */
const serviceResolver = z.object({
  metadata: z.object(identity),
  spec: z
    .object({ subsets: z.record(z.string(), z.object({ filter: z.string().optional() }).catch({})).default({}) })
    .prefault({}),
});
export type ServiceResolver = z.infer<typeof serviceResolver>;

export const serviceResolverKind: RoutingKind = {
  resources: [serviceResolvers],
  rulesFields: [],
  read: (object, { whose = 'the API server sent a ServiceResolver' } = {}) => {
    const { metadata: read } = parseObject(z.object({ metadata }), object, whose);
    return {
      kind: 'ServiceResolver',
      metadata: read,
      hosts: [read.name],
      gateways: [],
      destinationHosts: () => [],
      reachedHosts: () => [],
      rules: () => [],
      places: () => [],
      weights: () => {
        throw new RejectedError(`ServiceResolver ${read.name} has no rules`);
      },
    };
  },
};

export function readServiceResolver(object: unknown): ServiceResolver | undefined {
  return serviceResolver.safeParse(object).data;
}

/** Consul chooses the instances of a subset by a filter, so no label is known. */
export function subsetsIn({ spec }: ServiceResolver): readonly Subset[] {
  return Object.entries(spec.subsets).map(([name, { filter }]) => ({ name, filter }));
}
