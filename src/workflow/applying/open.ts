import type { Change } from '../../domain/change/change.ts';
import { type Decision, decide, seqAfter } from '../../domain/change/decide.ts';
import type { Edits, ObjectEdit } from '../../domain/change/edit.ts';
import { isRelabelled, selectsOf } from '../../domain/change/selects.ts';
import type { MovedObject } from '../../domain/change/state.ts';
import { type Hosts, hostsMoved } from '../../domain/policy/targets.ts';
import type { Ledger } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { isSameObject, type ObjectContent, refOf } from '../../domain/routing/object.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { LedgerUnreadableError } from '../errors.ts';
import { historyBefore } from '../judging/judge-live.ts';
import type { Writing } from '../ports/changes.ts';
import type { Mesh, OpenObject } from '../ports/mesh.ts';

/** One object of a change as it is now, and what to do about it. */
export interface OpenEdit {
  readonly edit: ObjectEdit;
  /** Absent if the object's history cannot be read. */
  readonly open?: OpenObject | undefined;
  readonly unreadable?: LedgerUnreadableError | undefined;
  readonly decision: Decision;
}

type Opening = Pick<Mesh, 'open'>;

/** The objects whose weights a change moves, live. Policy judges these by their hosts now. */
export function openWeights(mesh: Opening, { id, edits }: Pick<Change, 'id' | 'edits'>): Promise<readonly OpenEdit[]> {
  return Promise.all(edits.filter(({ kind }) => kind === 'weights').map((edit) => openEdit(mesh, id, edit)));
}

/** All objects of a change, live. */
export function openEdits(
  mesh: Opening,
  { id, edits }: { readonly id: ChangeId; readonly edits: Edits },
): Promise<readonly OpenEdit[]> {
  return Promise.all(edits.map((edit) => openEdit(mesh, id, edit)));
}

export async function openEdit(mesh: Opening, id: ChangeId, edit: ObjectEdit): Promise<OpenEdit> {
  try {
    const open = await mesh.open(edit.object);
    return { edit, open, decision: decide(id, edit, open.live) };
  } catch (error) {
    if (!(error instanceof LedgerUnreadableError)) throw error;
    // Not thrown: the other objects may still show what happened.
    const decision = { kind: 'failed', because: 'ledger-unreadable', detail: error.message } as const;
    return { edit, unreadable: error, decision };
  }
}

/**
 * The same for a change that a worker began and left. What that worker wrote is done, even if somebody changed or deleted the object since.
 * If an object to be created is missing and the API server does not remember whether it was there, it is not created again:
 * `creation-unclear`.
 */
export async function openBegun(
  mesh: Pick<Mesh, 'open' | 'hadChange'>,
  change: Change,
  writing: readonly Writing[],
): Promise<readonly OpenEdit[]> {
  const opened = await openEdits(mesh, change);
  return Promise.all(
    opened.map(async (each) => {
      const begun = writing.find((object) => isSameObject(object, each.edit.object));
      return begun === undefined || isCertain(each) ? each : asRemembered(mesh, change.id, each, begun);
    }),
  );
}

function isCertain({ open, decision }: OpenEdit): boolean {
  return decision.kind === 'done' || open === undefined;
}

async function asRemembered(
  mesh: Pick<Mesh, 'hadChange'>,
  id: ChangeId,
  opened: OpenEdit,
  { since }: Writing,
): Promise<OpenEdit> {
  const { edit, open, decision } = opened;
  const hadChange = await mesh.hadChange(edit.object, { id, since });
  if (hadChange === true) return { ...opened, decision: { kind: 'done', seq: seqAfter(edit) } };
  const isToBeCreated = decision.kind === 'write' && open?.live === undefined;
  return hadChange === undefined && isToBeCreated
    ? { ...opened, decision: { kind: 'failed', because: 'creation-unclear' } }
    : opened;
}

/** The hosts whose traffic an edit touches, by which policy judges it. Throws if the object's history cannot be read: then nothing is decided about it. */
export function hostsIn(opened: readonly OpenEdit[]): (edit: ObjectEdit) => Hosts {
  return (edit) => {
    const its = opened.find((each) => each.edit === edit);
    if (its?.unreadable !== undefined) throw its.unreadable;
    return hostsMoved(edit.moves, its?.open?.live, its?.open?.awaitedBy);
  };
}

