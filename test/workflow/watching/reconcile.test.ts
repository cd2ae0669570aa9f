import { beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { change, changeId, reviewsObject } from '../../support/builders.ts';
import { House } from '../house.ts';
import { kinds } from '../kinds.ts';

describe.each(kinds)('a round of reconciling after $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it('gives a job to a change that has lost its own', async () => {
    const { id } = await house.accepted('v3', 50);
    house.queue.lose();
    await house.reconcile();
    house.pass(1_200);

    await house.reconcile();
    await house.work();

    expect(house.stored(id).state.kind).toBe('applied');
    expect(house.log.messages('warn')).toContain('change is still waiting, its job is added again');
  });

  it('leaves one alone that it has seen for a moment only, whenever it says that it was accepted', async () => {
    house.pass(-600_000);
    await house.accepted('v3', 50);
    house.queue.lose();
    house.pass(600_000);
    await house.reconcile();
    house.pass(1_199);

    expect(await house.reconcile()).toBeGreaterThan(0);

    expect(house.queue.jobs).toEqual([]);
  });

  it('finishes what a worker that died left halfway, as soon as it may', async () => {
    const accepted = await house.accepted('v3', 50);
    house.queue.lose();
    await house.changes.begin(accepted.id, leaseMs);
    house.pass(leaseMs - 1);
    await house.reconcile();
    expect(house.queue.jobs).toEqual([]);
    house.pass(1);

    await house.reconcile();
    await house.work();

    expect(house.stored(accepted.id).state.kind).toBe('applied');
    expect(house.ledger.seq).toBe(1);
  });

  it('leaves alone what a worker has in hand, however long that takes', async () => {
    const accepted = await house.accepted('v3', 50);
    house.queue.lose();
    const begun = await house.changes.begin(accepted.id, leaseMs);
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    for (let passed = 0; passed < 10_000; passed += 400) {
      house.pass(400);
      await house.changes.keep(begun.change.id, leaseMs);
      await house.reconcile();
    }

    expect(house.queue.jobs).toEqual([]);
  });

  it('adds no tries to a change that the cluster asked us to leave alone for a while', async () => {
    const accepted = await house.accepted('v3', 50);
    house.mesh.failReads(new MeshUnavailableError('busy', { retryAfterMs: 30_000 }));
    expect(await house.work()).toEqual([{ kind: 'not-yet', afterMs: 30_000 }]);

    for (let passed = 0; passed < 29_000; passed += 1_000) {
      house.pass(1_000);
      await house.reconcile();
    }
    expect(house.queue.jobs).toEqual([]);
    house.pass(1_000);
    await house.reconcile();
    await house.work();

    expect(house.stored(accepted.id).state.kind).toBe('applied');
  });

  it('gives a job to what is first in line, and not to what waits behind it', async () => {
    const first = await house.accepted('v3', 10);
    await house.shifted('v3', 20);
    house.queue.lose();
    await house.reconcile();
    house.pass(2_000);

    await house.reconcile();

    expect(house.queue.jobs.map(({ id }) => id)).toEqual([first.id]);
  });

  it('may run anywhere and as often as it likes', async () => {
    await house.accepted('v3', 50);
    house.pass(2_000);

    await Promise.all([house.reconcile(), house.reconcile(), house.reconcile()]);
    await house.work(3);
    await house.reconcile();

    expect(house.ledger.seq).toBe(1);
    expect(house.meter.outcomes).toEqual(['applied']);
  });

  it('leaves to a person what waits for one', async () => {
    await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    house.pass(60_000);

    await house.reconcile();

    expect(house.queue.jobs).toEqual([]);
  });

  it('says how much was open', async () => {
    expect(await house.reconcile()).toBe(0);

    await house.accepted('v3', 50);

    expect(await house.reconcile()).toBe(1); // its card is shown already
    await house.work();
    expect(await house.reconcile()).toBe(0);
  });
});

describe('a round of reconciling', () => {
  it('shows the cards that lag, and one that cannot be shown does not keep back the others', async () => {
    const house = new House();
    house.chat.goDown();
    const [first, second] = [await house.applied('v3', 50), await house.applied('v3', 80)];
    house.chat.comeBack();
    house.chat.fail({ outcome: 'later' });

    await house.reconcile();
    expect(house.chat.cardsOf(first.id).length + house.chat.cardsOf(second.id).length).toBe(1);
    expect(house.log.messages('warn')).toContain('a card lags behind and will catch up');
    await house.reconcile();

    for (const { id } of [first, second]) expect(house.chat.shows(id)).toEqual(house.stored(id));
  });

  it('has so many cards that lag in hand at a time, whichever they are, and all of them in the end', async () => {
    const house = new House();
    const all = Array.from({ length: 500 }, (_, at) => change({ id: changeId(at + 1), state: { kind: 'queued' } }));
    house.changes.fallBackTo(all);
    for (const { id } of all) house.cardLog.owe(id, 0);
    const { promise: turn, resolve: letThrough } = Promise.withResolvers<boolean>();
    house.chat.turn = () => turn;
    const claim = vi.spyOn(house.cardLog, 'claim');

    for (const _ of [1, 2, 3]) await house.beginRound();
    expect(claim).toHaveBeenCalledTimes(200);
    letThrough(false);
    for (const _ of [1, 2, 3]) await house.reconcile();

    for (const { id } of all) expect(house.chat.cardsOf(id)).toHaveLength(1);
  });
});
