import { type Change, placeOf } from '../domain/change/change.ts';
import type { Following } from '../domain/map/following.ts';
import type { PodCount } from '../domain/map/pods.ts';
import type { ChangeId, Place, RampId, ServiceName } from '../domain/routing/names.ts';
import type { ObjectContent, ObjectRef } from '../domain/routing/object.ts';
import type { Route, Weights } from '../domain/routing/route.ts';
import type { Definition } from '../domain/routing/undefined-versions.ts';
import { MeshUnavailableError } from '../workflow/errors.ts';
import type { Found, Glance, Mesh, ObjectRules, OpenObject, SoughtChange, Touched } from '../workflow/ports/mesh.ts';
import type { ClusterMesh } from './cluster-mesh.ts';

/** All clusters we serve, behind one mesh: each call goes to the cluster it names. */
export class Clusters implements Mesh {
  readonly #meshes: ReadonlyMap<string, ClusterMesh>;

  constructor(meshes: ReadonlyMap<string, ClusterMesh>) {
    this.#meshes = meshes;
  }

  get clusters(): readonly string[] {
    return [...this.#meshes.keys()];
  }

  async find(name: ServiceName): Promise<Found> {
    const mesh = this.#meshes.get(name.cluster);
    return mesh === undefined ? { kind: 'unknown-cluster', clusters: this.clusters } : mesh.find(name);
  }

  open(object: ObjectRef): Promise<OpenObject> {
    return this.#meshOf(object).open(object);
  }

  async moment(object: ObjectRef): Promise<string> {
    return this.#meshOf(object).moment(object);
  }

  async hadChange(object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined> {
    return this.#meshOf(object).hadChange(object, sought);
  }

  picture(object: ObjectRef, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'> {
    return this.#meshOf(object).picture(object, content);
  }

  definitions(place: Place, options: { readonly live: boolean }): Promise<readonly Definition[]> {
    return this.#meshOf(place).definitions(place.namespace, options);
  }

  services(place: Place): Promise<Glance<readonly Route[]>> {
    return this.#meshOf(place).services(place.namespace);
  }

  async sendingTo(cluster: string, hosts: readonly string[]): Promise<readonly Route[]> {
    return this.#meshOf({ cluster }).sendingTo(hosts);
  }

  async following(object: ObjectRef, rule: string): Promise<Following | undefined> {
    return this.#meshOf(object).following(object, rule);
  }

  async followed(name: ServiceName): Promise<readonly ObjectRules[]> {
    return this.#meshOf(name).followed(name);
  }

  async pods(cluster: string, host: string, labels: Readonly<Record<string, string>>): Promise<PodCount | undefined> {
    return this.#meshOf({ cluster }).pods(host, labels);
  }

  async glance(object: ObjectRef): Promise<Weights | undefined> {
    return this.#meshOf(object).glance(object);
  }

  onTouched(listen: (touched: Touched) => void): () => void {
    const ends = [...this.#meshes.values()].map((mesh) => mesh.onTouched(listen));
    return () => {
      for (const end of ends) end();
    };
  }

  async findChange(id: ChangeId | RampId): Promise<ObjectRef | undefined> {
    const found = await Promise.all([...this.#meshes.values()].map((mesh) => mesh.findChange(id)));
    return found.find((object) => object !== undefined);
  }

  announce(change: Change): Promise<void> {
    return this.#meshOf(placeOf(change)).announce(change);
  }

  async ping(): Promise<void> {
    await Promise.all([...this.#meshes.values()].map((mesh) => mesh.ping()));
  }

  /** Lists and watches a namespace of every cluster, so that the first command need not wait for it. */
  async warm(namespace: string): Promise<void> {
    await Promise.all([...this.#meshes.values()].map((mesh) => mesh.warm(namespace)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#meshes.values()].map((mesh) => mesh.close()));
  }

  /** A change may name a cluster that this process does not serve. Another process must take it. */
  #meshOf({ cluster }: Pick<Place, 'cluster'>): ClusterMesh {
    const mesh = this.#meshes.get(cluster);
    if (mesh === undefined)
      throw new MeshUnavailableError(`this process does not serve the cluster ${cluster} (see CLUSTERS)`);
    return mesh;
  }
}
