import type { Change } from '../../domain/change/change.ts';
import type { ObjectEdit } from '../../domain/change/edit.ts';
import type { Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, Place, ServiceName } from '../../domain/routing/names.ts';
import type { ObjectContent, ObjectRef } from '../../domain/routing/object.ts';
import type { LiveObject, Route, RuleSplit, Weights } from '../../domain/routing/route.ts';
import type { Definition } from '../../domain/routing/undefined-versions.ts';

/** The clusters' routing tables: names come from a watch cache, what decides is read live. Failures are a DependencyError. */
export interface Mesh {
  /** The names of the clusters we serve; the first is meant where none is named. */
  readonly clusters: readonly string[];
  /** The object that splits a service's traffic, from the watch cache. */
  find(name: ServiceName): Promise<Found>;
  /**
   * An object live and whole, whether it is there or not. `live.rules` of a routing object says which versions may be given traffic
   * (`served`). A LedgerUnreadableError where its history is not what we wrote.
   */
  open(object: ObjectRef): Promise<OpenObject>;
  /** The resourceVersion that a LIST of the object's kind and namespace has now: since then `hadChange` can look. */
  moment(object: ObjectRef): Promise<string>;
  /**
   * Whether an object had a change in its history at any time since a moment, also where it is gone; undefined where the API server does
   * not remember that long. It takes a second.
   */
  hadChange(object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined>;
  /** How a routing object of that content would route; `served` is not looked at. A RejectedError where it is none. */
  picture(object: ObjectRef, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'>;
  /** What DestinationRules of a namespace define, from the watch cache or `live`. */
  definitions(place: Place, options: { readonly live: boolean }): Promise<readonly Definition[]>;
  /** All routing objects of a namespace, from the watch cache. */
  services(place: Place): Promise<Glance<readonly Route[]>>;
  /** A routing object as the watch cache has it, whose namespace is watched from now on; undefined where it does not exist. */
  glance(object: ObjectRef): Promise<Weights | undefined>;
  /**
   * Calls back when an object with a history was written, made anew or removed, by us or by others; within a minute when the watch
   * missed it, and perhaps more than once. Only of namespaces that are watched. Returns what ends it.
   */
  onTouched(listen: (touched: Touched) => void): () => void;
  /** The object whose history holds a change, from the watch cache: the way from an old card to its object when the store was lost. */
  findChange(id: ChangeId): Promise<ObjectRef | undefined>;
  /** Leaves an Event on the change's main object; once, for the same change. */
  announce(change: Change): Promise<void>;
}

export type Found =
  | { readonly kind: 'found'; readonly object: ObjectRef }
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

/** An object as it was read, or found not to be there; and the one write that is allowed from that reading. */
export interface OpenObject {
  readonly live: LiveObject | undefined;
  /**
   * Makes an edit, and records the revision in the object's history in the same step. A weights edit writes weights and nothing else; a
   * content edit creates the object, puts the content in its place, or deletes it. `conflict`: the object is not what was read any more,
   * and nothing was written. With `dryRun` the server judges it and nothing is stored; if it is strict, a field that the server does not
   * know, and would leave out, is a RejectedError.
   */
  write(edit: Writable, revision: Revision, options?: { readonly dryRun?: DryRun }): Promise<Written>;
}

/** As much of an edit as is written. */
export type Writable =
  | Pick<Extract<ObjectEdit, { kind: 'weights' }>, 'kind' | 'moves'>
  /**
   * `content`: what the object is to hold; undefined deletes it. `ledger`: what the history begins with where the object is created.
   */
  | {
      readonly kind: 'content';
      readonly content: ObjectContent | undefined;
      readonly ledger?: Extract<ObjectEdit, { kind: 'content' }>['ledger'];
    };

export type DryRun = boolean | 'strict';

export interface SoughtChange {
  readonly id: ChangeId;
  readonly since: string;
}

export type Written =
  | {
      readonly kind: 'written';
      /** The number of the revision in the object's history; of a deletion, the one that it would have had. */
      readonly seq: number;
      /** The splits of all rules as the server returned them; none where it is deleted. */
      readonly splits: readonly RuleSplit[];
      /** What the server makes of a content edit; absent where it is deleted, and for weights. */
      readonly content?: ObjectContent | undefined;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'conflict' };

/** A routing object that somebody wrote. */
export interface Touched {
  readonly object: ObjectRef;
  /** The newest change of each rule, by the histories before and after. */
  readonly changes: readonly ChangeId[];
}
