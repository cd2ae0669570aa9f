import { z } from 'zod';
import { RejectedError } from '../../workflow/errors.ts';
import type { Resource } from '../client/kube-client.ts';
import { identity, marks, metadata, parseObject, type RoutingKind } from './kind.ts';

export const destinationRules: Resource = { group: 'networking.istio.io', version: 'v1', plural: 'destinationrules' };

/** Whether it chooses the pod by something in the request. */
const hashes = z
  .object({ loadBalancer: z.object({ consistentHash: z.record(z.string(), z.unknown()) }) })
  .transform(() => true as const)
  .optional()
  .catch(undefined);

/** What we read of a DestinationRule to know which versions there are, and how their pods are chosen. */
const destinationRule = z.object({
  metadata: z.object({ ...identity, annotations: marks.optional() }),
  spec: z.object({
    host: z.string(),
    trafficPolicy: hashes,
    subsets: z
      .array(z.object({ name: z.string(), labels: marks.optional().catch(undefined), trafficPolicy: hashes }))
      .default([]),
  }),
});
export type DestinationRule = z.infer<typeof destinationRule>;

/** Whether it keeps a client at one pod of a version (`consistentHash`). Which version, each request draws anew. */
export function isHashed({ spec: { trafficPolicy, subsets } }: DestinationRule): boolean {
  return trafficPolicy === true || subsets.some((subset) => subset.trafficPolicy === true);
}

const anyDestinationRule = z.object({ metadata });

export const destinationRuleKind: RoutingKind = {
  resources: [destinationRules],
  rulesFields: [],
  read: (object, { whose = 'the API server sent a DestinationRule' } = {}) => {
    const { metadata } = parseObject(anyDestinationRule, object, whose);
    const host = readDestinationRule(object)?.spec.host;
    return {
      kind: 'DestinationRule',
      metadata,
      hosts: host === undefined ? [] : [host],
      gateways: [],
      destinationHosts: () => [],
      reachedHosts: () => [],
      rules: () => [],
      places: () => [],
      weights: () => {
        throw new RejectedError(`DestinationRule ${metadata.name} has no rules`);
      },
    };
  },
};

/** Undefined for an object that names no host: it defines no version. */
export function readDestinationRule(object: unknown): DestinationRule | undefined {
  return destinationRule.safeParse(object).data;
}
