import { beforeEach, describe, expect, it } from 'vitest';
import type { RampSteps } from '../../../src/domain/ramp/steps.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { routed, sends } from '../manifests.ts';
import { minute, RampHouse, steps } from '../ramping/ramp-house.ts';

const rule = (maxStep: string, more = '') =>
  policyOf(
    `groups: { sre: [U02BOB] }\nrules:\n  - { name: r, target: "**", shift: [everyone], maxStep: ${maxStep}${more} }`,
  );
const slow = rule('{ points: 25, every: 10m }');

let house: RampHouse;

beforeEach(() => {
  house = new RampHouse(reviews({ v1: 100, v3: 0 }));
  house.policies.take(slow);
});

const share = () => house.split['v3'];

async function shifted(percent: number) {
  const answer = await house.shift('v3', percent);
  await house.work();
  return answer;
}

const soon = (left: number, inMs: number) => ({
  kind: 'denied',
  denial: { reason: 'step-too-large', maxStep: 25, soon: { left, from: new Date(house.now().getTime() + inMs) } },
});

describe('commands one after the other', () => {
  it.each(['25', '{ points: 25, every: 10m }'])(
    'give a version no more than one may, under maxStep: %s',
    async (maxStep) => {
      house.policies.take(rule(maxStep));
      for (const percent of [25, 50, 75, 100]) {
        await shifted(percent);
        house.pass(110);
      }
      expect(share()).toBe(25);
    },
  );

  it('are told how much is free now, and from when on all of it, and get it then', async () => {
    await shifted(20);
    house.pass(3 * minute);

    expect(await shifted(45)).toMatchObject(soon(5, 7 * minute));
    expect(await shifted(25)).toMatchObject({ kind: 'accepted' });
    house.pass(7 * minute);
    expect(await shifted(45)).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(45);
  });

  it('count while they wait in line', async () => {
    await house.accepted('v3', 25);
    expect(await house.shift('v3', 26)).toMatchObject({ denial: { reason: 'step-too-large', soon: { grew: 25 } } });
    await house.work();
    expect(share()).toBe(25);
  });

  it('count against one another if they come at the same moment', async () => {
    await Promise.all([10, 20, 25].map((percent) => house.shift('v3', percent)));
    await Promise.all([45, 50].map((percent) => house.shift('v3', percent)));
    await house.work(3);
    expect(share()).toBeLessThanOrEqual(25);
  });

  it('may go back at any time, in steps of any size', async () => {
    house = new RampHouse(reviews({ v1: 100, v3: 0 }));
    await shifted(100);
    house.policies.take(slow);

    expect(await shifted(60)).toMatchObject({ kind: 'accepted' });
    expect(await shifted(0)).toMatchObject({ kind: 'accepted' });
  });

  it('do not count what somebody else moved', async () => {
    await shifted(5);
    house.mesh.moveByHand(reviewsObject, { v1: 40, v3: 60 });

    expect(await shifted(80)).toMatchObject({ kind: 'accepted' });
    expect(await shifted(81)).toMatchObject(soon(0, 10 * minute));
  });

  it('are one with a rule file that moves weights', async () => {
    const ofFile = new RampHouse(routed('reviews', { v1: 100, v3: 0 }));
    ofFile.policies.take(slow);
    await ofFile.shifted('v3', 20);
    await ofFile.work();
    ofFile.ruleFiles.write('all', [sends('reviews', { v1: 60, v3: 40 })]);

    expect(await ofFile.type('/shift apply all')).toMatchObject({
      kind: 'denied',
      denial: { reason: 'step-too-large', soon: { grew: 20, left: 5 } },
    });
    expect(ofFile.split).toEqual({ v1: 80, v3: 20 });
  });

  it('count what was approved', async () => {
    house.policies.take(rule('{ points: 25, every: 10m }', ', approve: { by: [sre], from: 20 }'));
    const change = await house.accepted('v3', 25);
    await house.approve(change.id, 'U02BOB');
    await house.work();

    expect(share()).toBe(25);
    expect(await house.shift('v3', 30)).toMatchObject(soon(0, 10 * minute));
  });
});

describe('a ramp', () => {
  const asked = (every: number, percents: readonly [number, ...number[]] = [25, 50, 75, 100]) =>
    house.askRamp({ steps: steps(percents, every) });

  it.each([true, false])(
    'is refused when it steps faster, with the fastest that works (dry run: %s)',
    async (dryRun) => {
      const denial = { reason: 'step-too-large', fast: { number: 2, points: 50, fastestMs: 10 * minute } };
      expect(await house.askRamp({ dryRun, steps: steps([25, 50, 75, 100], 5 * minute) })).toMatchObject(
        dryRun ? { judgement: { verdict: { denial } } } : { kind: 'denied', denial },
      );
      expect(await house.ramps.open()).toEqual([]);
    },
  );

  it.each([
    [10 * minute, [25, 50, 75, 100]],
    [5 * minute, [12, 24, 36, 48]],
  ] as const)('with steps of %s ms comes to its end, and is not held by its own steps', async (every, percents) => {
    const answer = await asked(every, percents);
    if (answer.kind !== 'ramp') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    await house.goOn();
    for (const percent of percents) {
      expect(share()).toBe(percent);
      await house.after(every);
    }
    expect(await house.state(answer.ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('is refused while its first step is too soon', async () => {
    await shifted(20);
    expect(await asked(10 * minute, [30, 50])).toMatchObject(soon(5, 10 * minute));
  });

  it('waits with a step that a person lets go on too soon', async () => {
    const gated: RampSteps = [
      { percent: 25, stay: { kind: 'ask' } },
      { percent: 50, stay: { kind: 'for', ms: minute } },
    ];
    const ramp = await house.started({ steps: gated });
    house.pass(2 * minute);

    const until = new Date(house.now().getTime() + 8 * minute);
    expect(await house.does('next', ramp)).toMatchObject({ kind: 'waits', waitsFor: 'pace', until });
    expect(await house.ramp(ramp.id)).toEqual(ramp);
    house.pass(8 * minute);
    expect(await house.does('next', ramp)).toMatchObject({ kind: 'done' });
    await house.goOn();
    expect(share()).toBe(50);
  });

  it('waits where the policy has become stricter, and goes on by itself', async () => {
    house.policies.take(rule('25'));
    const ramp = await house.started({ steps: steps([25, 50], 2 * minute) });
    house.policies.take(slow);

    await house.after(2 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
    expect(share()).toBe(25);
    await house.after(8 * minute);
    expect(share()).toBe(50);
  });
});
