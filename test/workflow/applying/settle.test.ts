import { beforeEach, describe, expect, it } from 'vitest';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const away = new MeshUnavailableError('away');

describe.each(kinds)('a change that is asked for as $kind, and whose effect is not known', ({ kind, houseOf }) => {
  let house: House;
  let id: `c-${string}`;

  beforeEach(() => {
    house = houseOf();
  });

  /** The end of a change whose last write was lost: of two objects the first is written. */
  function unwritten() {
    const half = { because: 'half-applied', written: [reviewsObject] };
    return { kind: 'failed', ...(house.others.length > 0 ? half : { because: 'not-reached' }) };
  }

  it.each([{ stored: true }, { stored: false }])(
    'is looked up when no write of it can be under way (stored: $stored)',
    async ({ stored }) => {
      ({ id } = await house.unsettled({ stored }));
      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
      house.pass(69_000);
      await house.reconcile();
      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
      house.pass(15_000);

      await house.reconcile();

      const made = house.ofEach({ seq: 1, live: [{ split: { v1: 50, v3: 50 } }] });
      expect(house.stored(id).state).toMatchObject(stored ? { kind: 'applied', made } : unwritten());
      expect(house.chat.shows(id)).toEqual(house.stored(id));
      expect(await house.changes.open()).toEqual([]);
    },
  );

  it('is told with its own number, and with what it made, though others came after it', async () => {
    ({ id } = await house.unsettled({ stored: true }));
    await house.shifted('v3', 80);
    await house.work();
    house.pass(90_000);

    await house.reconcile();

    const made = house.ofEach({ seq: 1, live: [{ split: { v1: 50, v3: 50 } }] });
    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made });
    expect(house.ledger.seq).toBe(2);
  });

  it('is nothing that is busily waited for', async () => {
    await house.unsettled({ stored: false });

    expect(await house.reconcile()).toBe(0);
  });

  it('is looked up now and again as long as the cluster is away', async () => {
    ({ id } = await house.unsettled({ stored: true }));
    for (let rounds = 0; rounds < 10; rounds += 1) {
      house.pass(60_000);
      if (rounds > 0) house.failReading(away);
      await house.reconcile();
    }
    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
    house.pass(60_000);

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('applied');
  });

  it.each([{ stored: true }, { stored: false }])(
    'is applied as far as is known when its object is gone (stored: $stored)',
    async ({ stored }) => {
      ({ id } = await house.unsettled({ stored }));
      for (const ref of [reviewsObject, ...house.others]) house.mesh.remove(ref);
      house.pass(120_000);

      await house.reconcile();

      const isNoted = kind !== 'a shift'; // which is one write, and costs no note before that
      expect(house.stored(id).state).toMatchObject(stored && isNoted ? { kind: 'applied' } : unwritten());
    },
  );

  it('is not said to have failed while the history of its object cannot be read', async () => {
    ({ id } = await house.unsettled({ stored: true }));
    const { ledger } = house;
    house.mesh.spoilLedger(reviewsObject);
    house.pass(120_000);
    await house.reconcile();
    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });

    house.mesh.put({ ...reviews({ v1: 50, v3: 50 }), ledger });
    house.pass(60_000);
    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('applied');
  });

  it('is left to people after a week', async () => {
    ({ id } = await house.unsettled({ stored: true }));
    house.pass(8 * 24 * 3600_000);
    house.mesh.failReads(away);

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable', settled: true });
    expect(await house.changes.open()).toEqual([]);
  });
});
