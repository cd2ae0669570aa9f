import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { planShown } from '../../src/domain/change/change.ts';
import type { ObjectEdit } from '../../src/domain/change/edit.ts';
import { readStoredChange, storeChange } from '../../src/redis/stored-change.ts';
import { maxTries } from '../../src/workflow/applying/apply.ts';
import { planHash } from '../../src/workflow/audit.ts';
import { MeshUnavailableError, RejectedError, StoreUnavailableError } from '../../src/workflow/errors.ts';
import { orderByHook } from '../../src/workflow/holding/freeze-hook.ts';
import { carryOut } from '../../src/workflow/holding/hold-command.ts';
import { readAudit } from '../../src/workflow/looking/read-audit.ts';
import { change, changeId, contentEdit, reviews, reviewsObject, weightsEdit } from '../support/builders.ts';
import { policyOf } from '../support/policies.ts';
import { acceptedIn, House, stampIn } from './house.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

const needsOne = policyOf(`
groups: { sre: [${bob}, ${carol}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 1, from: 25, expires: 30m } }]`);
const needsTwo = policyOf(`
groups: { sre: [${bob}, ${carol}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 2, from: 25, expires: 30m } }]`);
const onlyBob = policyOf(`
rules: [{ name: bobs, target: "**", shift: [${bob}] }]`);

/** The whole trail, a line each: who, what, why, by which rule. */
function trail(house: House): readonly string[] {
  return house.audit.trail.map(line);
}

function line({ kind, by, deed, because, rule, missing, other, reason }: AuditEvent): string {
  const said = [by?.user ?? 'nobody', kind, deed, because, missing, rule && `rule ${rule.name}`];
  return [...said, other && 'other', reason && `“${reason}”`].filter((part) => part !== undefined).join(' ');
}

interface Walk {
  readonly name: string;
  readonly walk: (house: House) => Promise<unknown>;
  readonly leaves: readonly string[];
}

