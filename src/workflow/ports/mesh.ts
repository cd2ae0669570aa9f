import type { Change } from '../../domain/change/change.ts';
import type { ObjectContent, ObjectRef, SeenObject } from '../../domain/change/edit.ts';
import type { Ledger, Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, Place, RoutingObject, ServiceName } from '../../domain/routing/names.ts';
import type { Owner } from '../../domain/routing/owner.ts';
import type { Route, Weights } from '../../domain/routing/route.ts';
import type { Split } from '../../domain/routing/split.ts';
import type { Definition } from '../../domain/routing/undefined-versions.ts';

/** The clusters' routing tables: names come from a watch cache, what decides is read live. Failures are a DependencyError. */
export interface Mesh {
  /** The names of the clusters we serve; the first is meant where none is named. */
  readonly clusters: readonly string[];
  /** The object that splits a service's traffic, from the watch cache. */
  find(name: ServiceName): Promise<Found>;
  /** Live; undefined where the object does not exist. */
  read(object: RoutingObject): Promise<OpenRoute | undefined>;
  /** Live, whole, whether it is there or not. */
  open(cluster: string, object: ObjectRef): Promise<OpenObject>;
  /** As of when the cluster's objects of that kind are what they are now, in its own count: since then `hadChange` can look. */
  moment(cluster: string, object: ObjectRef): Promise<string>;
  /**
   * Whether an object had a change in its ledger at any time since a moment, also where it is gone; undefined where the cluster does not
   * remember that long. It takes a second.
   */
  hadChange(cluster: string, object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined>;
  /** How a VirtualService of that content would route; what its versions are served by is not looked at. A RejectedError where it is none. */
  picture(object: RoutingObject, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'>;
  /** What DestinationRules of a namespace define, from the watch cache or `live`. */
  definitions(place: Place, options: { readonly live: boolean }): Promise<readonly Definition[]>;
  /** All routing objects of a namespace, from the watch cache. */
  services(place: Place): Promise<Glance<readonly Route[]>>;
  /** An object as the watch cache has it, whose namespace is watched from now on; undefined where it does not exist. */
  glance(object: RoutingObject): Promise<Weights | undefined>;
  /**
   * Calls back when an object with a ledger was written, made anew or removed, by us or by others; within a minute when the watch
   * missed it, and perhaps more than once. Only of namespaces that are watched. Returns what ends it.
   */
  onTouched(listen: (touched: Touched) => void): () => void;
  /** The object whose ledger holds a change, from the watch cache: the way from an old card to its object when the store was lost. */
  findChange(id: ChangeId): Promise<RoutingObject | undefined>;
  /** Leaves an Event on the object; once, for the same change. */
  announce(change: Change): Promise<void>;
}

export type Found =
  | { readonly kind: 'found'; readonly object: RoutingObject }
  | { readonly kind: 'unknown-cluster'; readonly clusters: readonly string[] }
  | ({
      readonly kind: 'unknown-service';
      readonly services: readonly string[];
      readonly nearest?: string | undefined;
    } & Aged)
  /** Several objects route it; in a mesh only one of them wins (istio IST0109). */
  | ({ readonly kind: 'several'; readonly objects: readonly string[] } & Aged);

/** What the watch cache says is at most 10 s old, or else as old as this: the cluster was asked, and did not answer. */
export interface Aged {
  readonly asOf?: Date | undefined;
}

export interface Glance<T> extends Aged {
  readonly seen: T;
}

/** An object of the kinds that rule files hold, as it was read, or found not to be there; and the one write that is allowed from that reading. */
export interface OpenObject {
  readonly seen: FoundObject | undefined;
  /**
   * Creates it, puts the content in its place, or deletes it (`undefined`), with the ledger in the same step. `conflict`: it is not what
   * was read any more, and nothing was written. With `dryRun` the server judges it and nothing is stored; if it is strict, a field that
   * the server does not know, and would leave out, is a RejectedError.
   */
  put(next: ObjectContent | undefined, ledger: Ledger, options?: { readonly dryRun?: DryRun }): Promise<Put>;
}

export type DryRun = boolean | 'strict';

export interface SoughtChange {
  readonly id: ChangeId;
  readonly since: string;
}

export interface FoundObject extends SeenObject {
  readonly lastWriter?: { readonly manager: string; readonly at: string } | undefined;
  readonly owners: readonly Owner[];
}

export type Put =
  /** `content`: what the server makes of it; absent where it is deleted. */
  | { readonly kind: 'put'; readonly content?: ObjectContent | undefined; readonly warnings: readonly string[] }
  | { readonly kind: 'conflict' };

/** A routing object that somebody wrote. */
export interface Touched {
  readonly object: RoutingObject;
  /** The newest change of each rule, by the ledgers before and after. */
  readonly changes: readonly ChangeId[];
}

/** A routing object as it was read, and the one write that is allowed from that reading. */
export interface OpenRoute {
  readonly route: Route;
  /**
   * Sets the weights of one rule and the ledger in one step, and nothing else. `conflict`: the object changed since it was read, and
   * nothing was written. With `dryRun` the server judges it and nothing is stored.
   */
  write(edit: Edit, options?: { readonly dryRun?: boolean }): Promise<Written>;
}

export interface Edit {
  readonly rule: string;
  readonly to: Split;
  readonly revision: Revision;
}

export type Written =
  | { readonly kind: 'written'; readonly live: Split; readonly seq: number; readonly warnings: readonly string[] }
  | { readonly kind: 'conflict' };
