import { type Change, moveTo, objectsOf, placeOf } from '../../domain/change/change.ts';
import { splittersOf } from '../../domain/change/edit.ts';
import type { StateOf } from '../../domain/change/state.ts';
import { moveOn } from '../audit.ts';
import { DependencyError, MeshUnavailableError, UntrustedRecordError } from '../errors.ts';
import { type Bench, isoNow } from './bench.ts';
import { tellEarlier } from './earlier.ts';
import { type Ending, walk } from './walk.ts';

/** A job only names a change; the worker reads the rest from the store. */
export type Job = Pick<Change, 'id'>;

/** A worker's answer to a job: nothing is left to do, or the job comes back after `afterMs`. */
export type WorkerAnswer = { readonly kind: 'done' } | { readonly kind: 'not-yet'; readonly afterMs: number };

/** A change of which nothing is written after this time fails as `expired`: people no longer expect it. */
const tooOldMs = 15 * 60_000;
const contentionLimitMs = 10_000;
const politeWaitMs = 25;
/** A change that takes less than this goes from queued to applied without a card update in between. */
const worthShowingMs = 100;

/**
 * A worker that has not renewed its lease for this long has died or hangs, and another takes over. If both live, the ledger keeps them from
 * harm.
 */
export const leaseMs = 1_500;
const keepEveryMs = 400;
export const maxTries = 8;
const firstRestMs = 500;
const longestRestMs = 15_000;
/** If a server or a proxy asks for a longer wait, we ask again after this time: people soon no longer expect the change. */
const longestAskedMs = 60_000;

/**
 * Applies a change, after all changes before it in its lines. A worker takes the first in line first, so the order holds with any number of
 * workers. What one worker leaves halfway, the next one finishes.
 */
export async function apply(bench: Bench, job: Job): Promise<WorkerAnswer> {
  try {
    return await applyInTurn(bench, job);
  } catch (err) {
    if (!(err instanceof UntrustedRecordError)) throw err;
    bench.cards.showSoon(job.id); // the card says so
    return { kind: 'done' };
  }
}

async function applyInTurn(bench: Bench, job: Job): Promise<WorkerAnswer> {
  for (;;) {
    const begun = await bench.changes.begin(job.id, leaseMs);
    switch (begun.kind) {
      case 'ended':
        return { kind: 'done' };
      case 'busy':
        return { kind: 'not-yet', afterMs: politeWaitMs };
      case 'resting':
        return { kind: 'not-yet', afterMs: begun.forMs };
      case 'not-first': {
        const answer = await apply(bench, { id: begun.first });
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
      await bench.changes.rest(change.id, forMs);
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
  bench.aside(() => bench.changes.keep(change.id, leaseMs), 'the lease of a change could not be renewed', {
    changeId: change.id,
  });
}

/**
 * Doubles each time, is random so that workers do not retry in step, and is not shorter than the API server asked (up to `longestAskedMs`).
 */
function restMs(tries: number, error: DependencyError): number {
  const asked = error instanceof MeshUnavailableError ? (error.retryAfterMs ?? 0) : 0;
  const ours = Math.min(firstRestMs * 2 ** (tries - 1), longestRestMs) * (0.85 + 0.3 * Math.random());
  return Math.ceil(Math.max(Math.min(asked, longestAskedMs), ours));
}

async function makeLive(bench: Bench, change: Change): Promise<void> {
  const startedMs = bench.now().getTime();
  const isTooOld = startedMs - Date.parse(change.acceptedAt) > tooOldMs;
  const isContended = () => bench.now().getTime() - startedMs >= contentionLimitMs;
  const ending = await walk(bench, change, { isTooOld, isContended });
  return ending.kind === 'ended' ? end(bench, change, ending.state) : applied(bench, change, ending);
}

async function applied(
  bench: Bench,
  change: Change,
  { at, made, warnings, ledgers }: Extract<Ending, { kind: 'applied' }>,
): Promise<void> {
  const tookMs = Math.max(0, Date.parse(at) - Date.parse(change.acceptedAt));
  const next = moveTo(change, { kind: 'applied', at, made, tookMs, warnings, ...toBeSeen(bench, change) });
  await tellEarlier(bench, change, ledgers); // before the record moves on: after a crash, the next worker does it
  if (!(await moveOn(bench, next, { kind: 'applied' }))) return; // another worker was first

  bench.log.info({ changeId: change.id, made, tookMs }, 'change applied');
  bench.meter.applied(tookMs);
  bench.meter.ended('applied');
  if (change.ramp !== undefined && change.ramp.step > 0) bench.meter.stepped();
  bench.cards.showSoon(change.id);
  bench.aside(() => bench.mesh.announce(next), 'an Event was not left on the object', { changeId: change.id });
}

/**
 * Requests are counted after a change that splits traffic, in a cluster where they can be counted. A ramp's card tells what its guards count
 * instead, so it is not updated for this.
 */
function toBeSeen({ traffic }: Bench, change: Change): { readonly toBeSeen?: true } {
  const isCounted = traffic?.clusters.includes(placeOf(change).cluster) === true;
  return change.ramp === undefined && isCounted && splittersOf(change.edits).length > 0 ? { toBeSeen: true } : {};
}

type Ended = StateOf<'superseded' | 'held' | 'failed' | 'void'>;

async function end(bench: Bench, change: Change, state: Ended): Promise<void> {
  const kind = state.kind === 'void' ? 'voided' : state.kind;
  if (!(await moveOn(bench, moveTo(change, state), { kind }))) return;
  bench.log.warn(
    { changeId: change.id, objects: objectsOf(change), state },
    'change ended without known effect, or waits for a person',
  );
  bench.meter.ended('because' in state ? `${state.kind}:${state.because}` : state.kind);
  bench.cards.showSoon(change.id);
}
