import { describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { accept, replace } from '../../../src/workflow/asking/accept.ts';
import { eventOf } from '../../../src/workflow/audit.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { change, reviewsObject } from '../../support/builders.ts';
import { InMemoryChanges } from '../../support/in-memory-changes.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';

const at = '2026-11-22T14:05:00.000Z';
const needs = { by: [], count: 2, expiresMs: 60_000, rule: { name: 'r', line: 1 } };
const waiting = change({ state: { kind: 'awaiting', expiresAt: '2026-11-22T14:33:11.000Z', needs } });
const rejection = moveTo(waiting, { kind: 'rejected', at, by: 'U02BOB', reason: undefined });
const withdrawal = moveTo(waiting, { kind: 'withdrawn', at, by: 'U01ALICE' });
const queued = { ...moveTo(waiting, { kind: 'queued' }), acceptedAt: at };

/** Nothing waits for its object. */
const nothing = new Map([[objectKey(reviewsObject), 0]]);

type Store = Parameters<typeof replace>[0];
type Asker = Parameters<typeof replace>[2];

/** Loses the answer to what is sent; `stores` is what it has afterwards. Then it is away for a number of readings. */
class LosesReplies extends InMemoryChanges {
  readonly #stores: Change | undefined;
  #awayFor: number;

  constructor(stores: Change | undefined, awayFor = 0) {
    super();
    this.#stores = stores;
    this.#awayFor = awayFor;
  }

  /** It has this change already. */
  async having(known: Change): Promise<this> {
    await super.accept(known, { lines: nothing, ahead: false });
    return this;
  }

  override update(): Promise<never> {
    return this.#loseReply();
  }

  override accept(): Promise<never> {
    return this.#loseReply();
  }

  override async read(id: ChangeId): Promise<Change | undefined> {
    this.#awayFor -= 1;
    if (this.#awayFor >= 0) throw new StoreUnavailableError('Redis did not answer');
    return super.read(id);
  }

  async #loseReply(): Promise<never> {
    if (this.#stores?.rev === 0) await super.accept(this.#stores, { lines: nothing, ahead: false });
    else if (this.#stores !== undefined) await super.update(this.#stores);
    throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
  }
}

/** What asks a store that loses replies, for a person who may wait so long. */
function asking(changes: LosesReplies, untilMs: number, forMs: number): { store: Store; asker: Asker } {
  const startedMs = performance.now();
  const now = () => new Date(performance.now() - startedMs);
  const asker = { user: 'U02BOB', origin: change().origin, request: 'click', until: untilMs, answerBy: forMs };
  return { store: { changes, now, log: new InMemoryLog(), cards: { showSoon: () => {} } }, asker };
}

function acceptIt(store: Store, asker: Asker, next: Change): Promise<unknown> {
  const event = eventOf(next, { kind: 'accepted' }, new Date(at));
  return accept(store, next, { lines: nothing, ahead: false, event }, asker);
}

describe('a change that was sent to the store, and of which no answer came', () => {
  const waits = (changes: LosesReplies, forMs: number) => {
    const { store, asker } = asking(changes, 0, forMs);
    return acceptIt(store, asker, change());
  };

  it('is told as accepted when the store turns out to have it', async () => {
    expect(await waits(new LosesReplies(change(), 2), 2_000)).toEqual({ kind: 'accepted' });
  });

  it('is told as not accepted when the store does not have it, and would refuse it by now', async () => {
    const answer = waits(new LosesReplies(undefined, 2), 2_000);

    await expect(answer).rejects.toThrow(StoreUnavailableError);
    await expect(answer).rejects.toThrow('was not stored');
  });

  it('is told as not known when the store does not come back in time', async () => {
    const changes = new LosesReplies(change(), 1_000);

    await expect(waits(changes, 400)).rejects.toThrow(AcceptanceUnknownError);

    expect(changes.all).toHaveLength(1);
  });
});

describe('a decision that was sent to the store, and of which no answer came', () => {
  const decided = async (stores: Change | undefined, decide: (store: Store, asker: Asker) => Promise<unknown>) => {
    const { store, asker } = asking(await new LosesReplies(stores).having(waiting), 300, 400);
    return decide(store, asker);
  };
  const reject = (store: Store, asker: Asker): Promise<unknown> =>
    replace(store, rejection, asker, { kind: 'rejected' });
  const queue = (store: Store, asker: Asker): Promise<unknown> => acceptIt(store, asker, queued);

  it('is told as decided when the store turns out to have it', async () => {
    expect(await decided(rejection, reject)).toBe(true);
  });

  it('is told as too late when somebody else’s is there instead', async () => {
    expect(await decided(withdrawal, reject)).toBe(false);
    expect(await decided(withdrawal, queue)).toEqual({ kind: 'known', change: withdrawal });
  });

  it('is told as accepted when it is queued, or begun by now', async () => {
    expect(await decided(queued, queue)).toEqual({ kind: 'accepted' });
  });

  it('is told as not known while it may still come', async () => {
    await expect(decided(undefined, reject)).rejects.toThrow(AcceptanceUnknownError);
  });
});
