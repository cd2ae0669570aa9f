import { z } from 'zod';
import type { RulePlace } from '../../domain/map/following.ts';
import type { ObjectKind } from '../../domain/routing/object.ts';
import type { Route, Rule } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import { RejectedError } from '../../workflow/errors.ts';
import type { JsonPatch, Resource } from '../client/kube-client.ts';

export const marks = z.record(z.string(), z.string());

/**
 * An API server takes no longer names (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/: a DNS subdomain, and a
 * DNS label for namespaces). We show these names to people.
 */
export const identity = { name: z.string().max(253), namespace: z.string().max(63) };

/** What we read of the metadata of an object that a change may write. */
export const metadata = z.object({
  ...identity,
  uid: z.string(),
  resourceVersion: z.string(),
  labels: marks.optional(),
  annotations: marks.optional(),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z
    .array(z.object({ apiVersion: z.string(), kind: z.string(), name: z.string(), controller: z.boolean().optional() }))
    .default([]),
  managedFields: z
    .array(
      z.object({
        manager: z.string().default('unknown'),
        time: z.string().default(''),
        fieldsV1: z
          .object({ 'f:spec': z.record(z.string(), z.unknown()) })
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
});
export type Metadata = z.infer<typeof metadata>;

/** A version of a host, as a DestinationRule defines it. */
export interface Subset {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The filter by which Consul chooses its instances. */
  readonly filter?: string | undefined;
}

/** A Service that may be a version of another one. */
export interface KnownService {
  readonly name: string;
  readonly ports: readonly number[];
  /** Absent where somebody else writes its endpoints. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
}

/** What says which versions there are. */
export interface Defined {
  /** The versions of a resolved host. */
  readonly subsetsOf: (host: string) => readonly Subset[];
  /** The Services of the object's namespace; undefined if they are not known. */
  readonly services?: readonly KnownService[] | undefined;
}

export const nothingDefined: Defined = { subsetsOf: () => [] };

/** All that we need to know about one kind of object. Each kind has its own file in this folder. */
export interface RoutingKind {
  /** The versions that we can read, the one that we prefer first. */
  readonly resources: readonly [Resource, ...Resource[]];
  /**
   * The fields of the spec that hold its rules, as `managedFields` name them. Their last writer set the weights. Empty if objects of the
   * kind have no rules.
   */
  readonly rulesFields: readonly `f:${string}`[];
  /** What says which versions there are. */
  readonly definedBy?: 'DestinationRule' | 'ServiceResolver' | 'Service' | undefined;
  /** Throws a RejectedError if we cannot read it. */
  read(object: unknown, options?: ReadOptions): RoutingObject;
}

export interface ReadOptions {
  /** Begins the message of the error. */
  readonly whose?: string | undefined;
  /** The domain of its cluster, which completes short hosts. */
  readonly domain?: string | undefined;
}

/** The key of a rule, and the list of the spec and the place there that it has. */
export interface PlacedRule extends RulePlace {
  readonly key: string;
}

/** An object as its kind reads it. */
export interface RoutingObject extends Pick<Route, 'hosts' | 'gateways' | 'standing'> {
  readonly kind: ObjectKind;
  readonly metadata: Metadata;
  /** The resolved hosts of all destinations. Their DestinationRules define the versions. */
  destinationHosts(): readonly string[];
  /** The same, and those that it sends copies of requests to. */
  reachedHosts(): readonly string[];
  rules(defined: Defined): readonly Rule[];
  /** Where each rule stands, for the traffic map; none of kinds that it does not know. */
  places(): readonly PlacedRule[];
  /** A patch that sets the weights of these rules, and nothing else. Throws a RejectedError if a rule is not there. */
  weights(moves: readonly Move[]): JsonPatch;
}

export function parseObject<T>(schema: z.ZodType<T>, object: unknown, whose: string): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError({ issues: parsed.error.issues.slice(0, 2) }).slice(0, 300);
  throw new RejectedError(`${whose} we cannot read: ${why}`);
}
