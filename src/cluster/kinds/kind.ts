import { z } from 'zod';
import type { ObjectKind } from '../../domain/routing/object.ts';
import type { Route, Rule } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import { RejectedError } from '../../workflow/errors.ts';
import type { JsonPatch, Resource } from '../client/kube-client.ts';

export const marks = z.record(z.string(), z.string());

/**
 * No API server has longer ones (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/: a DNS subdomain, and a DNS
 * label for namespaces). They stand in what people are told.
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
  ownerReferences: z.array(z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() })).default([]),
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
}

/** All that is to be known of one kind of object: another kind is another file beside this one. */
export interface RoutingKind {
  readonly resource: Resource;
  /**
   * The field of the spec that holds its rules, as `managedFields` name it: who wrote that last has set the weights. Absent where objects
   * of the kind have no rules.
   */
  readonly rulesField?: `f:${string}` | undefined;
  /** Throws a RejectedError where we cannot read it; `whose` begins the sentence that says so. */
  read(object: unknown, whose?: string): RoutingObject;
}

/** An object as its kind reads it. */
export interface RoutingObject extends Pick<Route, 'hosts' | 'gateways' | 'otherLists'> {
  readonly kind: ObjectKind;
  readonly metadata: Metadata;
  /** The resolved hosts of all destinations, whose DestinationRules say which versions there are. */
  destinationHosts(): readonly string[];
  /** `subsetsOf` gives the versions that are defined for a resolved host. */
  rules(subsetsOf: (host: string) => readonly Subset[]): readonly Rule[];
  /** What sets the weights of these rules, and touches nothing else. Throws a RejectedError where a rule is not there. */
  weights(moves: readonly Move[]): JsonPatch;
}

export function parseObject<T>(schema: z.ZodType<T>, object: unknown, whose: string): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError({ issues: parsed.error.issues.slice(0, 2) }).slice(0, 300);
  throw new RejectedError(`${whose} we cannot read: ${why}`);
}
