import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { approveRamp, rejectRamp, withdrawRamp } from '../../../src/workflow/ramping/approve-ramp.ts';
import { reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { minute, RampHouse, steps } from './ramp-house.ts';

const everyone = `rules:\n  - target: "**"\n    shift: [everyone]\n`;
const approved = `${everyone}    approve: { by: [U02BOB, U03CAROL], from: 50 }\n`;

describe('policy and ramps', () => {
  let house: RampHouse;

  beforeEach(() => {
    house = new RampHouse();
  });

  async function waiting(): Promise<Ramp> {
    house.policies.take(policyOf(approved));
    const answer = await house.askRamp();
    if (answer.kind !== 'ramp') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    return answer.ramp;
  }

  const until = (at: string) => house.after(Date.parse(at) - house.now().getTime());

  /** Asked for within the hours, which are over by now. */
  async function waitingOutside(): Promise<Ramp> {
    const policy = house.policies.current();
    const ramp = await waiting();
    house.policies.take(policy);
    return ramp;
  }

  const approve = (ramp: Ramp, user: string) => approveRamp(house.desk, { id: ramp.id }, house.asker(user));

  it('one approval is for all steps', async () => {
    const ramp = await waiting();
    await house.goOn();
    expect(house.ledger.seq).toBe(0);

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await house.goOn();
    for (let step = 0; step < 4; step += 1) await house.after(5 * minute);

    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('the last approval is told to the audit in the step that begins the ramp', async () => {
    const ramp = await waiting();
    await approve(ramp, 'U02BOB');

    const told = house.audit.trail.filter(({ rampId }) => rampId === ramp.id).map(({ kind }) => kind);
    expect(told).toEqual(['awaiting', 'accepted', 'approved']);
  });

  it('nothing begins once the person was told that the approval came too late', async () => {
    const ramp = await waiting();
    house.changes.afterNextLine(() => house.pass(3_000));

    await expect(approve(ramp, 'U02BOB')).rejects.toThrow(TooLateError);
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'awaiting' });
  });

  it('who asked cannot approve', async () => {
    const ramp = await waiting();

    expect(await approve(ramp, 'U01ALICE')).toMatchObject({ kind: 'denied' });
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
  });

  it('an approval ends with the plan that it was for', async () => {
    const ramp = await waiting();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 0, v3: 30 });

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'voided' });
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
  });

  it('who may approve may reject, and who asked may withdraw', async () => {
    const ramp = await waiting();
    expect(await rejectRamp(house.desk, { id: ramp.id }, house.asker('U02BOB'), 'not today')).toMatchObject({
      kind: 'rejected',
    });
    const again = await waiting();
    expect(await withdrawRamp(house.desk, { id: again.id }, house.asker())).toMatchObject({ kind: 'withdrawn' });
    expect(await house.ramps.open()).toEqual([]);
  });

  it('expires when nobody approves', async () => {
    const ramp = await waiting();
    await house.after(48 * 60 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'expired' });
  });

  it('a freeze in the middle holds it, and names the freeze', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.after(5 * minute);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 1,
      hold: { because: 'denied', denied: 'frozen' },
    });
    expect(house.ledger.seq).toBe(1);
  });

  it('goes on after a freeze when a person says so', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.after(5 * minute);
    await house.thaw('U02BOB', '**');
    await house.does('resume', ramp);
    await house.goOn();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('is aborted through a freeze', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.does('abort', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('waits over night, and goes on by itself when the hours begin', async () => {
    house.policies.take(policyOf(`${everyone}    hours: "Sun-Mon 10:00-14:05 UTC"\n`)); // it is 14:03 on a Sunday
    const ramp = await house.started();
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'running',
      step: 1,
      waitsFor: 'hours',
      dueAt: '2026-11-23T10:00:00.000Z',
    });

    await until('2026-11-23T10:00:01Z');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('is approved outside the hours for steps up, and begins when they do', async () => {
    house.policies.take(policyOf(`${approved}    hours: "Mon 10:00-14:00 UTC"\n`));
    const ramp = await waitingOutside();

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await until('2026-11-23T09:59:59Z');
    expect(house.ledger.seq).toBe(0);
    await until('2026-11-23T10:00:01Z');
    expect(house.ledger.seq).toBe(1);
  });

  it('asks at a gate those who may approve, and not who asked for it', async () => {
    house.policies.take(policyOf(approved));
    const answer = await house.askRamp({
      steps: [
        { percent: 10, stay: { kind: 'ask' } },
        { percent: 20, stay: { kind: 'for', ms: minute } },
      ],
    });
    if (answer.kind !== 'ramp') throw new Error('not accepted');
    await house.goOn();

    expect(await house.does('next', answer.ramp)).toMatchObject({ kind: 'denied' });
    expect(await house.does('finish', answer.ramp)).toMatchObject({ kind: 'denied' });
    expect(await house.does('next', answer.ramp, undefined, house.asker('U02BOB'))).toMatchObject({ kind: 'done' });
  });

  it('lets nobody go faster than the policy allows', async () => {
    house.policies.take(
      policyOf(
        `ramps:\n  careful: { steps: "1, 5, 25, 100", every: 10m }\n${everyone}    ramp: { only: true, noSteeperThan: careful }\n`,
      ),
    );
    const ramp = await house.started({ steps: { named: 'careful' } });

    expect(await house.does('finish', ramp)).toMatchObject({
      kind: 'stopped',
      stop: { hold: { because: 'denied', denied: 'too-steep' } },
    });
    await house.goOn();
    expect(house.split).toEqual({ v1: 99, v2: 0, v3: 1 });
  });

  it('has names for ramps', async () => {
    house.policies.take(policyOf(`ramps:\n  careful: { steps: "1, 5", every: 10m }\n${everyone}`));

    expect(await house.askRamp({ steps: { named: 'careful' } })).toMatchObject({
      kind: 'ramp',
      ramp: { named: 'careful', steps: [{ percent: 1 }, { percent: 5 }] },
    });
    expect(await house.askRamp({ steps: { named: 'carefree' } })).toMatchObject({
      kind: 'no-such-ramp',
      known: ['careful'],
    });
  });

  it('refuses a single shift up where ramps are wanted, and a ramp that is too steep', async () => {
    house.policies.take(
      policyOf(
        `ramps:\n  careful: { steps: "1, 5, 25, 100", every: 10m }\n${everyone}    ramp: { only: true, noSteeperThan: careful }\n`,
      ),
    );

    expect(await house.shift('v3', 10)).toMatchObject({ kind: 'denied', denial: { reason: 'ramp-only' } });
    expect(await house.askRamp({ steps: steps([10, 100]) })).toMatchObject({
      kind: 'denied',
      denial: { reason: 'too-steep' },
    });
    const ramp = await house.started({ steps: { named: 'careful' } });
    await house.after(10 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });
});
