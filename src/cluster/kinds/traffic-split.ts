import { z } from 'zod';
import { resolveIn } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { RejectedError } from '../../workflow/errors.ts';
import type { Resource } from '../client/kube-client.ts';
import { metadata, parseObject, type RoutingKind } from './kind.ts';
import { splitOf } from './weights.ts';

/** What we read of a TrafficSplit of SMI, which is archived. We show it and never write it. */
const trafficSplit = z.object({
  metadata,
  spec: z
    .object({
      service: z.string().default(''),
      backends: z
        .array(z.object({ service: z.string(), weight: z.unknown() }))
        .default([])
        .catch([]),
    })
    .prefault({}),
});

function resource(version: string): Resource {
  return { group: 'split.smi-spec.io', version, plural: 'trafficsplits' };
}

export const trafficSplitKind: RoutingKind = {
  resources: [resource('v1alpha4'), resource('v1alpha3'), resource('v1alpha2'), resource('v1alpha1')],
  rulesFields: ['f:backends'],
  read: (object, { whose = 'the API server sent a TrafficSplit', domain } = {}) => {
    const { metadata: read, spec } = parseObject(trafficSplit, object, whose);
    const versions = spec.backends.map(({ service }) => service);
    const weights = spec.backends.map(({ weight }) => wholeNumber(weight));
    const home = { namespace: read.namespace, domain };
    const hosts = [...new Set(versions.map((name) => resolveIn(home, name)))];
    return {
      kind: 'TrafficSplit',
      metadata: read,
      hosts: [spec.service],
      gateways: ['mesh'],
      destinationHosts: () => hosts,
      reachedHosts: () => hosts,
      rules: () => [
        {
          key: defaultRule,
          split: splitOf({ versions, weights }),
          unsplittable: 'read-only',
          served: versions,
          backends: versions.map((version) => ({ version, host: resolveIn(home, version) })),
        },
      ],
      places: () => [],
      weights: () => {
        throw new RejectedError(`TrafficSplit ${read.name} is of SMI, which is archived: shiftbot does not write it`);
      },
    };
  },
};

/** Early versions have quantities (`100m`, `"1"`): 100m are a tenth. */
function wholeNumber(weight: unknown): number {
  const [, number = '0', milli] = /^(\d+)(m)?$/.exec(String(weight)) ?? [];
  return milli === undefined ? Number(number) * 1_000 : Number(number);
}