/** The history that each edit will find. `ahead`: what waits in line ahead. */
export function historyIn(
  { now }: { readonly now: () => Date },
  opened: readonly OpenEdit[],
  ahead: readonly Change[] = [],
): (edit: ObjectEdit) => Ledger {
  return (edit) => {
    const its = opened.find((each) => isSameObject(each.edit.object, edit.object));
    return historyBefore(edit, its?.open?.live, ahead, now());
  };
}

/** Whether the labels of a version were changed since people were asked to approve the change. */
export function isOtherPods({ selects }: Pick<Change, 'selects'>, opened: readonly OpenEdit[]): boolean {
  return isRelabelled(selects, selectsOf(opened.map(({ edit, open }) => ({ edit, rules: open?.live?.rules }))));
}

/** Whether an object is gone whose weights the change moves. */
export function isObjectGone(opened: readonly OpenEdit[]): boolean {
  return opened.some(({ edit, open }) => edit.kind === 'weights' && open !== undefined && open.live === undefined);
}

const maxFoundBytes = 32 * 1024;

/** The objects that are not as planned, for the card to show, with as much of their content as a record has room for. */
export function notAsPlanned(opened: readonly OpenEdit[]): readonly MovedObject[] {
  const hasRoom = roomFor(maxFoundBytes);
  return opened
    .filter(({ decision }) => decision.kind !== 'write' && decision.kind !== 'done')
    .map((each) => foundIn(each, hasRoom));
}

/** The objects that have moved since a plan of which nothing is applied. What somebody already did by hand counts as moved, too. */
export function movedSince(opened: readonly OpenEdit[]): readonly MovedObject[] {
  const hasRoom = roomFor(maxFoundBytes);
  return opened
    .filter((each) => each.decision.kind !== 'write' || isMovedAlready(each))
    .map((each) => foundIn(each, hasRoom));
}

/** Somebody already moved weights by hand to where this edit moves them. */
function isMovedAlready({ edit, open }: OpenEdit): boolean {
  if (edit.kind !== 'weights' || open?.live === undefined) return false;
  const { live } = open;
  return edit.moves.some(({ rule, from }) => !sameShares(findRule(live, rule)?.split ?? {}, from));
}

/** One object as it was found. */
export function foundIn(
  opened: OpenEdit,
  hasRoom: (content: ObjectContent) => boolean = roomFor(maxFoundBytes),
): MovedObject {
  const { edit, open } = opened;
  const found = open?.live;
  const isShown = edit.kind === 'content' && found !== undefined && hasRoom(found.content);
  const lastWriter = found?.lastWriter?.manager;
  return {
    object: refOf(edit.object),
    ...howMoved(opened),
    ...(found !== undefined && { uid: found.uid }),
    live: found === undefined ? [] : splitsOf(edit, found),
    ...(isShown && { content: found.content }),
    ...(lastWriter !== undefined && { lastWriter }),
  };
}

function splitsOf({ moves }: ObjectEdit, found: LiveObject): MovedObject['live'] {
  return moves.flatMap(({ rule }) => {
    const split = findRule(found, rule)?.split;
    return split === undefined ? [] : [{ rule, split }];
  });
}

function howMoved({ open, decision }: OpenEdit): Pick<MovedObject, 'how' | 'by'> {
  switch (decision.kind) {
    case 'superseded':
      return { how: 'changed', by: decision.by };
    case 'held':
      return { how: heldWords[decision.because] };
    case 'failed':
      if (open === undefined) return { how: 'unreadable' };
      return { how: open.live === undefined ? 'gone' : 'written' };
    case 'done':
    case 'write':
      return { how: open?.live === undefined ? 'gone' : 'written' };
  }
}

const heldWords = {
  moved: 'written',
  recreated: 'made-anew',
  'ledger-lost': 'ledger-lost',
  'predecessor-missing': 'changed',
} as const;

function roomFor(bytes: number): (content: ObjectContent) => boolean {
  let left = bytes;
  return (content) => {
    left -= Buffer.byteLength(JSON.stringify(content));
    return left >= 0;
  };
}
