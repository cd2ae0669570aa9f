import { type Change, isForPeople, isToBeSeen, isUnsettled, isWaiting } from '../../domain/change/change.ts';
import { undecidedDueMs } from '../../domain/change/undecided.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { catchUp, type Settling, settle } from '../applying/settle.ts';
import { endUndecided, expire } from '../deciding/awaiting.ts';
import { voidIfMoved } from '../deciding/void-if-moved.ts';
import type { CardLog } from '../ports/cards.ts';
import type { Queue } from '../ports/queue.ts';
import type { Driver } from '../ramping/drive.ts';
import type { Cards } from '../showing/cards.ts';
import type { Sights } from './see.ts';

export interface Reconciling extends Settling {
  readonly cards: Pick<Cards, 'showSoon' | 'catchUp'>;
  readonly cardLog: CardLog;
  readonly queue: Queue;
  readonly sights: Pick<Sights, 'begin'>;
  /** Absent in a process that does not move ramps. */
  readonly driver?: Pick<Driver, 'sweep' | 'rest' | 'tidy'> | undefined;
  /** A monotonic clock. Other processes' clocks do not tell how long something has waited. */
  readonly monotonicMs: () => number;
}

/** A change that waits longer than this should have been taken by a worker. */
const graceMs = 1_200;
const lookUpEveryMs = 15_000;
/** At most this many jobs are added at once: the workers are busy with the jobs they have. */
const mostAtOnce = 20;

/**
 * Finishes what a crash or a lost message left halfway: a change without a job or a worker gets a job, a card that lags is updated, and
 * traffic after a change is counted when it is time. Safe to run anywhere and at any time.
 */
export class Reconciler {
  readonly #with: Reconciling;
  #open = Number.NaN;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #lookedUpAt = new Map<ChangeId, number>();
  #waitingSince = new Map<ChangeId, number>();
  /** Looked at just now, and what waits for that. */
  readonly #ending = new Set<ChangeId>();
  readonly #toEnd = new Map<ChangeId, Change>();

  constructor(reconciling: Reconciling) {
    this.#with = reconciling;
  }

  /** How many changes waited for a worker or a person at the last look; NaN while that is not known. */
  get open(): number {
    return this.#open;
  }

  /** How long until the next expiry, step of a ramp or look at traffic is due, as of the last round. */
  get dueInMs(): number {
    return this.#dueAtMs - this.#with.now().getTime();
  }

  /** Returns how much there was to do. */
  async round(): Promise<number> {
    const { changes, cardLog, cards } = this.#with;
    this.#open = Number.NaN;
    const isQuiet = await changes.areQuiet();
    const open = isQuiet ? [] : await changes.open();
    this.#open = open.filter((change) => !isToBeSeen(change)).length;
    const waiting = open.filter(isWaiting);
    this.#note(waiting);
    await this.#addLost(waiting.filter((change) => this.#isDue(change)));
    this.#settleAll(open.filter(isUnsettled));
    this.#endAllAside(open.filter(isForPeople));
    if (isQuiet) this.#with.driver?.rest();
    const rampsDueMs = isQuiet ? Number.POSITIVE_INFINITY : await this.#sweep();
    this.#dueAtMs = Math.min(...open.map(expiresAtMs), rampsDueMs, this.#with.sights.begin(open.filter(isToBeSeen)));

    const owed = isQuiet ? [] : await cardLog.owed();
    cards.catchUp(owed);
    return waiting.length + owed.length;
  }

  /** When a ramp is due next. */
  #sweep(): Promise<number> {
    return this.#with.driver?.sweep() ?? Promise.resolve(Number.POSITIVE_INFINITY);
  }

  /** In the background: a cluster that is away holds up nothing else. */
  #settleAll(unsettled: readonly Change[]): void {
    const nowMs = this.#with.monotonicMs();
    const before = this.#lookedUpAt;
    const isDue = ({ id }: Change) => nowMs - (before.get(id) ?? Number.NEGATIVE_INFINITY) >= lookUpEveryMs;
    this.#lookedUpAt = new Map(
      unsettled.map((change) => [change.id, isDue(change) ? nowMs : (before.get(change.id) ?? nowMs)]),
    );
    for (const change of unsettled.filter(isDue))
      this.#with.aside(() => settle(this.#with, change), 'the outcome of a change was not looked up', {
        changeId: change.id,
      });
  }

  /** A few at a time, so that thousands that wait for one object hold up nothing else; what is being looked at already is left out. */
  #endAllAside(changes: readonly Change[]): void {
    for (const change of changes) if (!this.#ending.has(change.id)) this.#toEnd.set(change.id, change);
    for (const [id, next] of this.#toEnd) {
      if (this.#ending.size >= mostAtOnce) return;
      this.#toEnd.delete(id);
      this.#endAside(next);
    }
  }

  /** Ends a change that needs no decision: it is done, its time is over, or its plan no longer stands. Also in the background. */
  #endAside(change: Change): void {
    this.#ending.add(change.id);
    const endOne = () =>
      end().finally(() => {
        this.#ending.delete(change.id);
        this.#endAllAside([]);
      });
    const end = async () => {
      const { cards, driver } = this.#with;
      if (change.ramp !== undefined && (await driver?.tidy(change)) === true) return;
      const ended =
        (await catchUp(this.#with, change)) ??
        (await expire(this.#with, change)) ??
        (await endUndecided(this.#with, change));
      if (ended !== undefined || (await voidIfMoved(this.#with, change))) cards.showSoon(change.id);
    };
    this.#with.aside(endOne, 'whether a change still needs a decision is not known', { changeId: change.id });
  }

  async #addLost(due: readonly Change[]): Promise<void> {
    const { changes, queue, log } = this.#with;
    for (const change of (await changes.stranded(due)).slice(0, mostAtOnce)) {
      log.warn({ changeId: change.id }, 'change is still waiting, its job is added again');
      await queue.addAgain(change);
    }
  }

  #note(waiting: readonly Change[]): void {
    const nowMs = this.#with.monotonicMs();
    this.#waitingSince = new Map(waiting.map(({ id }) => [id, this.#waitingSince.get(id) ?? nowMs]));
  }

  /** A change that was begun is due at once: if no worker has it, its worker left it. */
  #isDue({ id, state }: Change): boolean {
    const nowMs = this.#with.monotonicMs();
    return state.kind === 'applying' || nowMs - (this.#waitingSince.get(id) ?? nowMs) >= graceMs;
  }
}

function expiresAtMs({ state }: Change): number {
  if (state.kind === 'held') return undecidedDueMs(state);
  return state.kind === 'awaiting' ? Date.parse(state.expiresAt) : Number.POSITIVE_INFINITY;
}