const walks: readonly Walk[] = [
  {
    name: 'a shift that is applied',
    walk: (house) => house.applied('v3', 50, { reason: 'red stars' }),
    leaves: ['U01ALICE accepted shift “red stars”', 'nobody applied “red stars”'],
  },
  {
    name: 'a shift that somebody takes back, by a double click',
    walk: async (house) => {
      const { id } = await house.applied('v3', 50);
      await Promise.all([
        house.clickRollback(id, undefined, house.asker(bob)),
        house.clickRollback(id, undefined, house.asker(bob)),
      ]);
      await house.work();
    },
    leaves: [
      'U01ALICE accepted shift',
      'nobody applied',
      'U02BOB accepted rollback other',
      'U02BOB rolled-back other',
      'nobody applied other',
    ],
  },
  {
    name: 'a rollback that would undo more, until it is confirmed',
    walk: async (house) => {
      const { id } = await house.applied('v3', 50);
      await house.applied('v3', 80);
      const stamp = stampIn(await house.clickRollback(id));
      await house.clickRollback(id, stamp);
    },
    leaves: [
      ...['U01ALICE accepted shift', 'nobody applied', 'U01ALICE accepted shift', 'nobody applied'],
      'U01ALICE accepted rollback other',
    ],
  },
  {
    name: 'what its plan refuses',
    walk: async (house) => {
      await house.shift('v9', 50);
      await house.typeRollback();
      await house.clickRollback(changeId(7));
      await house.clickPromote(changeId(7));
    },
    leaves: [
      'U01ALICE refused shift unknown-version',
      'U01ALICE refused rollback nothing-to-roll-back',
      'U01ALICE refused rollback unknown-change',
      'U01ALICE refused promote unknown-change',
    ],
  },
  {
    name: 'what policy denies',
    walk: async (house) => {
      house.policies.take(onlyBob);
      await house.shift('v3', 50);
    },
    leaves: ['U01ALICE denied shift not-allowed rule bobs'],
  },
  {
    name: 'what is only looked at',
    walk: async (house) => {
      await house.shift('v3', 50, { dryRun: true });
      await house.shift('v9', 50, { dryRun: true });
      await house.typeRollback(undefined, house.asker(), { dryRun: true });
      house.mesh.remove(reviewsObject);
      await house.shift('v3', 50, { dryRun: true });
      await house.typeRollback(undefined, house.asker(), { dryRun: true });
    },
    leaves: [],
  },
  {
    name: 'two approvals, and all who may not or are late',
    walk: async (house) => {
      house.policies.take(needsTwo);
      const { id } = acceptedIn(await house.shift('v3', 50));
      await house.approve(id, alice);
      await house.approve(id, dave);
      await house.approve(id, bob);
      await house.approve(id, bob);
      await house.approve(id, carol);
      await house.reject(id, bob);
      await house.work();
    },
    leaves: [
      'U01ALICE awaiting shift 2 rule r',
      'U01ALICE denied approve not-allowed rule r',
      'U04DAVE denied approve not-allowed rule r',
      'U02BOB approved approve 1 rule r',
      'U02BOB refused approve approved-before',
      'U03CAROL approved approve 0 rule r',
      'U02BOB refused reject decided',
      'nobody applied',
    ],
  },
  {
    name: 'a rejection with its reason',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = acceptedIn(await house.shift('v3', 50, { reason: 'red stars' }));
      await house.reject(id, bob, 'not today');
    },
    leaves: ['U01ALICE awaiting shift 1 rule r “red stars”', 'U02BOB rejected reject “not today”'],
  },
  {
    name: 'a withdrawal, which is nobody else’s',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = acceptedIn(await house.shift('v3', 50));
      await house.withdraw(id, bob);
      await house.withdraw(id, alice);
      await house.withdraw(changeId(7), alice);
    },
    leaves: [
      'U01ALICE awaiting shift 1 rule r',
      'U02BOB refused withdraw not-yours',
      'U01ALICE withdrawn withdraw',
      'U01ALICE refused withdraw unknown-change',
    ],
  },
  {
    name: 'one that nobody approves in time',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = acceptedIn(await house.shift('v3', 50));
      house.pass(31 * 60_000);
      await Promise.all([house.reconcile(), house.approve(id, bob)]);
    },
    leaves: ['U01ALICE awaiting shift 1 rule r', 'nobody expired rule r', 'U02BOB refused approve decided'],
  },
  {
    name: 'one that is void since the object moved, and is planned again and approved',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = acceptedIn(await house.shift('v3', 50));
      const { state } = house.stored(id);
      house.mesh.moveByHand(reviewsObject, { v1: 90, v2: 10 });
      await house.approve(id, bob);
      house.pass(1_000);
      await house.clickApplyAnyway(id);
      await house.approve(id, carol, state.kind === 'awaiting' ? planShown(state) : '');
      await house.approve(id, carol);
      await house.work();
    },
    leaves: [
      'U01ALICE awaiting shift 1 rule r',
      'U02BOB voided approve moved',
      'U01ALICE planned-anew plan-anew 1 rule r',
      'U03CAROL refused approve planned-anew',
      'U03CAROL approved approve 0 rule r',
      'nobody applied',
    ],
  },
  {
    name: 'one that policy denies just before the patch',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = acceptedIn(await house.shift('v3', 50));
      await house.approve(id, bob);
      house.policies.take(onlyBob);
      await house.work();
    },
    leaves: ['U01ALICE awaiting shift 1 rule r', 'U02BOB approved approve 0 rule r', 'nobody voided denied rule bobs'],
  },
  {
    name: 'one that is held, moves again under a click, and is discarded',
    walk: async (house) => {
      const { id } = await house.accepted('v3', 50);
      house.mesh.moveByHand(reviewsObject, { v1: 90, v2: 10 });
      await house.work();
      house.mesh.moveByHand(reviewsObject, { v1: 80, v2: 20 });
      await house.clickApplyAnyway(id, house.asker(bob));
      await house.clickDiscard(id, house.asker(bob));
      await house.clickDiscard(id, house.asker(carol));
    },
    leaves: [
      'U01ALICE accepted shift',
      'nobody held moved',
      'U02BOB refused plan-anew moved-again',
      'U02BOB discarded discard',
      'U03CAROL refused discard decided',
    ],
  },
  {
    name: 'one that the API server refuses',
    walk: async (house) => {
      house.mesh.failWrites({ error: new RejectedError('no such subset'), stored: false });
      await house.applied('v3', 50);
    },
    leaves: ['U01ALICE accepted shift', 'nobody failed rejected'],
  },
  {
    name: 'one whose effect is looked up afterwards',
    walk: async (house) => {
      const change = await house.accepted('v3', 50);
      house.queue.lose();
      const away = new MeshUnavailableError('away');
      for (let tries = 1; tries < maxTries; tries += 1) {
        house.mesh.failReads(away);
        await house.attempt(change);
        house.pass(20_000);
      }
      house.mesh.failWrites({ error: away, stored: true });
      house.mesh.afterNextRead(() => house.mesh.failReads(away));
      await house.attempt(change);
      house.pass(90_000);
      await house.reconcile();
    },
    leaves: ['U01ALICE accepted shift', 'nobody failed unreachable', 'nobody settled applied'],
  },
  {
    name: 'one that somebody else moves, and puts back',
    walk: async (house) => {
      await house.applied('v3', 50);
      house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
      await house.look(3);
      house.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });
      await house.look(3);
    },
    leaves: ['U01ALICE accepted shift', 'nobody applied', 'nobody moved-away weights', 'nobody live-again'],
  },
];

