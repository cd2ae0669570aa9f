import { type FailReason, revisionOf, type State } from '../../domain/change/change.ts';
import { contentToWrite, isSameObject, type ObjectEdit, refOf } from '../../domain/change/edit.ts';
import { findRevision, type Ledger, record } from '../../domain/routing/ledger.ts';
import { ourManager } from '../../domain/routing/owner.ts';
import { defaultRule, findRule } from '../../domain/routing/route.ts';
import type { Split } from '../../domain/routing/split.ts';
import {
  type ChangeOfObjects,
  foundIn,
  lastWriterOf,
  liveStamp,
  type OpenEdit,
  openBegun,
  openEdit,
} from '../asking/open-edits.ts';
import { DependencyError, MeshUnavailableError } from '../errors.ts';
import { ofEdits } from '../judging/judge-live.ts';
import { objectionTo } from '../judging/objection.ts';
import type { FoundObject, Put } from '../ports/mesh.ts';
import type { Bench } from './bench.ts';

/** What became of an attempt at a change of more than weights. */
export type EditsEnding =
  | {
      readonly kind: 'applied';
      readonly effect: {
        readonly at: string;
        readonly seq: number;
        readonly live: Split;
        readonly warnings: readonly string[];
      };
      /** The histories of its objects. */
      readonly ledgers: readonly Ledger[];
    }
  | { readonly kind: 'ended'; readonly state: Extract<State, { kind: 'superseded' | 'held' | 'failed' | 'void' }> };

export interface Limits {
  readonly isTooOld: boolean;
  readonly isContended: () => boolean;
}

/**
 * Reads all objects, has all that is left to do tried, and then does one after the other, each guarded by what was read. What an
 * earlier attempt has done it finds in the objects' histories, and goes on from there: once something is written the rest follows,
 * unless somebody else is in the way.
 */
export async function applyEdits(bench: Bench, change: ChangeOfObjects, limits: Limits): Promise<EditsEnding> {
  const progress: Progress = { warnings: new Set(), written: new Set() };
  let begun = await bench.changes.writing(change.id);
  for (;;) {
    const opened = (await openBegun(bench.mesh, change, begun)).map((each) => asWritten(each, progress));
    begun = []; // what was written by others is known by now, and what we write we know
    const blocked = opened.find(({ decision }) => decision.kind !== 'done' && decision.kind !== 'write');
    const done = opened.filter(({ decision }) => decision.kind === 'done').map(({ edit }) => edit);
    if (blocked !== undefined) return blockedEnding(bench, opened, blocked, done);
    const left = opened.filter(({ decision }) => decision.kind === 'write');
    if (left.length === 0) return appliedEnding(bench, change, opened, [...progress.warnings]);

    if (done.length === 0) {
      if (limits.isTooOld) return failed(bench, 'expired');
      const objection = await objectionTo(bench, change, ofEdits(change), (why) => ({
        kind: 'void',
        at: isoNow(bench),
        stamp: liveStamp(opened),
        ...why,
      }));
      if (objection !== undefined) return { kind: 'ended', state: objection };
    }
    if (limits.isContended()) return failed(bench, 'contended', { written: done });
    const tried = await tryAll(bench, change, { left, done }, progress);
    if (tried === undefined) continue;
    if (tried !== 'taken') return tried;
    await noteWriting(bench, change, left);
    const stopped = await writeAll(bench, change, { left, done }, progress);
    if (stopped !== undefined) return stopped;
  }
}

/** What came of the writes of this attempt. */
interface Progress {
  readonly warnings: Set<string>;
  /** Those that are known to be done by this change. */
  readonly written: Set<ObjectEdit>;
}

/** What was written is done, whatever somebody made of it right after: that is theirs, and neither undone nor told as our failure. */
function asWritten(opened: OpenEdit, { written }: Progress): OpenEdit {
  const { edit, decision } = opened;
  if (decision.kind === 'done' && edit.after !== undefined) written.add(edit); // its history says so; what is gone, others may have deleted
  return written.has(edit) ? { ...opened, decision: { kind: 'done' } } : opened;
}

/** So that whoever comes after us can tell what was never written from what was, and was deleted by somebody since. */
async function noteWriting(
  { mesh, changes }: Bench,
  { id, object }: ChangeOfObjects,
  left: readonly OpenEdit[],
): Promise<void> {
  const refs = left.filter(({ edit }) => edit.after !== undefined).map(({ edit }) => refOf(edit));
  if (refs.length === 0) return;
  const moments = refs.map(async (ref) => ({ ...ref, since: await mesh.moment(object.cluster, ref) }));
  await changes.noteWriting(id, await Promise.all(moments));
}

/** What is to be written, and what was before. */
interface Left {
  readonly left: readonly OpenEdit[];
  readonly done: readonly ObjectEdit[];
}

/** Undefined where all were written, or one is not what was read any more: both are seen when they are read again. */
async function writeAll(
  bench: Bench,
  change: ChangeOfObjects,
  { left, done }: Left,
  { warnings, written }: Progress,
): Promise<EditsEnding | undefined> {
  for (const opening of left) {
    const { edit } = opening;
    try {
      const put = await write(bench, change, opening);
      if (put.kind === 'conflict') return undefined;
      written.add(edit);
      for (const warning of put.warnings) warnings.add(warning);
    } catch (error) {
      return refusedEnding(bench, error, edit, [...new Set([...done, ...written])]);
    }
  }
  return undefined;
}

