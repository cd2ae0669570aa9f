import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Manifest } from '../../src/domain/routing/rule-file.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { reviewsObject } from '../support/builders.ts';
import type { There } from './world.ts';

export function service(name: string): ObjectRef {
  return { ...reviewsObject, name };
}

export function destination(name: string): ObjectRef {
  return { ...reviewsObject, kind: 'DestinationRule', name };
}

/** A spec that sends so much of a service's requests to each version, with rules above that. */
export function routing(name: string, weights: Split, ...above: readonly JsonObject[]): JsonObject {
  return { hosts: [name], http: [...above, { route: destinations(name, weights) }] };
}

export function destinations(host: string, weights: Split): readonly JsonObject[] {
  const all = Object.entries(weights);
  return all.map(([subset, weight]) => ({ destination: { host, subset }, ...(all.length > 1 && { weight }) }));
}

/** The rule of the tutorial that sends one user to v2. */
export const toJason: JsonObject = {
  match: [{ headers: { 'end-user': { exact: 'jason' } } }],
  route: destinations('reviews', { v2: 100 }),
};

export function versions(host: string, ...names: readonly string[]): JsonObject {
  return { host, subsets: names.map((name) => ({ name, labels: { version: name } })) };
}

/** The VirtualService of a service, as it is there before anybody types. */
export function routed(name: string, weights: Split, ...above: readonly JsonObject[]): There {
  return [service(name), { spec: routing(name, weights, ...above) }];
}

/** The DestinationRule of a service, as it is there before anybody types. */
export function defined(name: string, ...names: readonly string[]): There {
  return [destination(name), { spec: versions(name, ...names) }];
}

/** A VirtualService in a rule file. */
export function manifest(name: string, spec: JsonObject, more: Partial<Manifest> = {}): Manifest {
  return { kind: 'VirtualService', name, spec, ...more };
}

/** The same, by what it sends to each version. */
export function sends(name: string, weights: Split, ...above: readonly JsonObject[]): Manifest {
  return manifest(name, routing(name, weights, ...above));
}

/** The same, with another field than the weights, so that it is no shift. */
export function sendsWhole(name: string, weights: Split): Manifest {
  return manifest(name, { ...routing(name, weights), gateways: ['mesh'] });
}

/** A DestinationRule in a rule file. */
export function defines(name: string, ...names: readonly string[]): Manifest {
  return manifest(name, versions(name, ...names), { kind: 'DestinationRule' });
}
