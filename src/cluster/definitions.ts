import type { HandedOver, RoutingId } from '../domain/map/objects.ts';
import type { RulesOf } from './destination-rules.ts';
import type { Defined, KnownService, RoutingObject, Subset } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import { type ServiceResolver, subsetsIn } from './kinds/service-resolver.ts';

/** All that is known of what defines versions. */
export interface Definitions {
  readonly rulesOf: RulesOf;
  /** What defines the versions of a host that no DestinationRule of the object's namespace is for. */
  readonly elsewhere?: ((host: string) => readonly Subset[]) | undefined;
  /** Who hands requests over to an object. */
  readonly handedOver?: ((object: RoutingId) => readonly HandedOver[]) | undefined;
  /** The Argo Rollout whose Service a host is. */
  readonly rolloutOf?: ((host: string) => string | undefined) | undefined;
  readonly resolvers?: readonly ServiceResolver[] | undefined;
  readonly services?: readonly KnownService[] | undefined;
}

/** The part of it that defines the versions of an object of this kind. */
export function definedFor(
  { kind }: Pick<RoutingObject, 'kind'>,
  { rulesOf, elsewhere = () => [], resolvers = [], services }: Definitions,
): Defined {
  if (kinds[kind].definedBy !== 'ServiceResolver') {
    const subsetsOf = (host: string) => {
      const rules = rulesOf(host);
      return rules.length === 0 ? elsewhere(host) : rules.flatMap(({ spec }) => spec.subsets);
    };
    return { subsetsOf, services };
  }
  const ofService = (service: string) => resolvers.filter(({ metadata }) => metadata.name === service);
  return { subsetsOf: (service) => ofService(service).flatMap(subsetsIn) };
}
