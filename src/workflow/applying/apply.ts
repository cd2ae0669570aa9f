import { isDeepStrictEqual } from 'node:util';
import {
  type Applied,
  type Change,
  effectOf,
  type FailReason,
  moveTo,
  noLongerSeen,
  revisionOf,
  type State,
} from '../../domain/change/change.ts';
import { decide } from '../../domain/change/decide.ts';
import { splittersOf } from '../../domain/change/edit.ts';
import type { Ledger } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import type { Split } from '../../domain/routing/split.ts';
import { editsObjects } from '../asking/open-edits.ts';
import { type Happened, moveOn } from '../audit.ts';
import { DependencyError, MeshUnavailableError, StoreUnavailableError, UntrustedRecordError } from '../errors.ts';
import { objectionTo } from '../judging/objection.ts';
import { voidOf } from '../judging/void.ts';
import type { OpenRoute, Written } from '../ports/mesh.ts';
import { applyEdits, type Limits } from './apply-edits.ts';
import type { Bench } from './bench.ts';

/** What a job names: a change, and the object whose line it stands in. */
export type Job = Pick<Change, 'id' | 'object'>;

/** What a worker answers about a job: there is nothing left to do, or it is to come back after a while. */
export type WorkerAnswer = { readonly kind: 'done' } | { readonly kind: 'not-yet'; readonly afterMs: number };

/** A change that could not even be tried for so long is not what anybody expects any more. */
const tooOldMs = 15 * 60_000;
const contentionLimitMs = 10_000;
const politeWaitMs = 25;
/** What takes less than a blink goes from queued to applied without a message between. */
const worthShowingMs = 100;

/** A worker that was not heard of for so long has died or stands still, and another takes over. Should it live, the ledger keeps both from harm. */
export const leaseMs = 1_500;
const keepEveryMs = 400;
export const maxTries = 8;
const firstRestMs = 500;
const longestRestMs = 15_000;
/** A server or a proxy that asks for longer is asked again all the same: what waits for it is soon not what anybody expects. */
const longestAskedMs = 60_000;

/**
 * Applies a change, after all that stand before it on its object: whichever worker comes first takes the first in line, so the order
 * holds with any number of them, and what one left halfway the next one finishes.
 */
export async function apply(bench: Bench, job: Job): Promise<WorkerAnswer> {
  try {
    return await applyInTurn(bench, job);
  } catch (err) {
    if (!(err instanceof UntrustedRecordError)) throw err;
    bench.cards.showSoon(job.id); // which tells it
    return { kind: 'done' };
  }
}

async function applyInTurn(bench: Bench, job: Job): Promise<WorkerAnswer> {
  for (;;) {
    const begun = await bench.changes.begin(job, leaseMs);
    switch (begun.kind) {
      case 'ended':
        return { kind: 'done' };
      case 'busy':
        return { kind: 'not-yet', afterMs: politeWaitMs };
      case 'resting':
        return { kind: 'not-yet', afterMs: begun.forMs };
      case 'not-first': {
        const answer = await apply(bench, { id: begun.first, object: job.object });
        if (answer.kind !== 'done') return answer;
        break;
      }
      case 'begun':
        return attempt(bench, begun.change, begun.tries + 1);
    }
  }
}

async function attempt(bench: Bench, change: Change, tries: number): Promise<WorkerAnswer> {
  const slow = setTimeout(() => bench.cards.showSoon(change.id), worthShowingMs);
  const keeping = setInterval(() => keep(bench, change), keepEveryMs);
  try {
    await makeLive(bench, change);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof DependencyError)) throw error;
    bench.log.warn({ changeId: change.id, err: error, tries }, 'change could not be applied now');
    if (error.retryable && tries < maxTries) {
      const forMs = restMs(tries, error);
      await bench.changes.rest(change, forMs);
      return { kind: 'not-yet', afterMs: forMs };
    }
    await end(bench, change, { kind: 'failed', at: isoNow(bench), because: error.because, detail: error.message });
    return { kind: 'done' };
  } finally {
    clearTimeout(slow);
    clearInterval(keeping);
  }
}

