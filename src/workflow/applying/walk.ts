import { type Change, revisionOf } from '../../domain/change/change.ts';
import { deletes, type ObjectEdit } from '../../domain/change/edit.ts';
import type { FailReason, Made, StateOf } from '../../domain/change/state.ts';
import { contentToWrite } from '../../domain/routing/content.ts';
import type { Ledger } from '../../domain/routing/ledger.ts';
import { isSameObject, type ObjectRef, refOf } from '../../domain/routing/object.ts';
import type { RuleSplit } from '../../domain/routing/route.ts';
import { DependencyError, MeshUnavailableError } from '../errors.ts';
import { wantedOf } from '../judging/judge-live.ts';
import { objectionTo } from '../judging/objection.ts';
import { stampOf } from '../judging/stamp.ts';
import type { Writable, Written } from '../ports/mesh.ts';
import { type Bench, isoNow } from './bench.ts';
import { madeBy } from './made.ts';
import { hostsIn, notAsPlanned, type OpenEdit, openBegun, openEdit } from './open.ts';

/** What became of an attempt at a change. */
export type Ending =
  | {
      readonly kind: 'applied';
      readonly at: string;
      /** One for each edit, in their order. */
      readonly made: readonly Made[];
      readonly warnings: readonly string[];
      /** The histories of its objects, with or without the change itself. */
      readonly ledgers: ReadonlyMap<ObjectEdit, Ledger>;
    }
  | { readonly kind: 'ended'; readonly state: StateOf<'superseded' | 'held' | 'failed' | 'void'> };

export interface AttemptLimits {
  readonly isTooOld: boolean;
  readonly isContended: () => boolean;
}

/**
 * Reads all objects, has what is left to do tried, and then writes one after the other, each guarded by what was read. It finds in the
 * objects' histories what an earlier attempt has written, and goes on from there: once something is written the rest follows, unless
 * somebody else is in the way. A single weights edit needs no trial and no note: it is one write, or none.
 */
export async function walk(bench: Bench, change: Change, limits: AttemptLimits): Promise<Ending> {
  const isOneWrite = change.edits.length === 1 && change.edits[0].kind === 'weights';
  const progress: Progress = { warnings: new Set(), made: new Map(), sure: new Set(), ledgers: new Map() };
  let begun = isOneWrite ? [] : await bench.changes.writing(change.id);
  for (;;) {
    const opened = (await openBegun(bench.mesh, change, begun)).map((each) => asMade(change, each, progress));
    begun = []; // what others wrote is known by now, and what we write we know
    const blocked = opened.find(({ decision }) => decision.kind !== 'done' && decision.kind !== 'write');
    const done = opened.filter(({ decision }) => decision.kind === 'done').map(({ edit }) => edit);
    if (blocked !== undefined) return blockedEnding(bench, opened, blocked, done);
    const left = opened.filter(({ decision }) => decision.kind === 'write');

    if (left.length > 0 && done.length === 0) {
      const objection = await objectionNow(bench, change, opened, limits);
      if (objection !== undefined) return { kind: 'ended', state: objection };
    }
    // Asked here and not before the read: the last write may have got through although its reply did not.
    if (left.length > 0 && limits.isContended()) return failed(bench, 'contended', { written: done });
    if (left.length > 0 && !isOneWrite) {
      const tried = await tryAll(bench, change, { left, done }, progress);
      if (tried === 'conflict') continue;
      if (tried !== undefined) return tried;
      await noteWriting(bench, change, left);
    }
    const stopped = await writeAll(bench, change, { left, done }, progress);
    if (stopped === 'conflict') continue;
    return stopped ?? appliedEnding(bench, change, progress);
  }
}

/** What came of the writes of this attempt and of those before. */
interface Progress {
  readonly warnings: Set<string>;
  /** What is known to be made by this change, and when where the history says so. */
  readonly made: Map<ObjectEdit, Made & { readonly at?: string | undefined }>;
  /** What was made whatever the object is by now. An object that we find gone, others may have deleted. */
  readonly sure: Set<ObjectEdit>;
  readonly ledgers: Map<ObjectEdit, Ledger>;
}

