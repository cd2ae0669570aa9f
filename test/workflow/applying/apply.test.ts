import { beforeEach, describe, expect, it } from 'vitest';
import { doesText, moveTo } from '../../../src/domain/change/change.ts';
import { change, changeId, jason, reviews, reviewsObject, rule } from '../../support/builders.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const minute = 60_000;
const half = { v1: 50, v3: 50 };

describe.each(kinds)('a change that is asked for as $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it('is applied, recorded, announced, counted and shown', async () => {
    house = houseOf(reviews({ v1: 100 }, { rules: [jason, rule({ v1: 100 })] }));
    house.mesh.warn('subset v3 has no pods');
    const { id } = await house.accepted('v3', 50, { reason: 'red stars' });
    house.pass(84);

    expect(await house.work()).toEqual([]);

    const change = house.stored(id);
    const at = house.now().toISOString();
    const does = doesText(change);
    const revision = {
      id,
      at,
      by: 'U01ALICE',
      rule: 'default',
      from: { v1: 100 },
      to: half,
      reason: 'red stars',
      does,
    };
    expect(house.split).toEqual(half);
    expect(house.mesh.routeOf(reviewsObject).rules[0]?.split).toEqual({ v2: 100 });
    expect(house.ledger).toEqual({ seq: 1, revisions: [revision] });
    expect(house.seqs).toEqual([1]);
    const live = [{ rule: 'default', split: half }];
    const made = house.objects.map((object) => ({ object, seq: 1, live }));
    expect(change.state).toEqual({ kind: 'applied', at, made, tookMs: 84, warnings: ['subset v3 has no pods'] });
    expect(house.chat.shows(id)).toEqual(change);
    expect(house.mesh.announced).toEqual([id]);
    expect(house.meter).toMatchObject({ outcomes: ['applied'], tookMs: [84] });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is told with the weights that admission made of it', async () => {
    const { mesh } = house;
    const read = mesh.open.bind(mesh);
    const admitted = [{ rule: 'default', split: { v1: 60, v3: 40 } }];
    mesh.open = async (object) => {
      const open = await read(object);
      const write: typeof open.write = async (...edit) => ({ ...(await open.write(...edit)), splits: admitted });
      return { ...open, write };
    };

    const { id } = await house.applied('v3', 50);

    const state = { kind: 'applied', made: house.ofEach({ live: admitted }) };
    expect(house.stored(id).state).toMatchObject(state);
    expect(house.chat.shows(id)?.state).toMatchObject(state);
  });

  it('is applied once, however often its job runs', async () => {
    const done = await house.applied('v3', 50);

    for (let again = 0; again < 3; again += 1) expect(await house.attempt(done)).toEqual({ kind: 'done' });

    expect(house.ledger.seq).toBe(1);
    expect(house.meter.outcomes).toEqual(['applied']);
    expect(house.stored(done.id)).toEqual(done);
  });

  it('whose id stands in the history is applied, and nothing is written again', async () => {
    const accepted = await house.accepted('v3', 50);
    await house.writeUntold(accepted);
    const written = house.mesh.wholeOf(reviewsObject);
    house.pass(3_000);

    await house.work();

    expect(house.mesh.wholeOf(reviewsObject)).toEqual(written);
    expect(house.stored(accepted.id).state).toMatchObject({
      kind: 'applied',
      made: house.ofEach({ seq: 1 }),
      tookMs: 0,
    });
  });

  it('is told as applied with its own number when others came after it', async () => {
    const accepted = await house.accepted('v3', 50);
    await house.writeUntold(accepted);
    await house.writeUntold(change({ id: changeId(2) }));

    await house.work();

    expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made: house.ofEach({ seq: 1 }) });
    expect(house.ledger.seq).toBe(2);
  });

  it('that was decided meanwhile is not told twice', async () => {
    const accepted = await house.accepted('v3', 50);
    house.mesh.afterNextRead(async () => {
      const state = { kind: 'applied', at: '2026-11-22T14:03:12.000Z', made: [], tookMs: 1, warnings: [] } as const;
      await house.changes.update(moveTo(house.stored(accepted.id), state));
    });

    await house.work();

    expect(house.meter.outcomes).toEqual([]);
    expect(house.stored(accepted.id).state).toMatchObject({ tookMs: 1 });
  });

  it('of which nothing is known any more is nothing to do', async () => {
    const { id } = await house.accepted('v3', 50);
    house.changes.lose();

    expect(await house.attempt({ id })).toEqual({ kind: 'done' });

    expect(house.ledger.seq).toBe(0);
  });

  describe('and that nobody came to for a quarter of an hour', () => {
    it('is not applied any more', async () => {
      const { id } = await house.accepted('v3', 50);
      house.pass(15 * minute + 1);

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'expired' });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('is told as applied when it was, by a worker that could not say so', async () => {
      const accepted = await house.accepted('v3', 50);
      await house.writeUntold(accepted);
      house.pass(60 * minute);

      await house.work();

      const { state } = house.stored(accepted.id);
      expect(state).toMatchObject({ kind: 'applied', made: house.ofEach({ seq: 1 }), tookMs: 0 });
      expect(house.chat.shows(accepted.id)?.state.kind).toBe('applied');
    });

    it('is applied when it just was not that long', async () => {
      const { id } = await house.accepted('v3', 50);
      house.pass(15 * minute);

      await house.work();

      expect(house.stored(id).state.kind).toBe('applied');
    });
  });

  describe('and that follows another one', () => {
    it('tells the card of that one that it is not the last word any more', async () => {
      const first = await house.applied('v3', 50);
      const second = await house.applied('v3', 80);

      expect(house.chat.shows(first.id)?.state).toMatchObject({ kind: 'applied', later: second.id });
      expect(house.chat.shows(second.id)?.state).not.toHaveProperty('later');
    });

    it('is applied all the same when the store forgot that one', async () => {
      await house.applied('v3', 50);
      house.changes.lose();

      const { state } = await house.applied('v3', 80);

      expect(state.kind).toBe('applied');
      expect(house.ledger.seq).toBe(2);
    });
  });
});
