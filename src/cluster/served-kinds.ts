import type { ObjectKind } from '../domain/routing/object.ts';
import { RejectedError } from '../workflow/errors.ts';
import type { KubeClient, Resource } from './client/kube-client.ts';
import { kinds } from './kinds/kinds.ts';

/** A kind may be installed while we run. */
const askAgainMs = 60_000;

/** What Istio serves is not asked for: every mesh of ours had it, and its absence shows as a 404 when it is listed. */
const taken: readonly ObjectKind[] = ['VirtualService', 'DestinationRule'];

interface Asked {
  readonly at: number;
  readonly plurals: Promise<ReadonlySet<string>>;
}

/** Which kinds a cluster serves, and in which version, by its own discovery. */
export class ServedKinds {
  readonly #client: Pick<KubeClient, 'resources'>;
  readonly #asked = new Map<string, Asked>();

  constructor(client: Pick<KubeClient, 'resources'>) {
    this.#client = client;
  }

  /** Undefined if the cluster does not serve the kind. */
  async find(kind: ObjectKind): Promise<Resource | undefined> {
    const { resources } = kinds[kind];
    if (taken.includes(kind)) return resources[0];
    for (const resource of resources) if ((await this.#served(resource)).has(resource.plural)) return resource;
    return undefined;
  }

  /** The same for an object that has to be read. */
  async of(kind: ObjectKind): Promise<Resource> {
    const resource = await this.find(kind);
    if (resource === undefined) throw new RejectedError(`this cluster does not serve ${kind}s`);
    return resource;
  }

  #served(resource: Resource): Promise<ReadonlySet<string>> {
    const key = `${resource.group}/${resource.version}`;
    const known = this.#asked.get(key);
    if (known !== undefined && performance.now() - known.at < askAgainMs) return known.plurals;
    const plurals = this.#client.resources(resource);
    this.#asked.set(key, { at: performance.now(), plurals });
    plurals.catch(() => this.#asked.delete(key)); // asked again by whoever comes next
    return plurals;
  }
}
