import { beforeEach, describe, expect, it } from 'vitest';
import { noPolicy } from '../../../src/domain/policy/policy.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { RejectedError } from '../../../src/workflow/errors.ts';
import { Driver } from '../../../src/workflow/ramping/drive.ts';
import { reviewsObject } from '../../support/builders.ts';
import { policyRule } from '../../support/policies.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse, host, second } from './counted-house.ts';

describe('the guards of a ramp', () => {
  let house: CountedHouse;

  beforeEach(() => {
    house = new CountedHouse();
  });

  async function ramped(): Promise<Ramp> {
    return house.started({ steps: steps([10, 25, 50, 100], 2 * minute) });
  }

  it('let a good release go to the end', async () => {
    house.failing = { v1: 0.01, v3: 0.01 };
    const ramp = await ramped();
    await house.serve(9 * minute);

    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('take a bad one back, as nobody but themselves, with what they saw', async () => {
    house.failing = { v1: 0, v3: 0.5 };
    const ramp = await ramped();
    await house.serve(90 * second);

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'back',
      why: 'taken-back',
      by: 'guard',
      proof: { guard: 'errors', others: { bad: 0 } },
    });
    expect(house.ledger.revisions[0]).toMatchObject({ by: 'guard', ramp: { step: 0 } });
    await house.serve(10 * minute);
    expect(house.ledger.seq).toBe(2);
  });

  it('do not take one back in an outage of all versions', async () => {
    house.failing = { v1: 0.3, v2: 0.3, v3: 0.3 };
    const ramp = await ramped();
    await house.serve(9 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('look while it is paused, too', async () => {
    const ramp = await ramped();
    await house.does('pause', ramp);
    house.failing = { v3: 0.5 };
    await house.serve(90 * second);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard' });
  });

  it('count nothing twice, and nothing of the first seconds of a step', async () => {
    const ramp = await ramped();
    await house.serve(60 * second);

    const { guards } = await house.ramp(ramp.id);
    const { from, until } = guards?.last ?? {};
    expect(Date.parse(from ?? '')).toBeGreaterThanOrEqual(Date.parse('2026-11-22T14:03:21.000Z'));
    const counted = (guards?.seen[0]?.callers['default/productpage-v1']?.others.requests ?? 0) / 18;
    const seconds = (Date.parse(until ?? '') - Date.parse('2026-11-22T14:03:21.000Z')) / 1000;
    expect(counted).toBeLessThanOrEqual(seconds);
    expect(counted).toBeGreaterThanOrEqual(seconds - 5);
  });

  it('keep it at a step in which nothing is seen of the canary, and let it go on when something is', async () => {
    house.perSecond = 0;
    const ramp = await ramped();
    await house.serve(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1, waitsFor: 'traffic' });

    house.perSecond = 20;
    await house.serve(minute);
    expect((await house.ramp(ramp.id)).changes.length).toBeGreaterThan(1);
  });

  it('hold it when requests reach no version', async () => {
    const ramp = await ramped();
    await house.serve(30 * second);
    house.traffic.send(new Date(house.now().getTime() + second), {
      host,
      flags: 'NC',
      code: '503',
      requests: 3,
      workload: 'productpage-v1',
    });
    await house.serve(30 * second);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      hold: { because: 'guard', proof: { guard: 'unreached', unreached: { NC: 3 } } },
    });
  });

  it('do not take it back again and again if the way back is refused', async () => {
    house.failing = { v1: 0, v3: 0.5 };
    const ramp = await ramped();
    await house.serve(20 * second);
    house.mesh.failWrites({ error: new RejectedError('a webhook says no'), stored: false });
    await house.serve(3 * minute);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      hold: { because: 'back-failed', reason: 'rejected', back: { by: 'guard', proof: { guard: 'errors' } } },
    });
    expect((await house.ramp(ramp.id)).changes.filter(({ step }) => step === 0)).toHaveLength(1);
    expect(house.chat.told.filter(({ id }) => id === ramp.id)).toHaveLength(1);
  });

  it('count nothing of what somebody else made of the weights, once the step is put back', async () => {
    const ramp = await ramped();
    await house.serve(60 * second);
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.serve(60 * second);
    await house.does('put-back', ramp);
    await house.serve(60 * second);

    const { state } = await house.ramp(ramp.id);
    const since = state.kind === 'running' ? Date.parse(state.since) : Number.NaN;
    const looks = house.audit.trail.filter(({ kind, at }) => kind === 'ramp-looked' && Date.parse(at) > since);
    const begins = looks.map(({ detail = '' }) => Date.parse(detail.split(' to ')[0] ?? ''));
    expect(begins.length).toBeGreaterThan(0);
    expect(Math.min(...begins)).toBeGreaterThanOrEqual(since + 10 * second);
  });

  it('go by time alone where nothing is counted', async () => {
    house.traffic.countFor();
    const ramp = await ramped();
    await house.after(2 * minute);

    expect(ramp.guards).toBeUndefined();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('tell the audit the counts and the evidence of each look', async () => {
    const ramp = await ramped();
    await house.serve(60 * second);

    const looks = house.audit.trail.filter(({ kind, rampId }) => kind === 'ramp-looked' && rampId === ramp.id);
    expect(looks.length).toBeGreaterThanOrEqual(2);
    expect(looks[0]?.detail).toMatch(/canary 0\/\d+ others 0\/\d+; errors no-sign lnE /);
  });

  it('hold a ramp that is held for another reason: it does not go on under a sign without being asked', async () => {
    house.policies.take({ ...noPolicy, rules: [policyRule({})] });
    const ramp = await ramped();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.serve(3 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'denied' } });
    house.loses('NC', 3);
    await house.serve(30 * second);

    const { state } = await house.ramp(ramp.id);
    expect(state).toMatchObject({ kind: 'held', step: 1, hold: { because: 'guard', proof: { guard: 'unreached' } } });
    expect(house.audit.trail.findLast(({ kind }) => kind === 'ramp-stopped')).toMatchObject({ because: 'guard' });
  });

  it('do not keep it at a step that gives the canary nothing', async () => {
    await house.started({ steps: steps([10, 0, 20], 2 * minute) });
    await house.serve(5 * minute);

    expect(house.split).toEqual({ v1: 80, v2: 0, v3: 20 });
  });

  it('wake nobody each second for a ramp that waits for traffic, or stands still until a person decides', async () => {
    const { traffic, meter } = house;
    const driver = new Driver(house.desk, { traffic, meter });
    house.perSecond = 0;
    const ramp = await ramped();
    await house.serve(3 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ waitsFor: 'traffic' });
    const { guards } = await house.ramp(ramp.id);
    expect(await driver.sweep()).toBe(Date.parse(guards?.looking?.nextAt ?? ''));
    await house.settled();

    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.serve(5 * second);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'moved' } });
    expect(await driver.sweep()).toBe(Number.POSITIVE_INFINITY);
    await house.settled();
  });

  it('tell the audit nothing of looks in which nobody called anything', async () => {
    const ramp = await ramped();
    await house.serve(60 * second);
    await house.does('pause', ramp);
    house.perSecond = 0;
    await house.serve(30 * second);
    const looks = () => house.audit.trail.filter(({ kind }) => kind === 'ramp-looked').length;
    const [before, { guards }] = [looks(), await house.ramp(ramp.id)];
    await house.serve(3 * minute);
    const last = (await house.ramp(ramp.id)).guards?.last;

    expect(looks()).toBe(before);
    expect(Date.parse(last?.until ?? '')).toBeGreaterThan(Date.parse(guards?.last?.until ?? ''));
    house.perSecond = 20;
    await house.serve(30 * second);
    expect(looks()).toBeGreaterThan(before);
  });
});
