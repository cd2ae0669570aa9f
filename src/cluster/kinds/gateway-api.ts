import { z } from 'zod';
import { type Home, resolveIn, shortIn } from '../../domain/routing/names.ts';
import type { Standing } from '../../domain/routing/standing.ts';
import { metadata } from './kind.ts';

/** What we read of a ParentReference. Without `kind` it is a Gateway. */
export const parentRef = z.object({
  group: z.string().default('gateway.networking.k8s.io'),
  kind: z.string().default('Gateway'),
  name: z.string(),
  namespace: z.string().optional(),
  port: z.int().optional(),
  sectionName: z.string().optional(),
});
export type ParentRef = z.infer<typeof parentRef>;

/** What we read of a BackendRef. The API server writes the defaults of `kind` and `weight` itself. */
export const backendRef = z.object({
  group: z.string().default(''),
  kind: z.string().default('Service'),
  name: z.string(),
  namespace: z.string().optional(),
  port: z.int().optional(),
  weight: z.int().default(1),
});
export type BackendRef = z.infer<typeof backendRef>;

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.int().optional(),
});
const parentStatus = z.object({
  parentRef,
  controllerName: z.string().default(''),
  conditions: z.array(condition).default([]),
});

/** What all kinds of routes have in common. A status that we cannot read is as good as none. */
export const routeParts = {
  metadata: metadata.extend({ generation: z.int().optional() }),
  status: z
    .object({ parents: z.array(parentStatus).default([]) })
    .optional()
    .catch(undefined),
};
export type RouteStatus = z.infer<typeof routeParts.status>;

/** `reviews`, `Gateway shop/edge`. */
export function parentName({ kind, name, namespace }: ParentRef, own: string): string {
  const where = namespace === undefined || namespace === own ? name : `${namespace}/${name}`;
  return `${kind} ${where}`;
}

/** The hosts that a route is about: those of the Services that it is bound to, and its own host names at Gateways. */
export function hostsOf(parents: readonly ParentRef[], hostnames: readonly string[], home: Home): readonly string[] {
  const services = parents
    .filter(isService)
    .map(({ name, namespace = home.namespace }) => shortIn(home, resolveIn({ ...home, namespace }, name)));
  const atGateways = parents.every(isService) ? [] : hostnames.length > 0 ? hostnames : ['*'];
  return [...new Set([...services, ...atGateways])];
}

/** Where it holds: in the mesh, or at Gateways. */
export function gatewaysOf(parents: readonly ParentRef[], own: string): readonly string[] {
  const named = parents.map((each) => {
    if (isService(each)) return 'mesh';
    return each.namespace === undefined || each.namespace === own ? each.name : `${each.namespace}/${each.name}`;
  });
  return [...new Set(named)];
}

/** Services of the route's own namespace that it is bound to. */
export function parentServices(parents: readonly ParentRef[], own: string): readonly string[] {
  return parents.filter((each) => isService(each) && (each.namespace ?? own) === own).map(({ name }) => name);
}

/** What the controllers say about the route, one entry for each parent and controller. */
export function standingOf(status: RouteStatus, generation: number | undefined, own: string): Standing {
  const parents = (status?.parents ?? []).map(({ parentRef: parent, controllerName, conditions }) => ({
    parent: parentName(parent, own),
    controller: controllerName,
    conditions: conditions.map(({ type, status: is, reason, message, observedGeneration }) => ({
      type,
      isTrue: is === 'True',
      reason,
      message: message.slice(0, 300),
      ...(observedGeneration !== undefined && { generation: observedGeneration }),
    })),
  }));
  return { ...(generation !== undefined && { generation }), needs: ['Accepted', 'ResolvedRefs'], parents };
}

function isService({ group, kind }: ParentRef): boolean {
  return kind === 'Service' && (group === '' || group === 'core');
}
