import type { Change } from '../../domain/change/change.ts';
import { hostsOf, type ObjectEdit } from '../../domain/change/edit.ts';
import { resolveHost, type ServiceName } from '../../domain/routing/names.ts';
import type { Desk } from '../desk.ts';
import { type ChangeOfObjects, editsObjects } from './open-edits.ts';

/**
 * The change of ours that deleted what routed a service, where that was its last one within a day. The history went with the object,
 * and so only the record knows of it.
 */
export async function lastDeletionOf(
  { changes }: Pick<Desk, 'changes'>,
  name: ServiceName,
): Promise<ChangeOfObjects | undefined> {
  const last = (await changes.recentlyApplied()).find((change) => isAbout(change, name));
  if (last === undefined || !editsObjects(last)) return undefined;
  const isDeleted = last.edits.objects.some((edit) => edit.after === undefined && routes(edit, name));
  const isTakenBack = last.state.kind === 'applied' && last.state.rolledBack !== undefined;
  return isDeleted && !isTakenBack ? last : undefined;
}

function isAbout({ object, service, edits }: Change, name: ServiceName): boolean {
  if (object.cluster !== name.cluster) return false;
  if (edits !== undefined) return edits.objects.some((edit) => routes(edit, name));
  return object.namespace === name.namespace && [object.name, service].includes(name.service);
}

function routes(edit: ObjectEdit, { namespace, service }: ServiceName): boolean {
  if (edit.kind !== 'VirtualService' || edit.namespace !== namespace) return false;
  const host = resolveHost(service, namespace);
  return edit.name === service || hostsOf(edit).some((each) => resolveHost(each, namespace) === host);
}
