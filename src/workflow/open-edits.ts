import { createHash } from 'node:crypto';
import type { Change } from '../domain/change.ts';
import { decideEdit, type EditDecision, type FoundContent, type ObjectEdit, refOf } from '../domain/object-edit.ts';
import { LedgerUnreadableError } from './errors.ts';
import type { FoundObject, Mesh, OpenObject } from './ports.ts';

/** One object of a change as it is now, and what is to be done about it. */
export interface OpenEdit {
  readonly edit: ObjectEdit;
  readonly open?: OpenObject | undefined;
  readonly decision: EditDecision | { readonly kind: 'unreadable'; readonly why: string };
}

export type ChangeOfObjects = Change & { readonly edits: NonNullable<Change['edits']> };

export function editsObjects(change: Change): change is ChangeOfObjects {
  return change.edits !== undefined;
}

const maxFoundBytes = 32 * 1024;

/** All objects of a change, live. */
export function openEdits(mesh: Pick<Mesh, 'open'>, change: ChangeOfObjects): Promise<readonly OpenEdit[]> {
  return Promise.all(change.edits.objects.map((edit) => openEdit(mesh, change, edit)));
}

export async function openEdit(mesh: Pick<Mesh, 'open'>, { id, object }: Change, edit: ObjectEdit): Promise<OpenEdit> {
  try {
    const opened = await mesh.open(object.cluster, edit);
    return { edit, open: opened, decision: decideEdit(id, edit, opened.seen) };
  } catch (error) {
    if (!(error instanceof LedgerUnreadableError)) throw error;
    return { edit, decision: { kind: 'unreadable', why: error.message } }; // of what the others are something may have to be told
  }
}

/** Stands for the objects as they are: whoever decides about them decides about these. */
export function liveStamp(opened: readonly OpenEdit[]): string {
  const live = opened.map(({ open }) => open?.seen && [open.seen.uid, open.seen.content, open.seen.ledger.seq]);
  return createHash('sha256').update(JSON.stringify(live)).digest('hex').slice(0, 16);
}

/** What is not as it was planned from, for the card to show; as much of it as a record has room for. */
export function foundIn(opened: readonly OpenEdit[]): readonly FoundContent[] {
  let left = maxFoundBytes;
  const found: FoundContent[] = [];
  for (const { edit, open, decision } of opened) {
    const content = open?.seen?.content;
    if (content === undefined || decision.kind === 'write' || decision.kind === 'done') continue;
    left -= Buffer.byteLength(JSON.stringify(content));
    if (left >= 0) found.push({ ...refOf(edit), content });
  }
  return found;
}

export function lastWriterOf(seen: FoundObject | undefined): string | undefined {
  return seen?.lastWriter?.manager;
}