describe('the audit', () => {
  it.each(walks)('tells all of $name, in order and once', async ({ walk, leaves }) => {
    const house = new House();

    await walk(house);
    await house.settled();

    expect(trail(house)).toEqual(leaves);
    expect(new Set(house.audit.trail.map(({ id }) => id)).size).toBe(leaves.length);
    expect(house.log.messages('info').filter((message) => message === 'audit')).toHaveLength(leaves.length);
  });

  it('is told once by ten workers and for each gesture, however often it is delivered', async () => {
    const house = new House();
    house.policies.take(needsOne);
    const [asks, mistakes, approves] = [house.asker(), house.asker(), house.asker(bob)];
    const again = <T>(deliver: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, deliver));

    await again(() => house.shift('v9', 50, {}, mistakes));
    const [answer] = await again(() => house.shift('v3', 50, {}, asks));
    const { id } = acceptedIn(answer ?? { kind: 'none' });
    await again(() => house.approveAs(id, approves));
    await again(() => house.approveAs(id, approves));
    for (let jobs = 0; jobs < 20; jobs += 1) await house.queue.addAgain(house.stored(id));
    await house.work(10);

    expect(trail(house)).toEqual([
      'U01ALICE refused shift unknown-version',
      'U01ALICE awaiting shift 1 rule r',
      'U02BOB approved approve 0 rule r',
      'nobody applied',
    ]);
  });

  it('says who, when, where, what and for which plan', async () => {
    const house = new House();
    house.policies.take(needsOne);
    const asker = house.asker(alice, { team: 'T01TEAM' });

    const { id } = await house.accepted('v3', 50, { reason: 'red stars' }, asker);
    house.pass(1_000);
    await house.approve(id, bob);
    await house.work();

    const plan = planHash(house.stored(id));
    const about = {
      changeId: id,
      askedBy: alice,
      service: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
      object: reviewsObject,
      route: 'default',
      from: { v1: 100 },
      to: { v1: 50, v3: 50 },
      plan,
      reason: 'red stars',
    };
    expect(house.audit.trail).toEqual([
      {
        ...about,
        id: `${id}.0`,
        kind: 'awaiting',
        at: '2026-11-22T14:03:11.000Z',
        by: { user: alice, team: 'T01TEAM' },
        channel: 'C01CHANNEL',
        request: id.replace('c-', 'g-'),
        deed: 'shift',
        missing: 1,
        rule: { name: 'r', line: 3 },
      },
      expect.objectContaining({ ...about, id: `${id}.1`, kind: 'approved', at: '2026-11-22T14:03:12.000Z' }),
      { ...about, id: `${id}.3`, kind: 'applied', at: '2026-11-22T14:03:12.000Z', live: { v1: 50, v3: 50 } },
    ]);
    expect(house.log.lines.filter(({ message }) => message === 'audit').map(({ fields }) => fields)).toMatchObject(
      house.audit.trail,
    );
  });

  it('keeps nobody from anything while its store is away, and is in the log all the same', async () => {
    const house = new House();
    house.audit.goAway();

    expect(await house.shift('v9', 50)).toMatchObject({ kind: 'refused' });

    expect(house.audit.trail).toEqual([]);
    expect(house.log.lines.find(({ message }) => message === 'audit')?.fields).toMatchObject({ kind: 'refused' });
    expect(house.log.messages('warn')).toContain('an event could not be kept for the audit');
  });

  it('tells nothing of what the store did not take', async () => {
    const house = new House();
    house.changes.goAway();

    await expect(house.shift('v3', 50)).rejects.toThrow(StoreUnavailableError);

    expect(house.audit.trail).toEqual([]);
    expect(house.log.messages('info')).not.toContain('audit');
  });

  it('leaves an Event on an object that turns out to have been touched', async () => {
    const house = new House();
    const settled = walks.find(({ name }) => name.includes('looked up'));

    await settled?.walk(house);

    expect(house.mesh.announced).toHaveLength(1);
  });
});

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

