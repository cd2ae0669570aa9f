import { beforeEach, describe, expect, it } from 'vitest';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { MeshUnavailableError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, type House } from '../house.ts';
import { kinds } from '../kinds.ts';

const onlyBob = policyOf('rules: [{ name: bobs, target: "**", shift: [U02BOB] }]');
const everyone = policyOf('rules: [{ name: all, target: "**", shift: [everyone] }]');

describe.each(kinds)('a request for $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  function expectNothingStored(): void {
    expect(house.changes.all).toEqual([]);
    expect(house.queue.jobs).toEqual([]);
  }

  it('is stored and in line when it is answered, and nothing is changed by then', async () => {
    const asker = house.asker('U01ALICE', { origin: { team: 'T1', channel: 'C1', thread: '17.1' } });

    const answer = await house.ask('v3', 50, { reason: 'red stars' }, asker);

    const { by, origin, reason, state, deed } = acceptedIn(answer);
    expect(answer).toMatchObject({ kind: 'accepted', behind: 0, again: false });
    expect({ by, reason, deed, state }).toEqual({
      by: 'U01ALICE',
      reason: 'red stars',
      deed: 'shift',
      state: { kind: 'queued' },
    });
    expect(origin).toEqual(asker.origin);
    expect(acceptedIn(answer)).toMatchObject(house.moving({ v1: 100 }, { v1: 50, v3: 50 }, { seq: 0 }));
    expect(house.changes.all).toEqual([acceptedIn(answer)]);
    expect(house.queue.jobs).toEqual([{ id: acceptedIn(answer).id }]);
    expect(house.split).toEqual({ v1: 100 });
  });

  it('delivered again is the same change, also when that is applied by then', async () => {
    const deliver = await house.gesture('v3', 50);

    const first = await deliver();
    const second = await deliver();

    expect(second).toEqual({ ...first, again: true });
    expect(house.changes.all).toHaveLength(1);
    expect(house.queue.jobs).toHaveLength(1);

    await house.work();
    const { id } = acceptedIn(first);
    expect(await deliver()).toMatchObject({
      kind: 'accepted',
      again: true,
      change: { id, state: { kind: 'applied' } },
    });
    await house.work();
    expect(house.ledger.seq).toBe(1);
  });

  it('delivered three times at once is one change', async () => {
    const deliver = await house.gesture('v3', 50);

    const answers = await Promise.all([deliver(), deliver(), deliver()]);

    expect(new Set(answers.map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(house.changes.all).toHaveLength(1);
  });

  it('delivered again after the person was told no is not accepted, though it would be now', async () => {
    const deliver = await house.gesture('v3', 50);
    house.policies.take(onlyBob);
    expect(await deliver()).toMatchObject({
      kind: 'denied',
      denial: { reason: 'not-allowed', rule: { name: 'bobs' } },
    });
    house.policies.take(everyone);

    expect(await deliver()).toEqual({ kind: 'refused-before' });

    await house.work();
    expectNothingStored();
    expect(house.split).toEqual({ v1: 100 });
  });

  it('gives up, and stores nothing, when the line never stands still', async () => {
    const deliver = await house.gesture('v3', 50);
    for (let tries = 0; tries < 5; tries += 1) {
      house.changes.afterNextLine(() => {
        house.changes.stir(reviewsObject);
        house.pass(500);
      });
    }

    await expect(deliver()).rejects.toThrow(TooLateError);

    expectNothingStored();
  });

  it('that was planned too late is not accepted, and nothing is stored', async () => {
    const deliver = await house.gesture('v3', 50);
    house.mesh.afterNextRead(() => house.pass(2_001));

    await expect(deliver()).rejects.toThrow(TooLateError);

    expectNothingStored();
    expect(await house.changes.lines([reviewsObject])).toMatchObject({ waiting: [] });
  });

  it('is not accepted when the store is away, and nothing happens later', async () => {
    const deliver = await house.gesture('v3', 50);
    house.afterReading(() => house.changes.goAway());

    await expect(deliver()).rejects.toThrow(StoreUnavailableError);

    house.changes.comeBack();
    expectNothingStored();
    expect(house.audit.trail).toEqual([]);
    expect(house.log.messages('info')).not.toContain('audit');
  });

  it('is accepted once it is stored, though its job could not be added, and is applied all the same', async () => {
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
    const deliver = await house.gesture('v3', 50);
    house.failReading(new MeshUnavailableError('away'));

    await expect(deliver()).rejects.toThrow(MeshUnavailableError);

    expectNothingStored();
  });
});