/** What was written is done, whatever somebody made of it right after: that is theirs, and neither undone nor told as our failure. */
function asMade(change: Change, opened: OpenEdit, { made, sure, ledgers }: Progress): OpenEdit {
  const { edit, open, decision } = opened;
  const ledger = open?.live?.ledger ?? (edit.kind === 'content' ? edit.ledger : undefined);
  if (ledger !== undefined) ledgers.set(edit, ledger);
  const known = made.get(edit);
  if (known !== undefined && sure.has(edit)) return { ...opened, decision: { kind: 'done', seq: known.seq } };
  if (decision.kind !== 'done') return opened;
  if (!deletes(edit)) sure.add(edit);
  made.set(edit, { ...madeBy(change.id, opened, decision), at: decision.revision?.at });
  return opened;
}

async function objectionNow(
  bench: Bench,
  change: Change,
  opened: readonly OpenEdit[],
  { isTooOld }: AttemptLimits,
): Promise<StateOf<'failed' | 'void'> | undefined> {
  if (isTooOld) return { kind: 'failed', at: isoNow(bench), because: 'expired' };
  const why = await objectionTo(bench, change, wantedOf(change, hostsIn(opened), change.deed));
  if (why === undefined) return undefined;
  return { kind: 'void', at: isoNow(bench), moved: [], stamp: stampIn(opened), ...why };
}

/** Stands for the objects as they are: a person decides about these. */
export function stampIn(opened: readonly OpenEdit[]): string {
  return stampOf(opened.map(({ edit, open }) => ({ edit, live: open?.live })));
}

/** Records what is about to be created or replaced, so that a worker that takes over knows what was never written from what was deleted since. */
async function noteWriting({ mesh, changes }: Bench, { id }: Change, left: readonly OpenEdit[]): Promise<void> {
  const objects = left.filter(({ edit }) => !deletes(edit)).map(({ edit }) => refOf(edit.object));
  if (objects.length === 0) return;
  const moments = objects.map(async (object) => ({ ...object, since: await mesh.moment(object) }));
  await changes.noteWriting(id, await Promise.all(moments));
}

/** What is to be written, and what was before. */
interface Left {
  readonly left: readonly OpenEdit[];
  readonly done: readonly ObjectEdit[];
}

/** Undefined: all were written. `conflict`: one is not what was read any more; read all again. */
async function writeAll(
  bench: Bench,
  change: Change,
  { left, done }: Left,
  { warnings, made, sure }: Progress,
): Promise<Ending | 'conflict' | undefined> {
  const written: ObjectEdit[] = [];
  for (const opened of left) {
    const { edit } = opened;
    try {
      const answer = await write(bench, change, opened);
      if (answer.kind === 'conflict') return 'conflict';
      made.set(edit, answer.made);
      sure.add(edit);
      written.push(edit);
      for (const warning of answer.warnings) warnings.add(warning);
    } catch (error) {
      return refusedEnding(bench, error, edit, [...done, ...written]);
    }
  }
  return undefined;
}

/** The same, where nothing is stored: what would be refused is known before the first is written. */
async function tryAll(
  bench: Bench,
  change: Change,
  { left, done }: Left,
  { warnings }: Progress,
): Promise<Ending | 'conflict' | undefined> {
  for (const opened of left) {
    try {
      const written = await writeIt(bench, change, opened, { dryRun: true });
      if (written.kind === 'conflict') return 'conflict';
      for (const warning of written.warnings) warnings.add(warning);
    } catch (error) {
      return refusedEnding(bench, error, opened.edit, done);
    }
  }
  return undefined;
}

/** What is tried again later is thrown on. */
function refusedEnding(bench: Bench, error: unknown, object: ObjectEdit, written: readonly ObjectEdit[]): Ending {
  if (!(error instanceof DependencyError) || error.retryable) throw error;
  return failed(bench, error.because, { written, object, detail: error.message });
}

type WriteAnswer =
  | {
      readonly kind: 'made';
      readonly made: Made & { readonly at?: string | undefined };
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'conflict' };