function keep(bench: Bench, change: Change): void {
  bench.aside(() => bench.changes.keep(change, leaseMs), 'a change may be taken over while it is being applied', {
    changeId: change.id,
  });
}

/** Twice as long each time, never in step with other workers, and not sooner than the API server asked. */
function restMs(tries: number, error: DependencyError): number {
  const asked = error instanceof MeshUnavailableError ? (error.retryAfterMs ?? 0) : 0;
  const ours = Math.min(firstRestMs * 2 ** (tries - 1), longestRestMs) * (0.85 + 0.3 * Math.random());
  return Math.ceil(Math.max(Math.min(asked, longestAskedMs), ours));
}

async function makeLive(bench: Bench, change: Change): Promise<void> {
  const startedMs = bench.now().getTime();
  const isTooOld = startedMs - Date.parse(change.acceptedAt) > tooOldMs;
  const isContended = () => bench.now().getTime() - startedMs >= contentionLimitMs;
  if (!editsObjects(change)) return makeSplitLive(bench, change, { isTooOld, isContended });
  const ending = await applyEdits(bench, change, { isTooOld, isContended });
  return ending.kind === 'ended'
    ? end(bench, change, ending.state)
    : applied(bench, change, ending.ledgers, ending.effect);
}

/** Reads, decides and writes until one of them is final. A conflict means that the object moved in between: read again. */
async function makeSplitLive(bench: Bench, change: Change, { isTooOld, isContended }: Limits): Promise<void> {
  for (;;) {
    const open = await bench.mesh.read(change.object);
    if (open === undefined) return fail(bench, change, 'object-gone');

    const decision = decide(change, open.route);
    switch (decision.kind) {
      case 'done':
        return applied(bench, change, [open.route.ledger], {
          seq: decision.seq,
          live: decision.revision.to, // and not what is live by now, which somebody may have moved since
          at: decision.revision.at,
          warnings: [],
        });
      case 'superseded':
        return end(bench, change, { kind: 'superseded', at: isoNow(bench), by: decision.by });
      case 'held':
        return end(bench, change, {
          kind: 'held',
          at: isoNow(bench),
          because: decision.because,
          uid: open.route.uid,
          live: decision.live,
          lastWriter: open.route.lastWriter?.manager,
        });
      case 'failed':
        return fail(bench, change, decision.because, decision.detail);
      case 'write': {
        if (isTooOld) return fail(bench, change, 'expired');
        const { route } = open;
        const objection = await objectionTo(bench, change, route, (why) => voidOf(bench, route, change, why));
        if (objection !== undefined) return end(bench, change, objection);
        // Asked here and not before the read: the last write may have got through although its reply did not.
        if (isContended()) return fail(bench, change, 'contended');
        const written = await write(bench, change, open);
        if (written.kind === 'written')
          return applied(bench, change, [route.ledger], { ...written, at: isoNow(bench) });
      }
    }
  }
}

async function write(bench: Bench, change: Change, open: OpenRoute): Promise<Written> {
  try {
    return await open.write({ rule: change.rule, to: change.to, revision: revisionOf(change, bench.now()) });
  } catch (error) {
    // The reply may have been lost after the commit. What the object holds says so, and saying it now spares the person the wait.
    if (!(error instanceof MeshUnavailableError)) throw error;
    bench.log.warn({ changeId: change.id, err: error }, 'outcome of the write is unknown, reading the object again');
    const again = await bench.mesh.read(change.object);
    if (again === undefined || decide(change, again.route).kind !== 'done') throw error;
    return { kind: 'conflict' };
  }
}

interface Effect {
  readonly at: string;
  readonly seq: number;
  readonly live: Split;
  readonly warnings: readonly string[];
}