/** The same, where nothing is stored: what would be refused is known before the first is written. */
async function tryAll(
  bench: Bench,
  change: ChangeOfObjects,
  { left, done }: Left,
  { warnings }: Progress,
): Promise<EditsEnding | 'taken' | undefined> {
  for (const opening of left) {
    try {
      const put = await putIt(bench, change, opening, { dryRun: true });
      if (put.kind === 'conflict') return undefined;
      for (const warning of put.warnings) warnings.add(warning);
    } catch (error) {
      return refusedEnding(bench, error, opening.edit, done);
    }
  }
  return 'taken';
}

/** What is tried again later is thrown on. */
function refusedEnding(bench: Bench, error: unknown, object: ObjectEdit, written: readonly ObjectEdit[]): EditsEnding {
  if (!(error instanceof DependencyError) || error.retryable) throw error;
  return failed(bench, error.because, { written, object, detail: error.message });
}

async function write(bench: Bench, change: ChangeOfObjects, opened: OpenEdit): Promise<Put> {
  try {
    return await putIt(bench, change, opened, { dryRun: false });
  } catch (error) {
    // The reply may have been lost after the commit. What the object holds says so, and saying it now spares the person the wait.
    if (!(error instanceof MeshUnavailableError)) throw error;
    bench.log.warn({ changeId: change.id, err: error }, 'outcome of the write is unknown, reading the object again');
    const again = await openEdit(bench.mesh, change, opened.edit);
    if (again.decision.kind !== 'done') throw error;
    return { kind: 'put', warnings: [] };
  }
}

async function putIt(
  bench: Bench,
  change: ChangeOfObjects,
  { edit, open }: OpenEdit,
  options: { readonly dryRun: boolean },
): Promise<Put> {
  if (open === undefined) return { kind: 'conflict' };
  const { seen } = open;
  const { from, to } = edit;
  const ledger = record(seen?.ledger ?? edit.ledger ?? noLedger, revisionOf({ ...change, from, to }, bench.now()));
  return open.put(contentToWrite(edit, seen?.content), ledger, options);
}

const noLedger: Ledger = { seq: 0, revisions: [] };

function appliedEnding(
  bench: Bench,
  change: ChangeOfObjects,
  opened: readonly OpenEdit[],
  warnings: readonly string[],
): EditsEnding {
  const { id, object, base, to } = change;
  const main = opened.find(({ edit }) => isSameObject(edit, object));
  const revisions = opened.flatMap(({ open }) => findRevision(open?.seen?.ledger ?? noLedger, id) ?? []);
  const at =
    revisions
      .map((revision) => revision.at)
      .toSorted()
      .at(-1) ?? isoNow(bench);
  const seen = main?.open?.seen;
  const live = seen === undefined ? to : liveSplit(bench, change, seen);
  const seq = seen === undefined ? undefined : numberOf(id, seen.ledger);
  const ledgers = opened.flatMap(({ edit, open }) => open?.seen?.ledger ?? edit.ledger ?? []);
  return {
    kind: 'applied',
    effect: { at, seq: seq ?? (main?.edit.ledger?.seq ?? base.seq) + 1, live, warnings },
    ledgers,
  };
}

/** The newest revision has the number of the history, the one before it one less; undefined where it holds none of ours. */
function numberOf(id: ChangeOfObjects['id'], { seq, revisions }: Ledger): number | undefined {
  const place = revisions.findIndex((revision) => revision.id === id);
  return place < 0 ? undefined : seq - place;
}

/** As the API server has it, which admission may have changed; but not what somebody else made of it since. */
function liveSplit({ mesh }: Bench, { id, object, to }: ChangeOfObjects, seen: FoundObject): Split {
  const isOurs = seen.ledger.revisions[0]?.id === id && seen.lastWriter?.manager === ourManager;
  if (!isOurs) return to;
  return findRule(mesh.picture(object, seen.content), defaultRule)?.split ?? to;
}

function blockedEnding(
  bench: Bench,
  opened: readonly OpenEdit[],
  { edit, open, decision }: OpenEdit,
  written: readonly ObjectEdit[],
): EditsEnding {
  const lastWriter = lastWriterOf(open?.seen);
  if (decision.kind === 'unreadable')
    return failed(bench, 'ledger-unreadable', { written, object: edit, detail: decision.why });
  if (decision.kind === 'unclear') return failed(bench, 'creation-unclear', { written, object: edit });
  if (written.length > 0) return failed(bench, 'half-applied', { written, object: edit, detail: lastWriter });
  const at = isoNow(bench);
  if (decision.kind === 'superseded') return { kind: 'ended', state: { kind: 'superseded', at, by: decision.by } };
  if (decision.kind !== 'held') return failed(bench, 'object-gone', { written, object: edit });
  const seen = open?.seen;
  const live = seen === undefined || edit.kind !== 'VirtualService' ? {} : edit.from;
  return {
    kind: 'ended',
    state: {
      kind: 'held',
      at,
      because: decision.because,
      uid: seen?.uid ?? '',
      live,
      lastWriter,
      object: refOf(edit),
      stamp: liveStamp(opened),
      found: foundIn(opened),
    },
  };
}

function failed(
  bench: Bench,
  because: FailReason,
  more: { written?: readonly ObjectEdit[]; object?: ObjectEdit; detail?: string | undefined } = {},
): EditsEnding {
  const { written = [], object, detail } = more;
  const at = isoNow(bench);
  const parts = written.length === 0 ? {} : { written: written.map(refOf) };
  const which = object === undefined ? {} : { object: refOf(object) };
  return { kind: 'ended', state: { kind: 'failed', at, because, detail, ...which, ...parts } };
}

function isoNow({ now }: Pick<Bench, 'now'>): string {
  return now().toISOString();
}
