import { beforeEach, describe, expect, it } from 'vitest';
import { orderByHook } from '../../../src/workflow/holding/freeze-hook.ts';
import { carryOut } from '../../../src/workflow/holding/hold-command.ts';
import { readAudit } from '../../../src/workflow/looking/read-audit.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';
import { trail } from '../trail.ts';

const [alice, bob, carol] = ['U01ALICE', 'U02BOB', 'U03CAROL'] as const;
const service = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const incident = { reason: 'incident 42' };
let house: House;

beforeEach(() => {
  house = new House();
});

describe('the audit of locks and freezes', () => {
  it('tells who locked, took over and unlocked, and who was kept out', async () => {
    await house.lock(alice, { reason: 'migrating' });
    const question = await house.lock(bob, { reason: 'migrating' });
    await house.lock(bob, { reason: 'migrating' }, question.kind === 'take-over?' ? question.hold.id : '');
    await house.shift('v3', 50);
    await house.unlock(alice);
    const unlocks = house.asker(bob);
    const unlock = () => carryOut(house.desk, { verb: 'unlock', service: { service: 'reviews' } }, unlocks);
    await unlock();
    await unlock();
    await house.settled();

    expect(trail(house)).toEqual([
      'U01ALICE locked lock “migrating”',
      'U02BOB taken-over lock “migrating”',
      'U01ALICE denied shift locked',
      'U01ALICE refused unlock not-yours',
      'U02BOB unlocked unlock “migrating”',
    ]);
    const lock = { target: 'sandbox/default/reviews', until: '2026-11-22T22:03:11.000Z', service };
    expect(house.audit.trail[0]).toMatchObject(lock);
  });

  it('tells of what was refused what it was about, so that it is shown of the services that it would have held', async () => {
    await house.freeze(bob, '**', incident);
    house.policies.take(policyOf(`rules: [{ name: bobs, target: "**", shift: [${bob}] }]`));
    await house.lock(alice, { reason: 'migrating' });
    await house.freeze(alice, 'sandbox/default', incident);
    await house.thaw(alice, '**');
    await house.thaw(alice, 'inc-7');
    await house.lock(bob, { end: { kind: 'for', ms: 8 * 24 * 3_600_000 } });

    expect(house.audit.trail.slice(1)).toMatchObject([
      { kind: 'denied', deed: 'lock', service, reason: 'migrating' },
      { kind: 'denied', deed: 'freeze', target: 'sandbox/default/*', ...incident },
      { kind: 'denied', deed: 'thaw', target: '**' },
      { kind: 'refused', deed: 'thaw', because: 'no-freeze', detail: 'inc-7' },
      { kind: 'refused', deed: 'lock', because: 'wrong-end', service },
    ]);
  });
});

describe('the audit of an incident tool', () => {
  const order = { action: 'freeze', name: 'inc-7', target: 'sandbox/default', reason: 'fire', end: undefined } as const;
  const thaw = { action: 'thaw', name: 'inc-7' } as const;

  it('tells who froze and thawed, people and hooks, and shows it of each service that is covered', async () => {
    const frozen = await house.freeze(alice, '**', incident);
    await orderByHook(house.desk, order, 'hook 1');
    await orderByHook(house.desk, thaw, 'hook 2');
    await house.thaw(bob, 'nothing');
    await house.thaw(alice, frozen.kind === 'frozen' ? frozen.hold.name : '');

    expect(trail(house)).toEqual([
      'U01ALICE frozen freeze “incident 42”',
      'hook:inc-7 frozen “fire”',
      'hook:inc-7 thawed “fire”',
      'U02BOB refused thaw no-freeze',
      'U01ALICE thawed thaw “incident 42”',
    ]);
    const ratings = { kind: 'service', service: { service: 'ratings' } } as const;
    const reading = { entries: { length: 4 } };
    expect(await readAudit(house.desk, ratings, house.asker(carol))).toMatchObject({ reading });
  });

  it('tells which of its orders was refused, and why', async () => {
    await orderByHook(house.desk, { ...order, target: 'prod' }, 'hook 1');
    await orderByHook(house.desk, { ...order, target: 'sandbox', end: { until: new Date(0) } }, 'hook 2');
    await orderByHook(house.desk, thaw, 'hook 3');
    await house.settled();

    expect(trail(house)).toEqual([
      'hook:inc-7 refused freeze no-scope “fire”',
      'hook:inc-7 refused freeze wrong-end “fire”',
    ]);
  });
});
