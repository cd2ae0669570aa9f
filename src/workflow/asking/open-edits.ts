import { createHash } from 'node:crypto';
import type { Change } from '../../domain/change/change.ts';
import {
  decideEdit,
  type EditDecision,
  type FoundContent,
  isSameObject,
  type MovedObject,
  type ObjectContent,
  type ObjectEdit,
  refOf,
} from '../../domain/change/edit.ts';
import { LedgerUnreadableError } from '../errors.ts';
import type { Writing } from '../ports/changes.ts';
import type { FoundObject, Mesh, OpenObject } from '../ports/mesh.ts';

/** One object of a change as it is now, and what is to be done about it. */
export interface OpenEdit {
  readonly edit: ObjectEdit;
  readonly open?: OpenObject | undefined;
  readonly decision:
    | EditDecision
    | { readonly kind: 'unreadable'; readonly why: string }
    | { readonly kind: 'unclear' };
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

/**
 * The same of a change that a worker had begun and left. What that one wrote is done, whatever somebody made of it since: not to be
 * written again, also where it is gone. `unclear`: it is not there, and the cluster does not remember whether it was.
 */
export async function openBegun(
  mesh: Pick<Mesh, 'open' | 'hadChange'>,
  change: ChangeOfObjects,
  writing: readonly Writing[],
): Promise<readonly OpenEdit[]> {
  const opened = await openEdits(mesh, change);
  return Promise.all(
    opened.map(async (each) => {
      const begun = writing.find((ref) => isSameObject(ref, each.edit));
      return begun === undefined || isCertain(each) ? each : asRemembered(mesh, change, each, begun);
    }),
  );
}

function isCertain({ decision }: OpenEdit): boolean {
  return decision.kind === 'done' || decision.kind === 'unreadable';
}

async function asRemembered(
  mesh: Pick<Mesh, 'hadChange'>,
  { id, object }: ChangeOfObjects,
  opened: OpenEdit,
  { since }: Writing,
): Promise<OpenEdit> {
  const hadChange = await mesh.hadChange(object.cluster, opened.edit, { id, since });
  if (hadChange === true) return { ...opened, decision: { kind: 'done' } };
  const isToBeCreated = opened.decision.kind === 'write' && opened.open?.seen === undefined;
  return hadChange === undefined && isToBeCreated ? { ...opened, decision: { kind: 'unclear' } } : opened;
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
  const hasRoom = roomFor(maxFoundBytes);
  return opened.flatMap(({ edit, open, decision }) => {
    const content = open?.seen?.content;
    if (content === undefined || decision.kind === 'write' || decision.kind === 'done') return [];
    return hasRoom(content) ? [{ ...refOf(edit), content }] : [];
  });
}

/** The same of a plan that nothing was done of yet: what is gone is among it, and what there is no room for is named. */
export function movedIn(opened: readonly OpenEdit[]): readonly MovedObject[] {
  const hasRoom = roomFor(maxFoundBytes);
  return opened.flatMap((each): readonly MovedObject[] => {
    if (each.decision.kind === 'write') return [];
    const content = each.open?.seen?.content;
    const shown = content !== undefined && hasRoom(content) ? { content } : {};
    return [{ ...refOf(each.edit), ...howMoved(each), ...shown }];
  });
}

function howMoved({ open, decision }: OpenEdit): Pick<MovedObject, 'how' | 'by'> {
  switch (decision.kind) {
    case 'unreadable':
      return { how: 'unreadable' };
    case 'superseded':
      return { how: 'changed', by: decision.by };
    case 'held':
      return { how: heldWords[decision.because] };
    case 'gone':
    case 'unclear':
    case 'done':
    case 'write':
      return { how: open?.seen === undefined ? 'gone' : 'written' };
  }
}

const heldWords = { moved: 'written', recreated: 'made-anew', 'ledger-lost': 'ledger-lost' } as const;

function roomFor(bytes: number): (content: ObjectContent) => boolean {
  let left = bytes;
  return (content) => {
    left -= Buffer.byteLength(JSON.stringify(content));
    return left >= 0;
  };
}

export function lastWriterOf(seen: FoundObject | undefined): string | undefined {
  return seen?.lastWriter?.manager;
}
