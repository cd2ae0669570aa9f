import { beforeEach, describe, expect, it } from 'vitest';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviewsObject } from '../../support/builders.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

describe.each(kinds)('a change that is asked for as $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it.each([{ stored: false }, { stored: true }])(
    'is finished once by the next worker where one dies in the middle of the write, stored: $stored',
    async ({ stored }) => {
      const accepted = await house.accepted('v3', 50);
      house.mesh.failWrites({ error: new Error('killed'), stored });
      await expect(house.attempt(accepted)).rejects.toThrow('killed');

      house.pass(leaseMs);
      await house.attempt(accepted);

      expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made: house.ofEach({ seq: 1 }) });
      for (const ref of [reviewsObject, ...house.others]) expect(house.mesh.ledgerOf(ref).seq).toBe(1);
    },
  );

  it('is left alone as somebody made it after the write, where the worker died right then', async () => {
    const accepted = await house.accepted('v3', 50);
    await house.changes.begin(accepted.id, leaseMs);
    await house.writeUntold(accepted);
    house.mesh.moveByHand(reviewsObject, { v2: 100 });

    house.pass(leaseMs);
    await house.work();

    expect(house.split).toEqual({ v2: 100 });
    const made = house.ofEach({ seq: 1, live: [{ split: { v1: 50, v3: 50 } }] });
    expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made });
  });

  it('is written once by ten workers that each believe they have it alone', async () => {
    const accepted = await house.accepted('v3', 50);
    const impatient = Array.from({ length: 10 }, async () => {
      house.pass(leaseMs);
      return house.attempt(accepted);
    });

    const answers = await Promise.all(impatient);
    while ((await house.attempt(accepted)).kind !== 'done');

    expect(answers.every(({ kind }) => kind === 'done' || kind === 'not-yet')).toBe(true);
    for (const ref of [reviewsObject, ...house.others]) expect(house.mesh.ledgerOf(ref).seq).toBe(1);
    expect(house.meter.outcomes).toEqual(['applied']);
  });

  it('is told as applied, and as moved since, where somebody reverts it before a lost reply is looked up', async () => {
    const accepted = await house.accepted('v3', 50);
    house.mesh.failWrites({ error: new MeshUnavailableError('reply lost'), stored: true });
    house.afterReading(() => {});
    house.mesh.afterNextRead(() => house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 }));
    await house.work();

    await house.lookAround();

    expect(house.stored(accepted.id).state).toMatchObject({
      kind: 'applied',
      made: house.ofEach({ live: [{ split: { v1: 50, v3: 50 } }] }),
      movedAway: { how: 'weights', live: { v1: 100, v3: 0 } },
    });
  });
});
