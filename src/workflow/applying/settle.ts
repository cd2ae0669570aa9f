import { type Change, isForPeople, isUnsettled, moveTo, type State } from '../../domain/change/change.ts';
import { decide } from '../../domain/change/decide.ts';
import { refOf } from '../../domain/change/edit.ts';
import { emptyLedger, findRevision } from '../../domain/routing/ledger.ts';
import { type ChangeOfObjects, editsObjects, openBegun } from '../asking/open-edits.ts';
import { moveOn } from '../audit.ts';
import { DependencyError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Aside, Log } from '../ports/process.ts';
import type { Cards } from '../showing/cards.ts';

export interface Settling {
  readonly mesh: Mesh;
  readonly changes: Changes;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly aside: Aside;
}

/** A write whose reply never came may still be committed for as long as the API server works on a request, which is a minute. */
const mayStillCommitMs = 70_000;
/** A cluster that was away for so long is left to people. */
const untilMs = 7 * 24 * 3600_000;

/** Looks what became of a change that ended without its effect being known, once no write of it can be under way any more. */
export async function settle(settling: Settling, change: Change): Promise<void> {
  if (change.state.kind !== 'failed' || !isUnsettled(change)) return;
  const agoMs = settling.now().getTime() - Date.parse(change.state.at);
  if (agoMs < mayStillCommitMs) return;

  const state = await lookAgain(settling, change);
  const settled = state ?? (agoMs > untilMs ? { ...change.state, settled: true } : undefined);
  if (settled === undefined) return;
  const next = moveTo(change, settled);
  const because = settled.kind === 'failed' ? settled.because : settled.kind;
  if (!(await moveOn(settling, next, { kind: 'settled', because }))) return;
  settling.log.warn({ changeId: change.id, state: settled }, 'what became of a change was looked up');
  settling.cards.showSoon(change.id);
  if (settled.kind === 'applied') announce(settling, next);
}

/**
 * A store that fell back (to a replica without the last writes, to a backup) takes for undecided what was decided and applied: the
 * object's own history knows. The change as it is then; undefined where that does not have it.
 */
export async function catchUp(settling: Omit<Settling, 'cards'>, change: Change): Promise<Change | undefined> {
  try {
    if (!isUndecided(change) || !(await seemsDone(settling, change))) return undefined;
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    return undefined; // nothing is decided by what cannot be asked
  }
  const state = await lookAgain(settling, change);
  if (state === undefined || (state.kind === 'failed' && state.because === 'not-reached')) return undefined;
  const next = moveTo(change, state);
  if (!(await moveOn(settling, next, { kind: 'settled', because: state.kind }))) return undefined;
  settling.log.warn({ changeId: change.id, state }, 'the store had forgotten what became of a change');
  return next;
}

function isUndecided(change: Change): boolean {
  return isForPeople(change) || change.state.kind === 'void';
}

/** By the watch cache, so that what is undecided in earnest costs the cluster nothing. */
async function seemsDone({ mesh }: Pick<Settling, 'mesh'>, { id, object }: Change): Promise<boolean> {
  const seen = await mesh.glance(object);
  return seen !== undefined && findRevision(seen.ledger, id) !== undefined;
}

/** It touched its object after all. */
function announce({ mesh, aside }: Pick<Settling, 'mesh' | 'aside'>, change: Change): void {
  aside(() => mesh.announce(change), 'an Event was not left on the object', { changeId: change.id });
}

type Settled = Extract<State, { kind: 'applied' | 'failed' }>;

/** Of several objects some may be written, and others not. */
async function lookAtEdits(
  { mesh, changes, now }: Pick<Settling, 'mesh' | 'changes' | 'now'>,
  change: ChangeOfObjects,
  without: Settled,
): Promise<Settled> {
  const opened = await openBegun(mesh, change, await changes.writing(change.id));
  const done = opened.filter(({ decision }) => decision.kind === 'done');
  if (done.length === 0) return without;
  const revisions = opened.flatMap(({ open }) => findRevision(open?.seen?.ledger ?? emptyLedger, change.id) ?? []);
  const at =
    revisions
      .map((revision) => revision.at)
      .toSorted()
      .at(-1) ?? now().toISOString();
  if (done.length < opened.length)
    return { kind: 'failed', at, because: 'half-applied', written: done.map(({ edit }) => refOf(edit)) };
  const tookMs = Math.max(0, Date.parse(at) - Date.parse(change.acceptedAt));
  return { kind: 'applied', at, seq: change.base.seq + 1, tookMs, live: change.to, warnings: [] };
}

/** Undefined where the cluster still does not answer. */
async function lookAgain(
  { mesh, changes, log, now }: Omit<Settling, 'cards'>,
  change: Change,
): Promise<Settled | undefined> {
  const without: Settled = { kind: 'failed', at: now().toISOString(), because: 'not-reached' };
  try {
    if (editsObjects(change)) return await lookAtEdits({ mesh, changes, now }, change, without);
    const route = (await mesh.read(change.object))?.route;
    const decision = route === undefined ? undefined : decide(change, route);
    if (route === undefined || decision?.kind !== 'done') return without;
    const { revision, seq } = decision;
    const tookMs = Math.max(0, Date.parse(revision.at) - Date.parse(change.acceptedAt));
    return { kind: 'applied', at: revision.at, seq, tookMs, live: revision.to, warnings: [] }; // who moved it since, the watch tells
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    log.info({ changeId: change.id, err }, 'what became of a change cannot be looked up yet');
    return undefined;
  }
}
