import { isOfMap } from '../domain/map/objects.ts';
import type { ObjectKind, ObjectRef } from '../domain/routing/object.ts';
import type { Route } from '../domain/routing/route.ts';
import { type Definitions, definedFor } from './definitions.ts';
import { isHashed } from './kinds/destination-rule.ts';
import type { Metadata, RoutingObject } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import { ledgerIn } from './ledger-annotation.ts';
import { ownersOf, rolloutAnnotation } from './object-owners.ts';

/** The route as the domain knows it. Throws a LedgerUnreadableError if we did not write its history. */
export function toRoute(cluster: string, object: RoutingObject, definitions: Definitions): Route {
  const { kind, metadata, hosts, gateways, standing } = object;
  const lastWriter = lastWriterOf(metadata, kinds[kind].rulesFields);
  const destinations = [...new Set(object.destinationHosts())]; // one object may name a host hundreds of times
  const hashed = hashedHosts(kind, destinations, definitions);
  const isDelegate = hosts.length === 0 && isOfMap(kind);
  const handedOver = isDelegate ? definitions.handedOver?.({ kind, ...metadata }) : undefined;
  return {
    object: refOfObject(cluster, object),
    uid: metadata.uid,
    hosts,
    ...(handedOver !== undefined && handedOver.length > 0 && { handedOver }),
    gateways,
    ...(hashed.length > 0 && { hashed }),
    rules: object.rules(definedFor(object, definitions)),
    ...(standing !== undefined && { standing }),
    ledger: ledgerIn(metadata.annotations, { kind, ...metadata }),
    lastWriter: lastWriter === undefined ? undefined : { manager: lastWriter.manager, at: lastWriter.time },
    owners: ownersOf({ kind, ...metadata }, lastWriter?.manager, rolloutOf(destinations, definitions)),
  };
}

export function refOfObject(cluster: string, { kind, metadata: { namespace, name } }: RoutingObject): ObjectRef {
  return { cluster, namespace, kind, name };
}

/**
 * Who changed the rules last, or the spec if the kind has no rules. One owner has all rules. Times alone do not tell: they are whole
 * seconds, and change with every annotation.
 */
function lastWriterOf(
  { managedFields }: Metadata,
  rulesFields: readonly string[],
): Metadata['managedFields'][number] | undefined {
  const wrote = (spec: Readonly<Record<string, unknown>> | undefined) =>
    rulesFields.length === 0 ? spec !== undefined : rulesFields.some((field) => spec?.[field] !== undefined);
  const ofRules = managedFields.filter(({ fieldsV1 }) => wrote(fieldsV1?.['f:spec']));
  const writers = ofRules.length > 0 ? ofRules : managedFields;
  return writers.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1);
}

function hashedHosts(kind: ObjectKind, hosts: readonly string[], { rulesOf }: Definitions): readonly string[] {
  const areDefined = kinds[kind].definedBy === 'DestinationRule';
  return areDefined ? hosts.filter((host) => rulesOf(host).some(isHashed)) : [];
}

/** By the DestinationRule of its versions, or by their Services. */
function rolloutOf(
  hosts: readonly string[],
  { rulesOf, rolloutOf: ofService = () => undefined }: Definitions,
): string | undefined {
  const marks = hosts.flatMap(rulesOf).map(({ metadata }) => metadata.annotations?.[rolloutAnnotation]);
  return [...marks, ...hosts.map(ofService)].find((rollout) => rollout);
}
