import type { Change } from '../../src/domain/change/change.ts';
import { deletes, type ObjectEdit } from '../../src/domain/change/edit.ts';
import { isSameObject, type ObjectRef } from '../../src/domain/routing/object.ts';
import type { Evidence } from './evidence.ts';
import type { LiveObject } from './history.ts';

/** What the accepted plan of a change says of an object. */
export function editOf({ edits }: Pick<Change, 'edits'>, object: ObjectRef): ObjectEdit | undefined {
  return edits.find((edit) => isSameObject(edit.object, object));
}

/** A deletion leaves no ledger. It is that of the change that tells it, or else of one whose plan was to delete just this object. */
export function deleterOf(
  { records }: Pick<Evidence, 'records'>,
  object: ObjectRef,
  live: LiveObject,
): Change | undefined {
  const planned = [...records.values()].filter((change) => {
    const edit = editOf(change, object);
    return edit !== undefined && deletes(edit) && edit.uid === live.metadata.uid;
  });
  return planned.find((change) => tellsOf(change, object)) ?? planned[0];
}

/** Whether a record says that the change wrote an object. */
export function tellsOf({ state, edits }: Pick<Change, 'state' | 'edits'>, object: ObjectRef): boolean {
  if (state.kind === 'applied') return edits.some((edit) => isSameObject(edit.object, object));
  const written = state.kind === 'failed' ? (state.written ?? []) : [];
  return written.some((each) => isSameObject(each, object));
}