async function applied(bench: Bench, change: Change, ledgers: readonly Ledger[], effect: Effect): Promise<void> {
  const tookMs = Math.max(0, Date.parse(effect.at) - Date.parse(change.acceptedAt));
  const { at, seq, live, warnings } = effect;
  const isCounted = bench.traffic?.clusters.includes(change.object.cluster) === true;
  const isSplit = change.edits === undefined ? Object.keys(live).length > 0 : splittersOf(change.edits).length > 0;
  const toBeSeen = isCounted && isSplit ? true : undefined;
  const next = moveTo(change, { kind: 'applied', at, seq, tookMs, live, warnings, toBeSeen });
  await tellEarlier(bench, change, ledgers); // first, so that after a crash whoever ends this change does it
  if (!(await moveOn(bench, next, { kind: 'applied' }))) return; // another worker has told it already

  bench.log.info(
    { changeId: change.id, object: change.object, from: change.from, to: effect.live, seq: effect.seq, tookMs },
    'change applied',
  );
  bench.meter.applied(tookMs);
  bench.meter.ended('applied');
  bench.cards.showSoon(change.id);
  bench.aside(() => bench.mesh.announce(next), 'an Event was not left on the object', { changeId: change.id });
}

/** The card of the change before this one, and of the one it takes back, no longer say what is live. */
async function tellEarlier(bench: Bench, change: Change, ledgers: readonly Ledger[]): Promise<void> {
  const before = new Set(ledgers.flatMap((ledger) => previousOf(change, ledger) ?? []));
  try {
    for (const previous of before) if (previous !== change.reverts) await mark(bench, previous, { later: change.id });
    if (change.reverts !== undefined)
      await mark(bench, change.reverts, { rolledBack: { by: change.by, change: change.id } }, rolledBackBy(change));
  } catch (err) {
    if (err instanceof StoreUnavailableError) throw err;
    bench.log.warn({ changeId: change.id, err }, 'earlier cards were not brought up to date');
  }
}

function previousOf({ id, rule }: Change, { revisions }: Ledger): ChangeId | undefined {
  const older = revisions.slice(revisions.findIndex((revision) => revision.id === id) + 1); // all of them, where ours is not there yet
  return older.find((revision) => revision.rule === rule)?.id;
}

function rolledBackBy({ by, team, id }: Change): Happened {
  return { kind: 'rolled-back', by: { user: by, team }, other: id };
}

type Marks = Pick<Applied, 'later' | 'rolledBack'>;

/** That a later one came is nobody's decision about it, and is not told. */
async function mark(bench: Bench, id: ChangeId, marks: Marks, happened?: Happened): Promise<void> {
  for (;;) {
    const earlier = await bench.changes.read(id);
    const state = earlier && markable(earlier, marks);
    if (earlier === undefined || state === undefined || isDeepStrictEqual({ ...state, ...marks }, state)) return;
    const next = moveTo(earlier, marked(state, marks));
    const isMarked = happened === undefined ? bench.changes.update(next) : moveOn(bench, next, happened);
    if (await isMarked) return bench.cards.showSoon(id);
  }
}

function marked(state: Extract<State, { kind: 'applied' | 'failed' }>, marks: Marks): State {
  return state.kind === 'applied' ? noLongerSeen({ ...state, ...marks }) : { ...state, ...marks };
}

/** One that took effect; if only in a part, that is all it can be told. */
function markable(change: Change, { rolledBack }: Marks): Extract<State, { kind: 'applied' | 'failed' }> | undefined {
  const { state } = change;
  if (state.kind === 'applied') return state;
  return state.kind === 'failed' && rolledBack !== undefined && effectOf(change).length > 0 ? state : undefined;
}

type Ended = Extract<State, { kind: 'superseded' | 'held' | 'failed' | 'void' }>;

function fail(bench: Bench, change: Change, because: FailReason, detail?: string): Promise<void> {
  return end(bench, change, { kind: 'failed', at: isoNow(bench), because, detail });
}

async function end(bench: Bench, change: Change, state: Ended): Promise<void> {
  const kind = state.kind === 'void' ? 'voided' : state.kind;
  if (!(await moveOn(bench, moveTo(change, state), { kind }))) return;
  bench.log.warn(
    { changeId: change.id, object: change.object, state },
    'change ended without known effect, or waits for a person',
  );
  bench.meter.ended('because' in state ? `${state.kind}:${state.because}` : state.kind);
  bench.cards.showSoon(change.id);
}

function isoNow(bench: Bench): string {
  return bench.now().toISOString();
}
