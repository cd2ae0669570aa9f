import type { ObjectRef } from '../domain/routing/object.ts';
import { NotPermittedError } from '../workflow/errors.ts';
import type { KubeClient } from './client/kube-client.ts';
import { NotFoundError } from './client/kube-errors.ts';
import type { Definitions } from './definitions.ts';
import { kinds } from './kinds/kinds.ts';
import { readServiceResolver, serviceResolvers } from './kinds/service-resolver.ts';

/**
 * What defines the versions of an object beside DestinationRules, read live: the Services of its namespace, or its ServiceResolvers. What we may
 * not see is not known; then only versions that have a destination can be given traffic.
 */
export async function besidesOf(
  client: KubeClient,
  { kind, namespace }: ObjectRef,
): Promise<Pick<Definitions, 'services' | 'resolvers'>> {
  const { definedBy } = kinds[kind];
  try {
    if (definedBy === 'Service') return { services: await client.services(namespace) };
    if (definedBy !== 'ServiceResolver') return {};
    const { items } = await client.list(serviceResolvers, namespace);
    return { resolvers: items.map(readServiceResolver).filter((each) => each !== undefined) };
  } catch (error) {
    if (error instanceof NotPermittedError || error instanceof NotFoundError) return {};
    throw error;
  }
}
