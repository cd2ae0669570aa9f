import type { MeshObject } from '../../domain/map/objects.ts';
import { readApiGateway, readGatewayRoute, readReferenceGrant } from './gateway-api.ts';
import { readDestinationRule, readGateway, readServiceEntry, readSidecar } from './istio.ts';
import { readEndpointSlice, readPod, readService } from './kubernetes.ts';
import { readVirtualService } from './virtual-service.ts';

/** What the map reads, by group and kind: two groups have a Gateway. */
const readers = {
  'networking.istio.io/VirtualService': readVirtualService,
  'networking.istio.io/DestinationRule': readDestinationRule,
  'networking.istio.io/Gateway': readGateway,
  'networking.istio.io/ServiceEntry': readServiceEntry,
  'networking.istio.io/Sidecar': readSidecar,
  'gateway.networking.k8s.io/HTTPRoute': (object: unknown) => readGatewayRoute('HTTPRoute', object),
  'gateway.networking.k8s.io/GRPCRoute': (object: unknown) => readGatewayRoute('GRPCRoute', object),
  'gateway.networking.k8s.io/TCPRoute': (object: unknown) => readGatewayRoute('TCPRoute', object),
  'gateway.networking.k8s.io/TLSRoute': (object: unknown) => readGatewayRoute('TLSRoute', object),
  'gateway.networking.k8s.io/Gateway': readApiGateway,
  'gateway.networking.k8s.io/ReferenceGrant': readReferenceGrant,
  '/Service': readService,
  'discovery.k8s.io/EndpointSlice': readEndpointSlice,
  '/Pod': readPod,
} satisfies Readonly<Record<string, (object: unknown) => MeshObject | undefined>>;

export type MeshKind = keyof typeof readers;

export const meshKinds = Object.keys(readers) as readonly MeshKind[];

export function isMeshKind(kind: string): kind is MeshKind {
  return Object.hasOwn(readers, kind);
}

/** Undefined for an object of an odd shape, or of a kind that the map does not know: it does without it, and reads the others. */
export function readMeshObject(kind: string, object: unknown): MeshObject | undefined {
  return isMeshKind(kind) ? readers[kind](object) : undefined;
}
