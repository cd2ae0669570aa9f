import { expect } from 'vitest';
import { planShown } from '../../src/domain/change/change.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import { changeId, reviewsObject } from '../support/builders.ts';
import { approvedBy, policyOf } from '../support/policies.ts';
import { type House, stampIn } from './house.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;
const needsOne = approvedBy([bob, carol], 1);
const needsTwo = approvedBy([bob, carol], 2);
const onlyBob = policyOf(`rules: [{ name: bobs, target: "**", shift: [${bob}] }]`);

/** What people do, and the trail that it leaves in the audit. */
export interface Walk {
  readonly name: string;
  readonly walk: (house: House) => Promise<unknown>;
  readonly leaves: readonly string[];
}

/** The life of a change, whatever its kind. */
export const lives: readonly Walk[] = [
  {
    name: 'one that is applied',
    walk: (house) => house.applied('v3', 50, { reason: 'red stars' }),
    leaves: ['U01ALICE accepted shift “red stars”', 'nobody applied “red stars”'],
  },
  {
    name: 'one that somebody takes back, by a double click',
    walk: async (house) => {
      const { id } = await house.applied('v3', 50);
      const click = () => house.clickRollback(id, undefined, house.asker(bob));
      await Promise.all([click(), click()]);
      await house.work();
    },
    leaves: [
      ...['U01ALICE accepted shift', 'nobody applied'],
      ...['U02BOB accepted rollback other', 'U02BOB rolled-back other', 'nobody applied other'],
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
    name: 'two approvals, and all who may not or are late',
    walk: async (house) => {
      house.policies.take(needsTwo);
      const { id } = await house.accepted('v3', 50);
      for (const user of [alice, dave, bob, bob, carol]) await house.approve(id, user);
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
      const { id } = await house.accepted('v3', 50, { reason: 'red stars' });
      await house.reject(id, bob, 'not today');
    },
    leaves: ['U01ALICE awaiting shift 1 rule r “red stars”', 'U02BOB rejected reject “not today”'],
  },
  {
    name: 'a withdrawal, which is nobody else’s',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = await house.accepted('v3', 50);
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
      const { id } = await house.accepted('v3', 50);
      house.pass(31 * 60_000);
      await Promise.all([house.reconcile(), house.approve(id, bob)]);
    },
    leaves: ['U01ALICE awaiting shift 1 rule r', 'nobody expired rule r', 'U02BOB refused approve decided'],
  },
  {
    name: 'one that is void since the object moved, and is planned again and approved',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id, state } = await house.accepted('v3', 50);
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
    name: 'one that policy denies just before the write',
    walk: async (house) => {
      house.policies.take(needsOne);
      const { id } = await house.accepted('v3', 50);
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
    name: 'one whose effect is looked up afterwards, and which turns out to have touched its object',
    walk: async (house) => {
      await house.unsettled({ stored: true });
      house.pass(90_000);
      await house.reconcile();
      expect(house.mesh.announced).toHaveLength(1);
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

const dryRun = { dryRun: true };

/** What never becomes a change. */
export const noes: readonly Walk[] = [
  {
    name: 'what its plan refuses',
    walk: async (house) => {
      await house.shift('v9', 50);
      await house.typeRollback();
      await house.clickRollback(changeId(7));
      await house.clickPromote(changeId(7));
      await house.shiftOf('ratings', 'v3', 50);
      house.mesh.remove(reviewsObject);
      await house.typeRollback();
    },
    leaves: [
      'U01ALICE refused shift unknown-version',
      'U01ALICE refused rollback nothing-to-roll-back',
      'U01ALICE refused rollback unknown-change',
      'U01ALICE refused promote unknown-change',
      'U01ALICE refused shift unknown-service',
      'U01ALICE refused rollback unknown-service',
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
      await house.shift('v3', 50, dryRun);
      await house.shift('v9', 50, dryRun);
      await house.typeRollback(undefined, house.asker(), dryRun);
      house.mesh.remove(reviewsObject);
      await house.shift('v3', 50, dryRun);
      await house.typeRollback(undefined, house.asker(), dryRun);
    },
    leaves: [],
  },
];
