import { rulesDeciding } from '../../domain/policy/deciding.ts';
import type { Who } from '../../domain/policy/groups.ts';
import { hostsMoved, namesOf } from '../../domain/policy/targets.ts';
import type { RampTarget } from '../../domain/ramp/targets.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Policies } from '../ports/policies.ts';

interface Knowing {
  readonly policies: Policies;
  readonly mesh: Pick<Mesh, 'glance'>;
}

/** Those whom policy names to approve what moves these rules. Nobody if it asks for no approvals there. */
export async function approversOf(
  { policies, mesh }: Knowing,
  moved: readonly Pick<RampTarget, 'object' | 'rule'>[],
): Promise<readonly Who[]> {
  const policy = policies.current();
  if (policy.rules === undefined) return [];
  const found = moved.map(async ({ object, rule }) => {
    const seen = await mesh.glance(object);
    return rulesDeciding(policy, namesOf({ object, ...hostsMoved([{ rule }], seen) }));
  });
  const rules = new Set((await Promise.all(found)).flat().map(({ rule }) => rule));
  return [...rules].flatMap((rule) => rule?.approve?.by ?? []);
}
