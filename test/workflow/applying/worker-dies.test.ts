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

  it.each([
    { which: 'first', stored: false },
    { which: 'first', stored: true },
    { which: 'last', stored: false },
    { which: 'last', stored: true },
  ] as const)(
    'is finished once by the next worker where one dies in the $which write (stored: $stored)',
    async ({ which, stored }) => {
      const accepted = await house.accepted('v3', 50);
      house.failWrite(which, { error: new Error('killed'), stored });
      await expect(house.attempt(accepted)).rejects.toThrow('killed');

      house.pass(leaseMs);
      await house.attempt(accepted);

      expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made: house.ofEach({ seq: 1 }) });
      expect(house.seqs).toEqual([1]);
    },
  );

  it('is written once by ten workers that each believe they have it alone', async () => {
    const accepted = await house.accepted('v3', 50);
    const impatient = Array.from({ length: 10 }, async () => {
      house.pass(leaseMs);
      return house.attempt(accepted);
    });

    const answers = await Promise.all(impatient);
    while ((await house.attempt(accepted)).kind !== 'done');

    expect(answers.every(({ kind }) => kind === 'done' || kind === 'not-yet')).toBe(true);
    expect(house.seqs).toEqual([1]);
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
