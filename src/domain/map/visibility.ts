import type { DestinationRule, MeshSettings, RoutingId, VirtualService } from './objects.ts';

type Exported = Pick<VirtualService, 'namespace' | 'exportTo'>;

/** How near an object is to callers of a namespace: the lower is tried first. */
export type Rank = (typeof ranks)[keyof typeof ranks];

export const ranks = { ownOnly: 0, byName: 1, ownHttpRoute: 2, ownGrpcRoute: 3, public: 4 } as const;

/** Undefined: the object is not exported to the namespace (istio `initVirtualServices`). */
export function rankOf(settings: MeshSettings, object: Exported, namespace: string): Rank | undefined {
  const exportTo = exportsOf(object, settings.virtualServiceExportTo);
  if (exportTo.includes('~')) return undefined;
  if (exportTo.includes('*')) return ranks.public;
  if (!exportTo.includes(namespace)) return undefined;
  return namespace === object.namespace ? ranks.ownOnly : ranks.byName;
}

/** Whether an object is exported to a namespace at all. */
export function sees(settings: MeshSettings, object: Exported, namespace: string): boolean {
  return rankOf(settings, object, namespace) !== undefined;
}

/** The namespaces that an object is exported to, or `*`. `.` is its own. */
export function exportsOf(
  { namespace, exportTo }: Pick<DestinationRule, 'namespace' | 'exportTo'>,
  otherwise: readonly string[],
): readonly string[] {
  return (exportTo.length === 0 ? otherwise : exportTo).map((each) => (each === '.' ? namespace : each));
}

/** Older first; of one second, by name, then by namespace. */
export function byAge<T extends { createdAt: string; name: string; namespace: string }>(one: T, other: T): number {
  return (
    compare(one.createdAt, other.createdAt) || compare(one.name, other.name) || compare(one.namespace, other.namespace)
  );
}

/** An object, or several that are merged, in the order in which those of one host are tried. */
export interface Placed {
  readonly id: RoutingId;
  readonly rank: Rank;
  readonly createdAt: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the parent that a route of the Gateway API is attached to. */
  readonly port?: number | undefined;
}

export function byRank(one: Placed, other: Placed): number {
  return one.rank - other.rank || (areRoutesOfOneSecond(one, other) ? byPort(one, other) : 0) || byAge(one, other);
}

function areRoutesOfOneSecond(one: Placed, other: Placed): boolean {
  return [one, other].every(({ id }) => id.kind !== 'VirtualService') && one.createdAt === other.createdAt;
}

/** Of one second, routes that name the port of their parent go first. */
function byPort(one: Placed, other: Placed): number {
  return Number(other.port !== undefined) - Number(one.port !== undefined);
}

/** By code units, as Go compares strings. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
