import { z } from 'zod';
import type { EndpointSlice, Pod, Service } from '../../domain/map/objects.ts';
import { rolloutAnnotation } from '../object-owners.ts';
import { metadata, names, portNumber } from './fields.ts';

const service = z.object({
  metadata,
  spec: z.object({
    clusterIP: z.string().optional(),
    clusterIPs: names,
    externalName: z.string().optional(),
    ports: z
      .array(
        z.object({
          port: portNumber,
          name: z.string().optional(),
          protocol: z.string().default('TCP'),
          appProtocol: z.string().optional(),
        }),
      )
      .default([]),
  }),
});

/** Istio's words for `exportTo` of a Service, which has no such field. */
const exportAnnotation = 'networking.istio.io/exportTo';

export function readService(object: unknown): Service | undefined {
  const read = service.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name, annotations } = read.metadata;
  const { clusterIP, clusterIPs, externalName, ports } = read.spec;
  return {
    kind: 'Service',
    namespace,
    name,
    exportTo: annotations?.[exportAnnotation]?.split(',').map((each) => each.trim()) ?? [],
    clusterIps: [...new Set([...(clusterIP === undefined ? [] : [clusterIP]), ...clusterIPs])],
    externalName,
    ...(annotations?.[rolloutAnnotation] !== undefined && { rollout: annotations[rolloutAnnotation] }),
    ports: ports.map(({ port, ...each }) => ({ ...each, number: port })),
  };
}

const endpoint = z.object({
  addresses: names,
  /** An unknown readiness is to be taken for ready (EndpointConditions). */
  conditions: z.object({ ready: z.boolean().nullish() }).default({}),
  targetRef: z.object({ kind: z.string().optional(), name: z.string().optional() }).nullish(),
});

const endpointSlice = z.object({
  metadata,
  endpoints: z.array(endpoint).nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), port: portNumber.nullish() })).nullish(),
});

export function readEndpointSlice(object: unknown): EndpointSlice | undefined {
  const read = endpointSlice.safeParse(object).data;
  const of = read?.metadata.labels?.['kubernetes.io/service-name'];
  if (read === undefined || of === undefined) return undefined;
  const { namespace, name } = read.metadata;
  return {
    kind: 'EndpointSlice',
    namespace,
    name,
    service: of,
    ports: (read.ports ?? []).map((each) => ({ name: each.name ?? undefined, number: each.port ?? undefined })),
    endpoints: (read.endpoints ?? []).flatMap(({ addresses: [address], conditions, targetRef }) => {
      if (address === undefined) return [];
      const pod = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
      return [{ address, ready: conditions.ready ?? true, pod }];
    }),
  };
}

const pod = z.object({ metadata });

export function readPod(object: unknown): Pod | undefined {
  const read = pod.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name, labels = {} } = read.metadata;
  return { kind: 'Pod', namespace, name, labels };
}
