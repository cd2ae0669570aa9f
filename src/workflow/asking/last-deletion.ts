import type { Change } from '../../domain/change/change.ts';
import { deletes, hostsOf, isContentEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import { resolveHost, type ServiceName } from '../../domain/routing/names.ts';
import { hasRules } from '../../domain/routing/object.ts';
import type { Desk } from '../desk.ts';

/**
 * Our change that deleted what routed a service, if it was the service's last one within a day. The history is gone with the object, so
 * only the change's record has it.
 */
export async function lastDeletionOf(
  { changes }: Pick<Desk, 'changes'>,
  name: ServiceName,
): Promise<Change | undefined> {
  const last = (await changes.recentlyApplied()).find((change) => isAbout(change, name));
  const isDeleted = last?.edits.some((edit) => deletes(edit) && routes(edit, last, name));
  const isTakenBack = last?.state.kind === 'applied' && last.state.rolledBack !== undefined;
  return isDeleted && !isTakenBack ? last : undefined;
}

function isAbout(change: Change, name: ServiceName): boolean {
  return change.edits.some((edit) => routes(edit, change, name));
}

function routes(edit: ObjectEdit, change: Change, { cluster, namespace, service }: ServiceName): boolean {
  const { object } = edit;
  if (!hasRules(object.kind) || object.cluster !== cluster || object.namespace !== namespace) return false;
  if (object.name === service) return true;
  if (!isContentEdit(edit)) return change.service === service;
  const host = resolveHost(service, namespace);
  return hostsOf(edit).some((each) => resolveHost(each, namespace) === host);
}
