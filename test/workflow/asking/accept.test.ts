import { describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { accept, replace } from '../../../src/workflow/asking/accept.ts';
import { eventOf } from '../../../src/workflow/audit.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { change, changeId, reviewsObject } from '../../support/builders.ts';
import { InMemoryChanges } from '../../support/in-memory-changes.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';

const at = '2026-11-22T14:05:00.000Z';
const needs = { by: [], count: 2, expiresMs: 60_000, rule: { name: 'r', line: 1 } };
const waiting = change({ state: { kind: 'awaiting', expiresAt: '2026-11-22T14:33:11.000Z', needs } });
const rejection = moveTo(waiting, { kind: 'rejected', at, by: 'U02BOB', reason: undefined });
const withdrawal = moveTo(waiting, { kind: 'withdrawn', at, by: 'U01ALICE' });
const queued = { ...moveTo(waiting, { kind: 'queued' }), acceptedAt: at };

/** Nothing waits for its object. */
const inLine = { lines: new Map([[objectKey(reviewsObject), 0]]), ahead: false };

/** Loses every answer; `stores` is what it has afterwards. Then it is away for a number of readings. */
class LosesReplies extends InMemoryChanges {
  readonly #stores: Change | undefined;
  #awayFor: number;

  constructor(stores: Change | undefined, awayFor = 0) {
    super();
    this.#stores = stores;
    this.#awayFor = awayFor;
  }

  /** It has this change already. */
  async having(known: Change, askedAs?: ChangeId): Promise<this> {
    await super.accept(known, { ...inLine, askedAs });
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
    if (this.#stores?.rev === 0) await super.accept(this.#stores, inLine);
    else if (this.#stores !== undefined) await super.update(this.#stores);
    throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
  }
}

/** Sends a change to such a store for a person who may wait so long: a new one, or a decision about one that it has. */
function send(changes: LosesReplies, next: Change, forMs: number, askedAs?: ChangeId): Promise<unknown> {
  const startedMs = performance.now();
  const now = () => new Date(performance.now() - startedMs);
  const store = { changes, now, log: new InMemoryLog(), cards: { showSoon: () => {} } };
  const asker = { user: 'U02BOB', origin: change().origin, request: 'click', until: 300, answerBy: forMs };
  if (next.state.kind === 'rejected') return replace(store, next, asker, { kind: 'rejected' });
  return accept(store, next, { ...inLine, askedAs, event: eventOf(next, { kind: 'accepted' }, new Date(at)) }, asker);
}

describe('a change that was sent to the store, and of which no answer came', () => {
  it('is told as accepted when the store turns out to have it', async () => {
    expect(await send(new LosesReplies(change(), 2), change(), 20_000)).toEqual({ kind: 'accepted' });
  });

  it('is told as not accepted when the store does not have it, and would refuse it by now', async () => {
    const answer = send(new LosesReplies(undefined, 2), change(), 20_000);

    await expect(answer).rejects.toThrow(StoreUnavailableError);
    await expect(answer).rejects.toThrow('was not stored');
  });

  it('is told as not known when the store does not come back in time', async () => {
    const changes = new LosesReplies(change(), 1_000);

    await expect(send(changes, change(), 400)).rejects.toThrow(AcceptanceUnknownError);

    expect(changes.all).toHaveLength(1);
  });
});

describe('a change that was sent to the store, where another delivery of the same request was accepted instead', () => {
  const [askedAs, other] = [changeId(9), change({ id: changeId(2) })];

  it('is told as that one', async () => {
    const changes = await new LosesReplies(undefined).having(other, askedAs);

    expect(await send(changes, change(), 20_000, askedAs)).toEqual({ kind: 'known', change: other });
  });

  it('is told as not known when the store is away as it is asked for that one', async () => {
    const changes = await new LosesReplies(undefined).having(other, askedAs);
    changes.acceptedAs = () => Promise.reject(new StoreUnavailableError('Redis did not answer'));

    await expect(send(changes, change(), 20_000, askedAs)).rejects.toThrow(AcceptanceUnknownError);
  });
});

describe('a decision that was sent to the store, and of which no answer came', () => {
  const decided = async (stores: Change | undefined, next: Change, forMs = 20_000) =>
    send(await new LosesReplies(stores).having(waiting), next, forMs);

  it('is told as decided when the store turns out to have it', async () => {
    expect(await decided(rejection, rejection)).toBe(true);
  });

  it('is told as too late when somebody else’s is there instead', async () => {
    expect(await decided(withdrawal, rejection)).toBe(false);
    expect(await decided(withdrawal, queued)).toEqual({ kind: 'known', change: withdrawal });
  });

  it('is told as accepted when it is queued, or begun by now', async () => {
    expect(await decided(queued, queued)).toEqual({ kind: 'accepted' });
  });

  it('is told as not known while it may still come', async () => {
    await expect(decided(undefined, rejection, 400)).rejects.toThrow(AcceptanceUnknownError);
  });
});
