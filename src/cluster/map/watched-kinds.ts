import type { ObjectKind } from '../../domain/routing/object.ts';
import { groupOf } from '../../domain/routing/object.ts';
import type { Resource } from '../client/kube-client.ts';
import type { ServedKinds } from '../served-kinds.ts';
import { isMeshKind, type MeshKind } from './read-object.ts';

/** A kind of objects that the map reads, and how it is watched. */
export interface WatchedKind {
  readonly kind: MeshKind;
  /** Undefined if the cluster does not serve it. */
  readonly resource: () => Promise<Resource | undefined>;
  /** How often all are listed, where that costs too much to be done as often as usual. */
  readonly relistMs?: number;
}

const istio = { group: 'networking.istio.io', version: 'v1' };
const gatewayApi = { group: 'gateway.networking.k8s.io' };

/** A pod is large, and its labels stay as they are. */
const podsAgainMs = 10 * 60_000;

/** What decides where requests go, beside the objects that split traffic and those that define versions. */
const everywhere: readonly WatchedKind[] = [
  plain('/Service', { group: '', version: 'v1', plural: 'services' }),
  plain('networking.istio.io/Gateway', { ...istio, plural: 'gateways' }),
  plain('networking.istio.io/ServiceEntry', { ...istio, plural: 'serviceentries' }),
  plain('networking.istio.io/Sidecar', { ...istio, plural: 'sidecars' }),
  plain('gateway.networking.k8s.io/Gateway', { ...gatewayApi, version: 'v1', plural: 'gateways' }),
  plain('gateway.networking.k8s.io/ReferenceGrant', { ...gatewayApi, version: 'v1beta1', plural: 'referencegrants' }),
];

/** The same for a namespace that the bot serves, and the pods there: those behind a version are counted. */
export const around: readonly WatchedKind[] = [
  ...everywhere,
  plain('discovery.k8s.io/EndpointSlice', { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }),
  { ...plain('/Pod', { group: '', version: 'v1', plural: 'pods' }), relistMs: podsAgainMs },
];

/** All that says in the whole cluster who routes a request. */
export function allKinds(served: ServedKinds): readonly WatchedKind[] {
  const routing: readonly ObjectKind[] = [
    ...(['VirtualService', 'DestinationRule'] as const),
    ...(['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'] as const),
  ];
  return [
    ...routing.flatMap((each) => {
      const kind = `${groupOf(each)}/${each}`;
      return isMeshKind(kind) ? [{ kind, resource: () => served.find(each) }] : [];
    }),
    ...everywhere,
  ];
}

function plain(kind: MeshKind, resource: Resource): WatchedKind {
  return { kind, resource: () => Promise.resolve(resource) };
}
