import { describe, expect, it } from 'vitest';
import { maxTries } from '../../../src/workflow/applying/apply.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { House } from '../house.ts';

const away = new MeshUnavailableError('away');

/** A change of which nobody knows whether it took effect: its last write was `stored` or not, and no answer came. */
async function unsettled({ stored }: { stored: boolean }): Promise<{ house: House; id: `c-${string}` }> {
  const house = new House();
  const change = await house.accepted('v3', 50);
  house.queue.lose();
  for (let tries = 1; tries < maxTries; tries += 1) {
    house.mesh.failReads(away);
    await house.attempt(change);
    house.pass(20_000);
  }
  house.mesh.failWrites({ error: away, stored });
  house.mesh.afterNextRead(() => house.mesh.failReads(away));
  await house.attempt(change);
  return { house, id: change.id };
}

describe('a change whose effect is not known', () => {
  it.each([{ stored: true }, { stored: false }])(
    'is looked up when no write of it can be under way ($stored)',
    async ({ stored }) => {
      const { house, id } = await unsettled({ stored });
      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
      house.pass(69_000);
      await house.reconcile();
      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
      house.pass(15_000);

      await house.reconcile();

      expect(house.stored(id).state).toMatchObject(
        stored
          ? { kind: 'applied', made: [{ seq: 1, live: [{ split: { v1: 50, v3: 50 } }] }] }
          : { kind: 'failed', because: 'not-reached' },
      );
      expect(house.chat.shows(id)).toEqual(house.stored(id));
      expect(await house.changes.open()).toEqual([]);
    },
  );

  it('is nothing that is busily waited for', async () => {
    const { house } = await unsettled({ stored: false });

    expect(await house.reconcile()).toBe(0);
  });

  it('is looked up now and again as long as the cluster is away', async () => {
    const { house, id } = await unsettled({ stored: true });
    for (let rounds = 0; rounds < 10; rounds += 1) {
      house.pass(60_000);
      if (rounds > 0) house.mesh.failReads(away);
      await house.reconcile();
    }
    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable' });
    house.pass(60_000);

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('applied');
  });

  it('is not reached when its object is gone', async () => {
    const { house, id } = await unsettled({ stored: true });
    house.mesh.remove(reviewsObject);
    house.pass(120_000);

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'not-reached' });
  });

  it('is not said to have failed while the history of its object cannot be read', async () => {
    const { house, id } = await unsettled({ stored: true });
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
    const { house, id } = await unsettled({ stored: true });
    house.pass(8 * 24 * 3600_000);
    house.mesh.failReads(away);

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'unreachable', settled: true });
    expect(await house.changes.open()).toEqual([]);
  });
});
