import { describe, expect, it } from 'vitest';
import { orderByHook } from '../../../src/workflow/holding/freeze-hook.ts';
import { carryOut } from '../../../src/workflow/holding/hold-command.ts';
import { readAudit } from '../../../src/workflow/looking/read-audit.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';
import { trail } from '../trail.ts';

const [alice, bob, carol] = ['U01ALICE', 'U02BOB', 'U03CAROL'] as const;
const onlyBob = policyOf(`rules: [{ name: bobs, target: "**", shift: [${bob}] }]`);

describe('the audit of locks and freezes', () => {
  const target = 'sandbox/default/reviews';
  const lockIt = { verb: 'lock', service: { service: 'reviews' }, reason: 'migrating' } as const;
  const unlockIt = { verb: 'unlock', service: { service: 'reviews' } } as const;
  const freezeAll = { verb: 'freeze', scope: { pattern: '**' }, reason: 'incident 42' } as const;

  it('tells who locked, took over and unlocked, and who was kept out', async () => {
    const house = new House();
    const asks = house.asker(bob);
    await carryOut(house.desk, lockIt, house.asker(alice));
    const question = await carryOut(house.desk, lockIt, asks);
    await carryOut(house.desk, lockIt, house.asker(bob), question.kind === 'take-over?' ? question.hold.id : '');
    await house.shift('v3', 50);
    await carryOut(house.desk, unlockIt, house.asker(alice));
    await house.settled();
    const unlocks = house.asker(bob);
    await carryOut(house.desk, unlockIt, unlocks);
    await carryOut(house.desk, unlockIt, unlocks);
    await house.settled();

    expect(trail(house)).toEqual([
      'U01ALICE locked lock “migrating”',
      'U02BOB taken-over lock “migrating”',
      'U01ALICE denied shift locked',
      'U01ALICE refused unlock not-yours',
      'U02BOB unlocked unlock “migrating”',
    ]);
    expect(house.audit.trail[0]).toMatchObject({
      target,
      until: '2026-11-22T22:03:11.000Z',
      service: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    });
  });

  it('tells of what was refused what it was about, so that it is shown of the services that it would have held', async () => {
    const house = new House();
    await carryOut(house.desk, freezeAll, house.asker(bob));
    house.policies.take(onlyBob);
    await carryOut(house.desk, lockIt, house.asker(alice));
    await carryOut(house.desk, { ...freezeAll, scope: { pattern: 'sandbox/default' } }, house.asker(alice));
    await carryOut(house.desk, { verb: 'thaw', scope: { pattern: '**' } }, house.asker(alice));
    await carryOut(house.desk, { verb: 'thaw', scope: { pattern: 'inc-7' } }, house.asker(alice));
    await carryOut(house.desk, { ...lockIt, end: { kind: 'for', ms: 8 * 24 * 3_600_000 } }, house.asker(bob));
    await house.settled();

    const reviewsNamed = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
    expect(house.audit.trail.slice(1)).toMatchObject([
      { kind: 'denied', deed: 'lock', service: reviewsNamed, reason: 'migrating' },
      { kind: 'denied', deed: 'freeze', target: 'sandbox/default/*', reason: 'incident 42' },
      { kind: 'denied', deed: 'thaw', target: '**' },
      { kind: 'refused', deed: 'thaw', because: 'no-freeze', detail: 'inc-7' },
      { kind: 'refused', deed: 'lock', because: 'wrong-end', service: reviewsNamed },
    ]);
  });

  it('tells who froze and thawed, people and hooks, and shows it of each service that is covered', async () => {
    const house = new House();
    const frozen = await carryOut(house.desk, freezeAll, house.asker(alice));
    await orderByHook(
      house.desk,
      { action: 'freeze', name: 'inc-7', target: 'sandbox/default', reason: 'fire', end: undefined },
      'hook 1',
    );
    await orderByHook(house.desk, { action: 'thaw', name: 'inc-7' }, 'hook 2');
    await carryOut(house.desk, { verb: 'thaw', scope: { pattern: 'nothing' } }, house.asker(bob));
    await house.settled();
    const name = frozen.kind === 'frozen' ? (frozen.hold.name ?? '') : '';
    await carryOut(house.desk, { verb: 'thaw', scope: { pattern: name } }, house.asker(alice));
    await house.settled();

    expect(trail(house)).toEqual([
      'U01ALICE frozen freeze “incident 42”',
      'hook:inc-7 frozen “fire”',
      'hook:inc-7 thawed “fire”',
      'U02BOB refused thaw no-freeze',
      'U01ALICE thawed thaw “incident 42”',
    ]);
    const ratings = { kind: 'service', service: { service: 'ratings' } } as const;
    expect(await readAudit(house.desk, ratings, house.asker(carol))).toMatchObject({
      reading: { entries: { length: 4 } },
    });
  });
});

describe('the audit of an incident tool', () => {
  it('tells which of its orders was refused, and why', async () => {
    const house = new House();
    const order = { action: 'freeze', name: 'inc-7', target: 'prod', reason: 'fire', end: undefined } as const;

    await orderByHook(house.desk, order, 'hook 1');
    await orderByHook(house.desk, { ...order, target: 'sandbox', end: { until: new Date(0) } }, 'hook 2');
    await orderByHook(house.desk, { action: 'thaw', name: 'inc-7' }, 'hook 3');
    await house.settled();

    expect(trail(house)).toEqual([
      'hook:inc-7 refused freeze no-scope “fire”',
      'hook:inc-7 refused freeze wrong-end “fire”',
    ]);
  });
});
