import { z } from 'zod';
import type { DestinationRule, Gateway, ServiceEntry, Sidecar } from '../../domain/map/objects.ts';
import { labels, metadata, names, portNumber } from './fields.ts';

const destinationRule = z.object({
  metadata,
  spec: z.object({
    host: z.string(),
    exportTo: names,
    workloadSelector: z.object({ matchLabels: labels.default({}) }).optional(),
    subsets: z.array(z.object({ name: z.string(), labels: labels.default({}) })).default([]),
  }),
});

export function readDestinationRule(object: unknown): DestinationRule | undefined {
  const read = destinationRule.safeParse(object).data;
  if (read === undefined) return undefined;
  const { host, exportTo, workloadSelector, subsets } = read.spec;
  return {
    kind: 'DestinationRule',
    ...aged(read.metadata),
    host,
    exportTo,
    workloadSelector: workloadSelector?.matchLabels,
    subsets,
  };
}

const serverPort = z.object({ number: portNumber, name: z.string().optional(), protocol: z.string().default('TCP') });

const gateway = z.object({
  metadata,
  spec: z.object({
    selector: labels.default({}),
    servers: z
      .array(
        z.object({
          port: serverPort,
          hosts: names,
          tls: z.object({ httpsRedirect: z.boolean().optional() }).optional().catch(undefined),
        }),
      )
      .default([]),
  }),
});

export function readGateway(object: unknown): Gateway | undefined {
  const read = gateway.safeParse(object).data;
  if (read === undefined) return undefined;
  const servers = read.spec.servers.map(({ port, hosts, tls }) => ({
    port: port.number,
    name: port.name,
    protocol: port.protocol,
    hosts,
    httpsRedirect: tls?.httpsRedirect,
  }));
  return { kind: 'Gateway', ...aged(read.metadata), selector: read.spec.selector, servers };
}

const serviceEntry = z.object({
  metadata,
  spec: z.object({
    hosts: names,
    addresses: names,
    exportTo: names,
    resolution: z.string().default('NONE'),
    ports: z.array(serverPort).default([]),
    endpoints: z.array(z.object({ address: z.string().default(''), labels: labels.default({}) })).default([]),
  }),
});

export function readServiceEntry(object: unknown): ServiceEntry | undefined {
  const read = serviceEntry.safeParse(object).data;
  if (read === undefined) return undefined;
  const ports = read.spec.ports.map(({ protocol, ...port }) => ({ ...port, protocol: 'TCP', appProtocol: protocol }));
  return { kind: 'ServiceEntry', ...aged(read.metadata), ...read.spec, ports };
}

const sidecar = z.object({
  metadata,
  spec: z.object({
    workloadSelector: z.object({ labels: labels.default({}) }).optional(),
    egress: z.array(z.object({ hosts: names })).optional(),
    outboundTrafficPolicy: z.object({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']).optional() }).optional(),
  }),
});

export function readSidecar(object: unknown): Sidecar | undefined {
  const read = sidecar.safeParse(object).data;
  if (read === undefined) return undefined;
  const { workloadSelector, egress, outboundTrafficPolicy } = read.spec;
  return {
    kind: 'Sidecar',
    ...aged(read.metadata),
    workloadSelector: workloadSelector?.labels,
    egressHosts: egress?.flatMap(({ hosts }) => hosts),
    outbound: outboundTrafficPolicy?.mode,
  };
}

function aged({ namespace, name, creationTimestamp: createdAt }: z.infer<typeof metadata>) {
  return { namespace, name, createdAt };
}
