import { CoreV1Api, CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import { kinds } from '../../src/cluster/kinds/kinds.ts';
import { objectKinds } from '../../src/domain/routing/object.ts';

const routingObject = z.looseObject({
  kind: z.enum(objectKinds),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
});

/** Objects of the reports, as somebody with kubectl makes them. */
export class Objects {
  readonly #objects: CustomObjectsApi;
  readonly #core: CoreV1Api;

  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#objects = config.makeApiClient(CustomObjectsApi);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  async createNamespace(name: string): Promise<void> {
    await this.#core.createNamespace({ body: { metadata: { name } } });
  }

  async deleteNamespace(name: string): Promise<void> {
    await this.#core.deleteNamespace({ name });
  }

  /** An object of a kind that the bot does not read is left out. */
  async create(object: unknown): Promise<void> {
    const read = routingObject.safeParse(object).data;
    if (read === undefined) return;
    const { namespace } = read.metadata;
    await this.#objects.createNamespacedCustomObject({ ...kinds[read.kind].resources[0], namespace, body: read });
  }

  /** Of the first rule of a VirtualService. */
  async setWeights(namespace: string, name: string, weights: readonly number[]): Promise<void> {
    const body = weights.map((value, at) => ({ op: 'replace', path: `/spec/http/0/route/${at}/weight`, value }));
    const where = { ...kinds.VirtualService.resources[0], namespace, name, fieldManager: 'kubectl-edit' };
    const options = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
    await this.#objects.patchNamespacedCustomObject({ ...where, body }, options);
  }
}
