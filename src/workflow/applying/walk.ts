import { type Change, revisionOf } from '../../domain/change/change.ts';
import { deletes, type ObjectEdit } from '../../domain/change/edit.ts';
import type { FailReason, Made, StateOf } from '../../domain/change/state.ts';
import { askFrom } from '../../domain/policy/ramps/ask-of-ramp.ts';
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
import { historyIn, hostsIn, isOtherPods, notAsPlanned, type OpenEdit, openBegun, openEdit } from './open.ts';

/** How an attempt at a change ended. */
export type Ending =
  | {
      readonly kind: 'applied';
      readonly at: string;
      /** One for each edit, in the order of the edits. */
      readonly made: readonly Made[];
      readonly warnings: readonly string[];
      /** The objects' histories. They may not have the change itself yet. */
      readonly ledgers: ReadonlyMap<ObjectEdit, Ledger>;
    }
  | { readonly kind: 'ended'; readonly state: StateOf<'superseded' | 'held' | 'failed' | 'void'> };

export interface AttemptLimits {
  readonly isTooOld: boolean;
  readonly isContended: () => boolean;
}

/**
 * Reads all objects, tries the writes that are left (dry run), and then makes them one by one. A write succeeds only if the object still is
 * what was read. The objects' histories tell what an earlier attempt wrote, and this attempt goes on from there: once something is written
 * the rest follows, unless somebody else is in the way. A single weights edit needs no trial and no note, because it is one write or none.
 */
export async function walk(bench: Bench, change: Change, limits: AttemptLimits): Promise<Ending> {
  const isOneWrite = change.edits.length === 1 && change.edits[0].kind === 'weights';
  const progress: Progress = { warnings: new Set(), made: new Map(), sure: new Set(), ledgers: new Map() };
  let begun = isOneWrite ? [] : await bench.changes.writing(change.id);
  for (;;) {
    const opened = (await openBegun(bench.mesh, change, begun)).map((each) => asMade(change, each, progress));
    begun = []; // from here on `progress` has all writes, also those of earlier attempts
    const blocked = opened.find(({ decision }) => decision.kind !== 'done' && decision.kind !== 'write');
    const done = opened.filter(({ decision }) => decision.kind === 'done').map(({ edit }) => edit);
    if (blocked !== undefined) return blockedEnding(bench, opened, blocked, done);
    const left = opened.filter(({ decision }) => decision.kind === 'write');

    if (left.length > 0 && done.length === 0) {
      const objection = await objectionNow(bench, change, opened, limits);
      if (objection !== undefined) return { kind: 'ended', state: objection };
    }
    // Checked after the read: the last write may have succeeded although its reply was lost.
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

/** What this attempt and earlier ones have written. */
interface Progress {
  readonly warnings: Set<string>;
  /** What this change is known to have made; `at`: when, if the history says so. */
  readonly made: Map<ObjectEdit, Made & { readonly at?: string | undefined }>;
  /** Edits that are done, no matter what their objects are now. An object that we only found gone may have been deleted by others. */
  readonly sure: Set<ObjectEdit>;
  readonly ledgers: Map<ObjectEdit, Ledger>;
}

/** What we wrote counts as done, even if somebody changed it right after. We do not undo their change or report it as our failure. */
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
  if (isOtherPods(change, opened))
    return { kind: 'void', at: isoNow(bench), moved: [], stamp: stampIn(opened), because: 'relabelled' };
  const why = await objectionTo(
    bench,
    change,
    wantedOf(change, hostsIn(opened), change.deed, {
      ...(await askedOf(bench, change)),
      historyOf: historyIn(bench, opened),
    }),
  );
  if (why === undefined) return undefined;
  return { kind: 'void', at: isoNow(bench), moved: [], stamp: stampIn(opened), ...why };
}

/** What policy is asked of the ramp that the change is a step of. */
async function askedOf(
  { ramps, now }: Bench,
  { ramp: of }: Change,
): Promise<Pick<Parameters<typeof wantedOf>[3], 'asked'>> {
  const ramp = of && (await ramps.read(of.id));
  return ramp === undefined || of === undefined ? {} : { asked: (object) => askFrom(ramp, object, of.step, now()) };
}

/** A hash of the objects as they are now. A person's decision is bound to it. */
export function stampIn(opened: readonly OpenEdit[]): string {
  return stampOf(opened.map(({ edit, open }) => ({ edit, live: open?.live })));
}

/**
 * Records what is about to be created or replaced. A worker that takes over can then tell what was never written from what was deleted
 * since.
 */
async function noteWriting({ mesh, changes }: Bench, { id }: Change, left: readonly OpenEdit[]): Promise<void> {
  const objects = left.filter(({ edit }) => !deletes(edit)).map(({ edit }) => refOf(edit.object));
  if (objects.length === 0) return;
  const moments = objects.map(async (object) => ({ ...object, since: await mesh.moment(object) }));
  await changes.noteWriting(id, await Promise.all(moments));
}

/** `left`: still to be written; `done`: written before. */
interface Left {
  readonly left: readonly OpenEdit[];
  readonly done: readonly ObjectEdit[];
}

/** Undefined: all were written. `conflict`: an object is no longer what was read, so read all again. */
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

/** The same as a dry run, so that a refusal is known before the first object is written. */
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

/** Rethrows an error after which the change is tried again later. */
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
    // The reply may have been lost after the commit. The object itself tells. Asking now spares the person the wait for a retry.
    if (!(error instanceof MeshUnavailableError)) throw error;
    bench.log.warn({ changeId: change.id, err: error }, 'the outcome of a write is unknown, the object is read again');
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
  const at = noted.length === all.length ? noted.at(-1) : undefined; // otherwise the last write was made just now
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
      throw new Error(`${edit.object.name} does not stop the change`);
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
