import type { ObjectEdit } from '../../domain/change/edit.ts';
import type { Rule } from '../../domain/routing/route.ts';
import { definitionsAfter, type HostVersion, undefinedVersions } from '../../domain/routing/undefined-versions.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import type { Mesh } from '../ports/mesh.ts';

/** What an edit makes of the rules of a VirtualService; of anything else there are none. */
export interface Routing {
  readonly edit: ObjectEdit;
  readonly rules: readonly Rule[];
}

/** Versions that would get requests although no DestinationRule defines them, live or among the edits. */
export async function warnUndefined(
  mesh: Pick<Mesh, 'definitions'>,
  cluster: string,
  all: readonly Routing[],
): Promise<readonly PlanWarning[]> {
  const byNamespace = Map.groupBy(all, ({ edit }) => edit.namespace);
  const found = await Promise.all(
    [...byNamespace].map(([namespace, its]) => undefinedIn(mesh, { cluster, namespace }, its)),
  );
  const versions = found.flat();
  return versions.length === 0 ? [] : [{ kind: 'undefined-versions', versions }];
}

/** Nobody is warned by what the watch has not heard of yet: where something seems to be missing, the cluster is asked. */
async function undefinedIn(
  mesh: Pick<Mesh, 'definitions'>,
  place: { readonly cluster: string; readonly namespace: string },
  all: readonly Routing[],
): Promise<readonly HostVersion[]> {
  const rules = all.flatMap((each) => each.rules);
  const edits = all.map(({ edit }) => edit);
  for (const live of [false, true]) {
    const definitions = rules.length === 0 ? [] : await mesh.definitions(place, { live });
    const lost = undefinedVersions(rules, place, definitionsAfter(definitions, edits));
    if (live || lost.length === 0) return lost;
  }
  return [];
}
