import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { accept } from '../../../src/workflow/asking/accept.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { eventOf } from '../../../src/workflow/audit.ts';
import { requestId, TooLateError } from '../../../src/workflow/desk.ts';
import {
  AcceptanceUnknownError,
  MeshUnavailableError,
  RejectedError,
  StoreUnavailableError,
} from '../../../src/workflow/errors.ts';
import { Turns } from '../../../src/workflow/turns.ts';
import { change, jason, moving, reviews, reviewsObject, rule, weightsEdit } from '../../support/builders.ts';
import { InMemoryChanges } from '../../support/in-memory-changes.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { acceptedIn, House, stampIn } from '../house.ts';

describe('a request', () => {
  it('becomes a change in line, planned from what is live', async () => {
    const house = new House(reviews({ v1: 90, v2: 10 }, { seq: 4, rules: [jason, rule({ v1: 90, v2: 10 })] }));
    const asker = house.asker('U01ALICE', { origin: { team: 'T1', channel: 'C1', thread: '17.1' } });

    const answer = await house.shift('v2', 50, { reason: 'red stars' }, asker);

    expect(answer).toEqual({
      kind: 'accepted',
      behind: 0,
      again: false,
      change: {
        id: requestId(asker.request),
        request: asker.request,
        aim: { kind: 'split', focus: 'v2' },
        edits: [
          weightsEdit({ from: { v1: 90, v2: 10 }, to: { v1: 50, v2: 50 }, seq: 4, pinned: ['end-user = jason → v2'] }),
        ],
        service: 'reviews',
        by: 'U01ALICE',
        reason: 'red stars',
        origin: asker.origin,
        deed: 'shift',
        team: undefined,
        acceptedAt: house.now().toISOString(),
        state: { kind: 'queued' },
        rev: 0,
      },
    });
    expect(house.changes.all).toEqual([acceptedIn(answer)]);
    expect(house.queue.jobs).toEqual([{ id: acceptedIn(answer).id }]);
    expect(house.split).toEqual({ v1: 90, v2: 10 });
  });

  it('delivered twice is one change', async () => {
    const house = new House();
    const asker = house.asker();

    const first = await house.shift('v3', 50, {}, asker);
    const second = await house.shift('v3', 50, {}, asker);

    expect(second).toEqual({ ...first, again: true });
    expect(house.changes.all).toHaveLength(1);
    expect(house.queue.jobs).toHaveLength(1);
  });

  it('delivered twice at once is one change', async () => {
    const house = new House();
    const asker = house.asker();

    const answers = await Promise.all([1, 2, 3].map(() => house.shift('v3', 50, {}, asker)));

    expect(new Set(answers.map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(house.changes.all).toHaveLength(1);
  });

  it('delivered again after it was applied is still that change', async () => {
    const house = new House();
    const asker = house.asker();
    const change = await house.applied('v3', 50, {}, asker);

    const again = await house.shift('v3', 50, {}, asker);

    expect(again).toMatchObject({
      kind: 'accepted',
      again: true,
      change: { id: change.id, state: { kind: 'applied' } },
    });
    await house.work();
    expect(house.ledger.seq).toBe(1);
  });

  it('is planned from what those in line will leave', async () => {
    const house = new House();
    const first = await house.accepted('v3', 50);

    const answer = await house.shift('v2', 20);

    expect(answer).toMatchObject({
      kind: 'accepted',
      behind: 1,
      change: moving({ v1: 50, v3: 50 }, { v1: 40, v2: 20, v3: 40 }, { seq: 1, behind: first.id }),
    });
    await house.work();
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('for another rule starts from what that rule has, behind those in line', async () => {
    const api = rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' });
    const house = new House(reviews({}, { rules: [api, rule({ v1: 100 })] }));
    await house.accepted('v3', 50);

    const answer = await house.shift('v2', 10, { rule: 'api' });

    expect(answer).toMatchObject({ kind: 'accepted', change: moving({ v1: 100 }, { v1: 90, v2: 10 }) });
    await house.work();
    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.mesh.splitOf(reviewsObject, 'api')).toEqual({ v1: 90, v2: 10 });
  });

  it('is planned anew when somebody takes the place it was planned for', async () => {
    const house = new House();
    house.changes.afterNextLine(async () => {
      await house.accepted('v3', 50);
    });

    const change = await house.accepted('v2', 20);

    expect(change).toMatchObject(moving({ v1: 50, v3: 50 }, { v1: 40, v2: 20, v3: 40 }, { seq: 1 }));
    await house.work();
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('is planned from what is live when a change was applied just before the line was read', async () => {
    const house = new House();
    const earlier = await house.accepted('v3', 50);
    house.mesh.afterNextRead(async () => {
      await house.attempt(earlier);
    });

    const change = await house.accepted('v2', 20);
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('gives up, and stores nothing, when the line never stands still', async () => {
    const house = new House();
    for (let tries = 0; tries < 5; tries += 1) {
      house.changes.afterNextLine(() => {
        house.changes.stir(reviewsObject);
        house.pass(500);
      });
    }

    await expect(house.shift('v3', 50)).rejects.toThrow(TooLateError);

    expect(house.changes.all).toEqual([]);
  });

  it('of five people at once is five changes, each planned from the one before', async () => {
    const house = new House(reviews({ v1: 100, v3: 0 }));
    const percents = Array.from({ length: 5 }, (_, at) => 10 + at);

    const answers = await Promise.all(percents.map((percent) => house.shift('v3', percent)));
    await house.work();

    expect(house.ledger.seq).toBe(percents.length);
    const inOrder = house.ledger.revisions.toReversed();
    expect(inOrder.map(({ from }) => from)).toEqual([{ v1: 100, v3: 0 }, ...inOrder.slice(0, -1).map(({ to }) => to)]);
    expect(answers.map((answer) => acceptedIn(answer).id).toSorted()).toEqual(inOrder.map(({ id }) => id).toSorted());
  });

  it('that was planned too late is not accepted, and nothing is stored', async () => {
    const house = new House();
    house.mesh.afterNextRead(() => house.pass(2_001));

    await expect(house.shift('v3', 50)).rejects.toThrow(TooLateError);

    expect(house.changes.all).toEqual([]);
    expect(house.queue.jobs).toEqual([]);
    expect(await house.changes.lines([reviewsObject])).toMatchObject({ waiting: [] });
  });

  it('is not accepted when the store is away, and nothing happens later', async () => {
    const house = new House();
    house.mesh.afterNextRead(() => house.changes.goAway());

    await expect(house.shift('v3', 50)).rejects.toThrow(StoreUnavailableError);

    house.changes.comeBack();
    expect(house.changes.all).toEqual([]);
    expect(house.queue.jobs).toEqual([]);
  });

  it('is accepted once it is stored, though its job could not be added, and is applied all the same', async () => {
    const house = new House();
    house.queue.goAway();

    const change = await house.accepted('v3', 50);
    house.queue.comeBack();
    await house.reconcile();
    house.pass(2_000);
    await house.reconcile();
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.log.messages('warn')).toContain('change is stored, but its job could not be added yet');
  });

  it('is not accepted when the cluster is away', async () => {
    const house = new House();
    house.mesh.failReads(new MeshUnavailableError('away'));

    await expect(house.shift('v3', 50)).rejects.toThrow(MeshUnavailableError);

    expect(house.changes.all).toEqual([]);
  });

  it.each`
    version | percent | refusal
    ${'v4'} | ${50}   | ${{ reason: 'unknown-version', version: 'v4', versions: ['v1', 'v2', 'v3'] }}
    ${'v1'} | ${100}  | ${{ reason: 'already-there', split: { v1: 100 } }}
  `('for $percent % to $version is refused: $refusal.reason', async ({ version, percent, refusal }) => {
    const house = new House();

    const answer = await house.shift(version, percent);

    expect(answer).toMatchObject({ kind: 'refused', refusal });
    expect(house.changes.all).toEqual([]);
  });

  it('says since when it is as wished', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);

    expect(await house.shift('v3', 50)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-there', since: { id: change.id } },
    });
  });

  it('answers a delivery repeated as accepted, though the first was applied while the second was planned', async () => {
    const house = new House();
    const asker = house.asker();
    const turns = new (class extends Turns {
      override async run<T>(key: string, work: () => Promise<T>): Promise<T> {
        await house.applied('v3', 50, {}, asker);
        return super.run(key, work);
      }
    })();

    const wish = { kind: 'share', version: 'v3', percent: 50 } as const;
    const command = { verb: 'shift', service: { service: 'reviews' }, wish, options: { dryRun: false } } as const;
    const answer = await requestShift({ ...house.desk, turns }, command, asker);

    expect(answer).toMatchObject({ kind: 'accepted', again: true });
  });

  it('says which change in line will bring what is wished', async () => {
    const house = new House();
    const change = await house.accepted('v3', 50);

    expect(await house.shift('v3', 50)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-there', waiting: change.id },
    });
  });

  it.each`
    typed                                             | found
    ${{ service: 'ratings' }}                         | ${{ kind: 'unknown-service', services: ['reviews'] }}
    ${{ service: 'reviews', namespace: 'elsewhere' }} | ${{ kind: 'unknown-service', services: [] }}
    ${{ service: 'reviews', cluster: 'mars' }}        | ${{ kind: 'unknown-cluster', clusters: ['sandbox'] }}
  `('for $typed finds nothing and says what there is', async ({ typed, found }) => {
    const house = new House();
    const wish = { kind: 'share', version: 'v3', percent: 50 } as const;

    const answer = await requestShift(
      house.desk,
      { verb: 'shift', service: typed, wish, options: { dryRun: false } },
      house.asker(),
    );

    expect(answer).toMatchObject({ kind: 'not-found', name: typed, found });
  });

  describe('as a dry run', () => {
    it('shows the plan and what the server says, and leaves no trace', async () => {
      const house = new House();
      house.mesh.warn('subset v3 has no pods');

      const answer = await house.shift('v3', 50, { dryRun: true });

      expect(answer).toMatchObject({
        kind: 'preview',
        waiting: 0,
        plan: {
          edits: [
            {
              edit: { moves: [{ from: { v1: 100 }, to: { v1: 50, v3: 50 } }] },
              trial: { kind: 'fine', warnings: ['subset v3 has no pods'] },
            },
          ],
        },
      });
      expect(house.changes.all).toEqual([]);
      expect(house.queue.jobs).toEqual([]);
      expect(house.split).toEqual({ v1: 100 });
      expect(house.ledger.seq).toBe(0);
    });

    it('tells a rejection in the words of the server', async () => {
      const house = new House(reviews({ v1: 50, v2: 50 }));
      house.mesh.rejectEverything(new RejectedError('admission webhook "example" denied the request: no'));

      const answer = await house.shift('v3', 50, { dryRun: true });

      expect(answer).toMatchObject({
        kind: 'preview',
        plan: {
          edits: [{ trial: { kind: 'rejected', message: 'admission webhook "example" denied the request: no' } }],
        },
      });
    });

    it('does not ask the server while others are in line, since it would judge another object', async () => {
      const house = new House();
      await house.accepted('v3', 50);

      expect(await house.shift('v3', 80, { dryRun: true })).toMatchObject({
        kind: 'preview',
        waiting: 1,
        plan: { edits: [{ edit: { moves: [{ from: { v1: 50, v3: 50 } }] }, trial: { kind: 'not-asked' } }] },
      });
    });

    it('claims no verdict when the object moved before the server was asked', async () => {
      const house = new House();
      house.mesh.afterNextRead(() => house.mesh.moveByHand(reviewsObject, { v1: 100 }));

      expect(await house.shift('v3', 50, { dryRun: true })).toMatchObject({
        plan: { edits: [{ trial: { kind: 'moved' } }] },
      });
    });
  });
});

describe('a request that is delivered again', () => {
  it('is not accepted when it had been answered without, though it would be now', async () => {
    const house = new House();
    const asker = house.asker();
    expect(await house.shift('v9', 50, {}, asker)).toMatchObject({ kind: 'refused' });

    expect(await house.shift('v3', 50, {}, asker)).toEqual({ kind: 'refused-before' });

    expect(house.changes.all).toEqual([]);
  });

  it('is not accepted as a rollback either, typed or clicked', async () => {
    const house = new House();
    const [typed, clicked] = [house.asker(), house.asker()];
    expect(await house.typeRollback(undefined, typed)).toMatchObject({ kind: 'refused' });
    const first = await house.applied('v3', 50);
    await house.applied('v3', 80);
    const question = await house.clickRollback(first.id, undefined, clicked);
    const stamp = stampIn(question);

    expect(await house.typeRollback(undefined, typed)).toEqual({ kind: 'refused-before' });
    expect(await house.clickRollback(first.id, stamp, clicked)).toEqual({ kind: 'refused-before' });

    expect(house.changes.all).toHaveLength(2);
  });
});

describe('a change that was sent to the store, and of which no answer came', () => {
  /** Loses the answer, and what was sent too where `arrives` says so; then it is away for a number of readings. */
  class LosesReplies extends InMemoryChanges {
    readonly #arrives: boolean;
    #awayFor: number;

    constructor(arrives: boolean, awayFor: number) {
      super();
      this.#arrives = arrives;
      this.#awayFor = awayFor;
    }

    override async accept(...request: Parameters<InMemoryChanges['accept']>): Promise<never> {
      if (this.#arrives) await super.accept(...request);
      throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
    }

    override async read(id: ChangeId): Promise<Change | undefined> {
      this.#awayFor -= 1;
      if (this.#awayFor >= 0) throw new StoreUnavailableError('Redis did not answer');
      return super.read(id);
    }
  }

  const waits = async (changes: LosesReplies, forMs: number) => {
    const startedMs = performance.now();
    const now = () => new Date(performance.now() - startedMs);
    const asker = { user: 'U01ALICE', origin: change().origin, request: change().request, until: 0, answerBy: forMs };
    const event = eventOf(change(), { kind: 'accepted', asker }, now());
    const lines = new Map([[objectKey(reviewsObject), 0]]);
    const store = { changes, log: new InMemoryLog(), now, cards: { showSoon: () => {} } };
    return accept(store, change(), { lines, ahead: false, event }, asker);
  };

  it('is told as accepted when the store turns out to have it', async () => {
    expect(await waits(new LosesReplies(true, 2), 2_000)).toEqual({ kind: 'accepted' });
  });

  it('is told as not accepted when the store does not have it, and would refuse it by now', async () => {
    const waiting = waits(new LosesReplies(false, 2), 2_000);

    await expect(waiting).rejects.toThrow(StoreUnavailableError);
    await expect(waiting).rejects.toThrow('was not stored');
  });

  it('is told as not known when the store does not come back in time', async () => {
    const changes = new LosesReplies(true, 1_000);

    await expect(waits(changes, 400)).rejects.toThrow(AcceptanceUnknownError);

    expect(changes.all).toHaveLength(1);
  });
});
