import type { Change } from '../../domain/change/change.ts';
import type { ObjectEdit } from '../../domain/change/edit.ts';
import type { Following } from '../../domain/map/following.ts';
import type { HandedOver } from '../../domain/map/objects.ts';
import type { PodCount } from '../../domain/map/pods.ts';
import type { UnroutedService } from '../../domain/map/unrouted.ts';
import type { Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, Place, RampId, ServiceName } from '../../domain/routing/names.ts';
import type { ObjectContent, ObjectRef } from '../../domain/routing/object.ts';
import type { LiveObject, Route, RuleSplit, Weights } from '../../domain/routing/route.ts';
import type { Definition } from '../../domain/routing/undefined-versions.ts';

/** The clusters' routing tables: names come from a watch cache, what decides is read live. Failures are a DependencyError. */
export interface Mesh {
  /** The names of the clusters we serve; the first is meant if none is named. */
  readonly clusters: readonly string[];
  /** The object that requests for a service follow, or the one that is named (`vs/edge`), from the watch cache. */
  find(name: ServiceName): Promise<Found>;
  /**
   * An object, read live and whole, whether it exists or not. `live.rules` of a routing object says which versions may be given traffic
   * (`served`). A LedgerUnreadableError if its history is not what we wrote.
   */
  open(object: ObjectRef): Promise<OpenObject>;
  /** The resourceVersion of a LIST of the object's kind and namespace now. `hadChange` can look back to it. */
  moment(object: ObjectRef): Promise<string>;
  /**
   * Whether an object had a change in its history at any time since a moment, even if the object is gone by now. Undefined if the API
   * server does not remember that long. Takes a second.
   */
  hadChange(object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined>;
  /**
   * How a routing object of that content would route; does not look at `served`. A RejectedError if the content is not one of a routing
   * object.
   */
  picture(object: ObjectRef, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'>;
  /** What DestinationRules of a namespace define, from the watch cache or `live`. */
  definitions(place: Place, options: { readonly live: boolean }): Promise<readonly Definition[]>;
  /** All routing objects of a namespace, from the watch cache. */
  services(place: Place): Promise<Glance<readonly Route[]>>;
  /**
   * The routing objects of a cluster that send requests, or copies of them, to one of these resolved hosts, from the watch caches of all
   * namespaces that are watched. It asks the API server nothing.
   */
  sendingTo(cluster: string, hosts: readonly string[]): Promise<readonly Route[]>;
  /** A routing object from the watch cache; undefined if it does not exist. Its namespace is watched from now on. */
  glance(object: ObjectRef): Promise<Weights | undefined>;
  /**
   * Whose requests follow a rule of an object, by the traffic map of all that is watched. It asks the API server nothing. Undefined if it is
   * not known: the kind is not one of the map, the rule is not there, or its callers are not seen.
   */
  following(object: ObjectRef, rule: string): Promise<Following | undefined>;
  /**
   * The rules that requests for a service follow, whoever asks for it, also through gateways, and that send all that they take there: by the
   * traffic map of all that is watched. The namespaces of their objects are watched from now on.
   */
  followed(name: ServiceName): Promise<readonly ObjectRules[]>;
  /** The pods of a resolved host that have these labels, from the watch cache; undefined if they are not known. It asks the API server nothing. */
  pods(cluster: string, host: string, labels: Readonly<Record<string, string>>): Promise<PodCount | undefined>;
  /**
   * Calls back when an object with a history was written, made anew or removed, by us or by others, and when one without a history was
   * created. If the watch missed it, that is within a minute. Of a namespace that is watched from now on, it tells what was changed within
   * the last day. It may call more than once, and only for namespaces that are watched. Returns a function that ends it.
   */
  onTouched(listen: (touched: Touched) => void): () => void;
  /** The object whose history holds a change or a ramp, from the watch cache. It leads from an old card to its object if the store was lost. */
  findChange(id: ChangeId | RampId): Promise<ObjectRef | undefined>;
  /** Creates an Event on the change's main object, once for each change. */
  announce(change: Change): Promise<void>;
}

/** Rules of one object, by their keys. */
export interface ObjectRules {
  readonly object: ObjectRef;
  readonly rules: readonly string[];
}

export type Found =
  | { readonly kind: 'found'; readonly object: ObjectRef }
  | { readonly kind: 'unknown-cluster'; readonly clusters: readonly string[] }
  | ({
      readonly kind: 'unknown-service';
      readonly services: readonly string[];
      readonly nearest?: string | undefined;
      /** The Service of that name, if it is seen: no object routes it. */
      readonly unrouted?: UnroutedService | undefined;
    } & Aged)
  /** Requests for it follow several objects, some one, some another. */
  | ({ readonly kind: 'several'; readonly objects: readonly [ObjectRef, ...ObjectRef[]] } & Aged);

/**
 * When the cluster last confirmed the watch cache. Absent if that was at most 10 s ago; otherwise the cluster was asked again and did not
 * answer.
 */
export interface Aged {
  readonly asOf?: Date | undefined;
}

export interface Glance<T> extends Aged {
  readonly seen: T;
}

/** An object as it was read, or found not to exist, and the one write that is allowed from that reading. */
export interface OpenObject {
  readonly live: LiveObject | undefined;
  /** Who hands requests over to an object that is not there: once it is created, it gets them. */
  readonly awaitedBy?: readonly HandedOver[] | undefined;
  /**
   * Makes an edit, and records the revision in the object's history in the same step. A weights edit writes weights and nothing else; a
   * content edit creates the object, replaces its content, or deletes it. `conflict`: the object is no longer what was read, and nothing
   * was written. With `dryRun` the server judges the edit and stores nothing. If it is `strict`, a field that the server does not know, and
   * would drop, is a RejectedError.
   */
  write(edit: Writable, revision: Revision, options?: { readonly dryRun?: DryRun }): Promise<Written>;
}

/** The part of an edit that is written. */
export type Writable =
  | Pick<Extract<ObjectEdit, { kind: 'weights' }>, 'kind' | 'moves'>
  /** `content`: what the object is to hold; undefined deletes it. `ledger`: what the history begins with if the object is created. */
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
      /** The splits of all rules as the server returned them; none if the object is deleted. */
      readonly splits: readonly RuleSplit[];
      /** What the server makes of a content edit; absent for a deletion and for weights. */
      readonly content?: ObjectContent | undefined;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'conflict' };

/** A routing object that somebody wrote. */
export interface Touched {
  readonly object: ObjectRef;
  /** The newest change of each rule, by the histories before and after. None: it was created without a history, perhaps in place of another. */
  readonly changes: readonly ChangeId[];
}