describe('the hash of a plan', () => {
  const plan = weightsEdit({ seq: 3 });
  const [move] = plan.moves;
  const hashOf = (edit: ObjectEdit) => planHash({ edits: [edit] });

  it('is the same in whatever order the versions stand', () => {
    expect(hashOf({ ...plan, moves: [{ ...move, to: { v3: 50, v1: 50 } }] })).toBe(hashOf(plan));
  });

  it('is the same of a record that was stored and read', () => {
    const stored = change({ edits: [plan] });

    expect(planHash(readStoredChange(storeChange(stored, undefined), undefined))).toBe(planHash(stored));
  });

  it.each<ObjectEdit>([
    { ...plan, moves: [{ ...move, rule: 'other' }] },
    { ...plan, moves: [{ ...move, from: { v1: 99, v2: 1 } }] },
    { ...plan, moves: [{ ...move, to: { v1: 49, v3: 51 } }] },
    { ...plan, moves: [move, { ...move, rule: 'other' }] },
    { ...plan, object: { ...plan.object, name: 'other' } },
    { ...plan, uid: 'another' },
    { ...plan, seq: 4 },
    { ...plan, behind: changeId(1) },
    contentEdit({ object: plan.object, seq: 3, after: { spec: { hosts: ['reviews'] } } }),
  ])('is another for another plan: %o', (other) => {
    expect(hashOf(other)).not.toBe(hashOf(plan));
    expect(hashOf(other)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('reading the audit', () => {
  async function busy(): Promise<House> {
    const house = new House(reviews({ v1: 100 }));
    await house.applied('v3', 50);
    await house.shift('v9', 50, {}, house.asker(bob));
    return house;
  }

  it.each`
    about                                                                   | kinds
    ${{ kind: 'everything' }}                                               | ${['refused', 'applied', 'accepted']}
    ${{ kind: 'service', service: { service: 'reviews' } }}                 | ${['refused', 'applied', 'accepted']}
    ${{ kind: 'service', service: { service: 'ratings' } }}                 | ${[]}
    ${{ kind: 'service', service: { service: 'reviews', namespace: 'x' } }} | ${[]}
    ${{ kind: 'person', user: alice }}                                      | ${['applied', 'accepted']}
    ${{ kind: 'person', user: bob }}                                        | ${['refused']}
    ${{ kind: 'change', id: changeId(7) }}                                  | ${[]}
  `('shows $kinds of $about', async ({ about, kinds }) => {
    const house = await busy();

    const answer = await readAudit(house.desk, about, house.asker(carol));

    expect(answer).toMatchObject({ kind: 'audit', reading: { hasMore: false } });
    expect(
      answer.kind === 'audit' && answer.reading.entries.map((entry) => 'event' in entry && entry.event.kind),
    ).toEqual(kinds);
  });

  it.each(['guest', 'outsider', 'bot', 'deactivated'] as const)('shows nothing to a person who is %s', async (kind) => {
    const house = await busy();
    house.people.is(dave, { kind });

    expect(await readAudit(house.desk, { kind: 'everything' }, house.asker(dave))).toEqual({
      kind: 'not-for-you',
      standing: { kind },
    });
  });
});
