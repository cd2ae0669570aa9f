import type { Who } from '../../domain/policy/groups.ts';
import { ruleFor } from '../../domain/policy/policy.ts';
import { targetsOf } from '../../domain/policy/targets.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Policies } from '../ports/policies.ts';

interface Knowing {
  readonly policies: Policies;
  readonly mesh: Pick<Mesh, 'glance'>;
}

/** Those whom policy names to approve what moves these objects. Nobody if it asks for no approvals there. */
export async function approversOf({ policies, mesh }: Knowing, objects: readonly ObjectRef[]): Promise<readonly Who[]> {
  const policy = policies.current();
  if (policy.rules === undefined) return [];
  const routes = objects.map(async (object) => ({ object, hosts: (await mesh.glance(object))?.hosts ?? [] }));
  return (await Promise.all(routes)).flatMap((route) => ruleFor(policy, targetsOf(route))?.approve?.by ?? []);
}
