import { describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
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

/** Loses the answer to what is sent; `stores` is what it has afterwards. */
class LosesReplies extends InMemoryChanges {
  readonly #stores: Change | undefined;

  constructor(stores: Change | undefined) {
    super();
    this.#stores = stores;
  }

  override update(): Promise<never> {
    return this.#loseReply();
  }

  override accept(): Promise<never> {
    return this.#loseReply();
  }

  async begun(): Promise<this> {
    await super.accept(waiting, { lines: nothing, ahead: false });
    return this;
  }

  async #loseReply(): Promise<never> {
    if (this.#stores !== undefined) await super.update(this.#stores);
    throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
  }
}

type Store = Parameters<typeof replace>[0];
type Asker = Parameters<typeof replace>[2];

describe('a decision that was sent to the store, and of which no answer came', () => {
  const decided = async (stores: Change | undefined, decide: (store: Store, asker: Asker) => Promise<unknown>) => {
    const changes = await new LosesReplies(stores).begun();
    const startedMs = performance.now();
    const now = () => new Date(performance.now() - startedMs);
    const asker = { user: 'U02BOB', origin: change().origin, request: 'click', until: 300, answerBy: 400 };
    return decide({ changes, now, log: new InMemoryLog(), cards: { showSoon: () => {} } }, asker);
  };
  const replaceIt = (store: Store, asker: Asker): Promise<unknown> =>
    replace(store, rejection, asker, { kind: 'rejected' });
  const acceptIt = (store: Store, asker: Asker): Promise<unknown> =>
    accept(
      store,
      queued,
      { lines: nothing, ahead: false, event: eventOf(queued, { kind: 'approved' }, new Date(at)) },
      asker,
    );

  it('is told as decided when the store turns out to have it', async () => {
    expect(await decided(rejection, replaceIt)).toBe(true);
  });

  it('is told as too late when somebody else’s is there instead', async () => {
    expect(await decided(withdrawal, replaceIt)).toBe(false);
    expect(await decided(withdrawal, acceptIt)).toEqual({ kind: 'known', change: withdrawal });
  });

  it('is told as accepted when it is queued, or begun by now', async () => {
    expect(await decided(queued, acceptIt)).toEqual({ kind: 'accepted' });
  });

  it('is told as not known while it may still come', async () => {
    await expect(decided(undefined, replaceIt)).rejects.toThrow(AcceptanceUnknownError);
  });
});