async function write(bench: Bench, change: Change, opened: OpenEdit): Promise<WriteAnswer> {
  try {
    const written = await writeIt(bench, change, opened, { dryRun: false });
    if (written.kind === 'conflict') return written;
    const { seq, splits, warnings } = written;
    return {
      kind: 'made',
      made: { object: refOf(opened.edit.object), seq, live: ofMoves(opened.edit, splits) },
      warnings,
    };
  } catch (error) {
    // The reply may have been lost after the commit. What the object holds says so, and saying it now spares the person the wait.
    if (!(error instanceof MeshUnavailableError)) throw error;
    bench.log.warn({ changeId: change.id, err: error }, 'outcome of the write is unknown, reading the object again');
    const again = await openEdit(bench.mesh, change.id, opened.edit);
    if (again.decision.kind !== 'done') throw error;
    const made = { ...madeBy(change.id, again, again.decision), at: again.decision.revision?.at };
    return { kind: 'made', made, warnings: [] };
  }
}

function ofMoves({ moves }: ObjectEdit, splits: readonly RuleSplit[]): readonly RuleSplit[] {
  return moves.flatMap(({ rule }) => splits.find((each) => each.rule === rule) ?? []);
}

async function writeIt(
  bench: Bench,
  change: Change,
  { edit, open }: OpenEdit,
  options: { readonly dryRun: boolean },
): Promise<Written> {
  if (open === undefined) return { kind: 'conflict' };
  const writable: Writable =
    edit.kind === 'weights'
      ? edit
      : { kind: 'content', content: contentToWrite(edit, open.live?.content), ledger: edit.ledger };
  return open.write(writable, revisionOf(change, edit, bench.now()), options);
}

function appliedEnding(bench: Bench, change: Change, { made, warnings, ledgers }: Progress): Ending {
  const all = change.edits.flatMap((edit) => made.get(edit) ?? []);
  const noted = all.flatMap(({ at }) => at ?? []).toSorted();
  const at = noted.length === all.length ? noted.at(-1) : undefined; // else the last was written now
  return {
    kind: 'applied',
    at: at ?? isoNow(bench),
    made: all.map(({ at: _, ...each }) => each),
    warnings: [...warnings],
    ledgers,
  };
}

function blockedEnding(
  bench: Bench,
  opened: readonly OpenEdit[],
  { edit, open, decision }: OpenEdit,
  written: readonly ObjectEdit[],
): Ending {
  const at = isoNow(bench);
  const isUnknown = decision.kind === 'failed' && (open === undefined || decision.because === 'creation-unclear');
  if (written.length > 0 && !isUnknown) {
    const detail = open?.live?.lastWriter?.manager;
    return failed(bench, 'half-applied', { written, object: edit, detail });
  }
  switch (decision.kind) {
    case 'superseded':
      return { kind: 'ended', state: { kind: 'superseded', at, by: decision.by } };
    case 'held': {
      const all = notAsPlanned(opened);
      const isFirst = ({ object }: { readonly object: ObjectRef }) => isSameObject(object, edit.object);
      const found = [...all.filter(isFirst), ...all.filter((each) => !isFirst(each))];
      return { kind: 'ended', state: { kind: 'held', at, because: decision.because, found, stamp: stampIn(opened) } };
    }
    case 'failed':
      return failed(bench, decision.because, { written, object: edit, detail: decision.detail });
    case 'done':
    case 'write':
      throw new Error(`the change is not stopped by ${edit.object.name}`);
  }
}

function failed(
  bench: Bench,
  because: FailReason,
  more: { written?: readonly ObjectEdit[]; object?: ObjectEdit; detail?: string | undefined } = {},
): Ending {
  const { written = [], object, detail } = more;
  const parts = written.length === 0 ? {} : { written: written.map((edit) => refOf(edit.object)) };
  const which = object === undefined ? {} : { object: refOf(object.object) };
  return { kind: 'ended', state: { kind: 'failed', at: isoNow(bench), because, detail, ...which, ...parts } };
}
