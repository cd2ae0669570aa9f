import { type Change, isForPeople, isUnsettled, isWeightsOnly, moveTo, objectsOf } from '../../domain/change/change.ts';
import type { Made, StateOf } from '../../domain/change/state.ts';
import { findRevision } from '../../domain/routing/ledger.ts';
import { refOf } from '../../domain/routing/object.ts';
import { moveOn } from '../audit.ts';
import { DependencyError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Aside, Log } from '../ports/process.ts';
import type { Cards } from '../showing/cards.ts';
import { madeBy } from './made.ts';
import { type OpenEdit, openBegun } from './open.ts';

export interface Settling {
  readonly mesh: Mesh;
  readonly changes: Changes;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly aside: Aside;
}

/** If a write gets no reply, the API server may still commit it while it works on the request, which takes up to a minute. */
const mayStillCommitMs = 70_000;
/** If the outcome is still unknown after this long, it is left to people. */
const untilMs = 7 * 24 * 3600_000;

/** Looks up the outcome of a change that ended without a known one, as soon as none of its writes can still be under way. */
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
  settling.log.warn({ changeId: change.id, state: settled }, 'the outcome of a change was looked up');
  settling.cards.showSoon(change.id);
  if (settled.kind === 'applied') announce(settling, next);
}

/**
 * Corrects a change that the store takes for undecided although it was applied. The store may have fallen back (to a replica without the
 * last writes, to a backup), but the object's own history still has the change. Returns the corrected change; undefined if nothing was
 * corrected.
 */
export async function catchUp(settling: Omit<Settling, 'cards'>, change: Change): Promise<Change | undefined> {
  try {
    if (!isUndecided(change) || !(await seemsDone(settling, change))) return undefined;
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    return undefined; // without an answer nothing is decided
  }
  const state = await lookAgain(settling, change);
  if (state === undefined || (state.kind === 'failed' && state.written === undefined)) return undefined;
  const next = moveTo(change, state);
  if (!(await moveOn(settling, next, { kind: 'settled', because: state.kind }))) return undefined;
  settling.log.warn({ changeId: change.id, state }, 'the store had lost the outcome of a change');
  return next;
}

function isUndecided(change: Change): boolean {
  return isForPeople(change) || change.state.kind === 'void';
}

/** Asks only the watch cache, so that a change that really is undecided costs the cluster nothing. */
async function seemsDone({ mesh }: Pick<Settling, 'mesh'>, change: Change): Promise<boolean> {
  const seen = await Promise.all(objectsOf(change).map((object) => mesh.glance(object)));
  return seen.some((each) => each !== undefined && findRevision(each.ledger, change.id) !== undefined);
}

/** The change took effect after all, so it gets its Event. */
function announce({ mesh, aside }: Pick<Settling, 'mesh' | 'aside'>, change: Change): void {
  aside(() => mesh.announce(change), 'an Event was not left on the object', { changeId: change.id });
}

type Settled = StateOf<'applied' | 'failed'>;

/** The outcome by the objects' histories; undefined if they still cannot be read. */
async function lookAgain(settling: Omit<Settling, 'cards'>, change: Change): Promise<Settled | undefined> {
  const { mesh, changes, log, now } = settling;
  try {
    const writing = isWeightsOnly(change) ? [] : await changes.writing(change.id);
    const opened = await openBegun(mesh, change, writing);
    const unreadable = opened.find((each) => each.unreadable !== undefined)?.unreadable;
    if (unreadable !== undefined) throw unreadable;
    return settledBy(change, opened, now());
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    log.info({ changeId: change.id, err }, 'the outcome of a change cannot be looked up yet');
    return undefined;
  }
}

/** Applied only if all objects were written. Whether somebody moved them since is not looked at: the watch tells that. */
function settledBy(change: Change, opened: readonly OpenEdit[], now: Date): Settled {
  const done = opened.flatMap((each) => (each.decision.kind === 'done' ? [{ each, decision: each.decision }] : []));
  const times = done.flatMap(({ decision }) => decision.revision?.at ?? []).toSorted();
  const at = times.at(-1) ?? now.toISOString();
  const made = done.map(({ each, decision }) => madeBy(change.id, each, decision));
  if (done.length < opened.length) return { kind: 'failed', at, ...whyNotAll(opened, made) };
  const tookMs = Math.max(0, Date.parse(at) - Date.parse(change.acceptedAt));
  return { kind: 'applied', at, made, tookMs, warnings: [] };
}

function whyNotAll(
  opened: readonly OpenEdit[],
  made: readonly Made[],
): Pick<StateOf<'failed'>, 'because' | 'object' | 'written'> {
  const parts = made.length === 0 ? {} : { written: made.map(({ object }) => object) };
  const isUnclear = ({ decision }: OpenEdit) => decision.kind === 'failed' && decision.because === 'creation-unclear';
  const unclear = opened.find(isUnclear);
  if (unclear !== undefined) return { because: 'creation-unclear', object: refOf(unclear.edit.object), ...parts };
  return { because: made.length === 0 ? 'not-reached' : 'half-applied', ...parts };
}
