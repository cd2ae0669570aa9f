import { CustomObjectsApi, type KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import type { MeshKind } from '../../cluster/map/read-object.ts';
import type { ObjectState } from '../../cluster/watch-cache.ts';
import { resolveHost } from '../../domain/routing/names.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { Routing } from './routing.ts';

const resource = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' };
const routeKind: MeshKind = 'gateway.networking.k8s.io/HTTPRoute';

const afterMs = 50;

/** As istiod calls itself, for Services as for Gateways. */
const controllerName = 'istio.io/gateway-controller';

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  observedGeneration: z.int().optional(),
});
const parentRef = z.looseObject({ name: z.string() });
const route = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string(), generation: z.int().default(1) }),
  spec: z.object({
    parentRefs: z.array(parentRef).default([]),
    rules: z
      .array(
        z.object({
          backendRefs: z.array(z.object({ name: z.string(), namespace: z.string().optional() })).default([]),
        }),
      )
      .default([]),
  }),
  status: z
    .object({ parents: z.array(z.object({ parentRef, conditions: z.array(condition) })).default([]) })
    .default({ parents: [] }),
});
type Route = z.infer<typeof route>;

/** Says of each HTTPRoute of the sandbox's own cluster what istiod would: that it is accepted, and whether its backends are there. */
export class RouteStatus {
  readonly #api: CustomObjectsApi;
  readonly #routing: Pick<Routing, 'map'>;
  readonly #log: Log;
  readonly #routes = new Map<string, Route>();
  #isDue = false;

  constructor(config: KubeConfig, routing: Pick<Routing, 'map'>, log: Log) {
    this.#api = config.makeApiClient(CustomObjectsApi);
    this.#routing = routing;
    this.#log = log;
  }

  /** A new state of an object, which the routing has taken. */
  hear(kind: MeshKind, { namespace, name, object }: ObjectState): void {
    if (kind === '/Service') this.#sayAllSoon();
    if (kind !== routeKind) return;
    const read = route.safeParse(object).data;
    if (read === undefined) this.#routes.delete(`${namespace}/${name}`);
    else this.#routes.set(`${namespace}/${name}`, read);
    this.#sayAllSoon();
  }

  /** Once for all that is heard in a moment, as at the start. */
  #sayAllSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      for (const each of this.#routes.values()) void this.#say(each);
    }, afterMs).unref();
  }

  async #say({ metadata: { namespace, name, generation }, spec, status }: Route): Promise<void> {
    const wanted = this.#conditions(spec, namespace).map((each) => ({ ...each, observedGeneration: generation }));
    const has = (parent: Route['spec']['parentRefs'][number]) =>
      status.parents.some(
        (each) =>
          each.parentRef.name === parent.name &&
          wanted.every(({ type, status: is, observedGeneration }) =>
            each.conditions.some(
              (said) => said.type === type && said.status === is && said.observedGeneration === observedGeneration,
            ),
          ),
      );
    if (spec.parentRefs.every(has)) return;
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const conditions = wanted.map((each) => ({ ...each, lastTransitionTime }));
    const parents = spec.parentRefs.map((parent) => ({ parentRef: parent, controllerName, conditions }));
    try {
      await this.#api.patchNamespacedCustomObjectStatus(
        { ...resource, namespace, name, body: { status: { parents } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
    } catch (err) {
      this.#log.warn({ err, name }, 'the status of a route could not be written'); // what it hears next is said anew
    }
  }

  #conditions({ rules }: Route['spec'], own: string) {
    const missing = rules
      .flatMap(({ backendRefs }) => backendRefs)
      .map(({ name, namespace = own }) => resolveHost(name, namespace))
      .find((host) => !this.#routing.map.isKnown(host, own));
    return [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Route was valid' },
      missing === undefined
        ? { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All references resolved' }
        : {
            type: 'ResolvedRefs',
            status: 'False',
            reason: 'BackendNotFound',
            message: `backend(${missing}) not found`,
          },
    ];
  }
}
