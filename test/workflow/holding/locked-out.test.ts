import { beforeEach, describe, expect, it } from 'vitest';
import { answerReply } from '../../../src/slack/replies/change.ts';
import { denialText } from '../../../src/slack/words/policy-words.ts';
import { StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { policyOf } from '../../support/policies.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const hour = 3_600_000;
const twoHours = { kind: 'for', ms: 2 * hour } as const;

describe.each(kinds)('for a change that is asked for as $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  describe('a lock', () => {
    it('keeps others from moving the traffic, and tells them who locked it, why and until when', async () => {
      await house.lock('U01ALICE', { end: twoHours, reason: 'migrating ratings' });

      const answer = await house.ask('v3', 50, {}, house.asker('U02BOB'));

      const until = new Date(house.now().getTime() + 2 * hour);
      const hold = { kind: 'lock', by: 'U01ALICE', reason: 'migrating ratings', until };
      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'locked', hold } });
      expect([house.split, house.changes.all]).toEqual([{ v1: 100 }, []]);
    });

    it('does not stop its owner', async () => {
      await house.lock('U01ALICE');

      await house.applied('v3', 50);

      expect(house.split).toEqual({ v1: 50, v3: 50 });
    });

    it('lets everybody roll back', async () => {
      const change = await house.applied('v3', 50);
      await house.lock('U01ALICE');

      await house.clickRollback(change.id, undefined, house.asker('U02BOB'));
      await house.work();

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
    });

    it('stops rollbacks, too, if policy says so', async () => {
      const change = await house.applied('v3', 50);
      await house.lock('U01ALICE');
      house.policies.take(
        policyOf('rules:\n  - { target: "**", shift: [everyone], rollback: { duringFreeze: false } }\n'),
      );

      const answer = await house.clickRollback(change.id, undefined, house.asker('U02BOB'));

      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'locked' } });
    });

    it('ends by itself', async () => {
      await house.lock('U01ALICE', { end: twoHours });
      house.pass(2 * hour);

      const answer = await house.ask('v3', 50, {}, house.asker('U02BOB'));

      expect(answer.kind).toBe('accepted');
    });

    it('set while a change waits keeps that change from being applied, until it is planned again', async () => {
      const change = await house.accepted('v3', 50);
      await house.lock('U02BOB');

      await house.work();

      expect(house.split).toEqual({ v1: 100 });
      expect(house.stored(change.id).state).toMatchObject({
        ...{ kind: 'void', because: 'denied', denied: 'locked' },
        hold: { by: 'U02BOB' },
      });
      await house.unlock('U02BOB');
      expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'planned-anew' });
      await house.work();
      expect(house.split).toEqual({ v1: 50, v3: 50 });
    });

    it('voids a change that waits for approval, once it is approved', async () => {
      house.policies.take(
        policyOf('rules:\n  - { target: "**", shift: [everyone], approve: { by: [U02BOB, U03CAROL] } }\n'),
      );
      const change = await house.accepted('v3', 50);
      await house.lock('U03CAROL');

      const answer = await house.approve(change.id, 'U02BOB');
      await house.work();

      expect(answer).toMatchObject({ kind: 'voided', change: { state: { denied: 'locked' } } });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('does not stop an accepted rollback while Slack is away', async () => {
      const change = await house.applied('v3', 50);
      await house.lock('U02BOB');
      await house.clickRollback(change.id, undefined, house.asker('U03CAROL'));
      house.people.is('U03CAROL', { kind: 'unknown', why: 'Slack did not answer' });

      await house.work();

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
    });
  });

  describe('a freeze', () => {
    it('stops everybody, also the person who set it', async () => {
      const answer = await house.freeze('U01ALICE', 'sandbox/default', { reason: 'incident 42' });

      const answers = [await house.ask('v3', 50), await house.ask('v3', 50, {}, house.asker('U02BOB'))];

      expect(answer).toMatchObject({
        kind: 'frozen',
        hold: { target: 'sandbox/default/*' },
        scope: { clusters: ['sandbox'] },
      });
      const denial = { reason: 'frozen', hold: { by: 'U01ALICE', reason: 'incident 42' } };
      expect(answers).toMatchObject([{ denial }, { denial }]);
    });

    it('stops nothing that it does not cover', async () => {
      await house.freeze('U01ALICE', 'sandbox/payments');

      expect((await house.ask('v3', 50)).kind).toBe('accepted');
    });

    it('lets rollbacks through', async () => {
      const change = await house.applied('v3', 50);
      await house.freeze('U01ALICE', '**');

      await house.clickRollback(change.id);
      await house.work();

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
    });
  });

  describe('locks and freezes', () => {
    it('are unknown, not absent, while the store is away', async () => {
      const change = await house.accepted('v3', 50);
      house.holds.goAway();

      await expect(house.ask('v3', 60)).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(house.attempt(change)).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(await serviceStatus(house.desk, { service: 'reviews' })).toMatchObject({
        kind: 'status',
        holds: undefined,
      });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('that cannot be read refuse a shift, with what to do', async () => {
      house.holds.spoil();

      const answer = await house.ask('v3', 60);

      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'frozen', hold: { unreadable: {} } } });
      const denial = answer.kind === 'denied' ? answer.denial : undefined;
      expect(denial && denialText(denial)).toContain('take it out: `HDEL {shiftbot}:freezes "inc-42"`');
      expect(house.changes.all).toEqual([]);
    });

    it('that cannot be read put off what was accepted before', async () => {
      const change = await house.accepted('v3', 50);
      house.holds.spoil();

      const answer = await house.attempt(change);

      expect(answer.kind).toBe('not-yet');
      expect(house.split).toEqual({ v1: 100 });
      house.holds.mend();
      house.pass(hour / 60);
      await house.work();
      expect(house.split).toEqual({ v1: 50, v3: 50 });
    });

    it('that cannot be read let a rollback through, which is told and audited', async () => {
      const change = await house.applied('v3', 50);
      house.holds.spoil();

      const answer = await house.clickRollback(change.id, undefined, house.asker('U02BOB'));
      await house.work();

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
      if (answer.kind !== 'accepted') throw new Error(`the rollback is ${answer.kind}`);
      expect(answerReply(answer, house.now()).text).toContain(
        'A freeze in Redis cannot be read, and going back goes through it. The people who run shiftbot take it out: `HDEL {shiftbot}:freezes "inc-42"`.',
      );
      const { entries } = await house.audit.read({ subject: { kind: 'change', id: answer.change.id }, limit: 9 });
      const detail = 'went through a lock or freeze that cannot be read (HDEL {shiftbot}:freezes "inc-42")';
      expect(entries).toContainEqual({ kind: 'event', event: expect.objectContaining({ kind: 'accepted', detail }) });
    });

    it('that cannot be read stop a rollback where policy makes it wait for freezes', async () => {
      const change = await house.applied('v3', 50);
      house.holds.spoil();
      house.policies.take(
        policyOf('rules:\n  - { target: "**", shift: [everyone], rollback: { duringFreeze: false } }\n'),
      );

      const answer = await house.clickRollback(change.id, undefined, house.asker('U02BOB'));

      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'frozen', hold: { unreadable: {} } } });
      expect(house.split).toEqual({ v1: 50, v3: 50 });
    });

    it('that cannot be read stop those, too, whose changes a freeze does not', async () => {
      house.holds.spoil();
      house.policies.take(policyOf('rules:\n  - { target: "**", shift: [everyone], duringFreeze: [everyone] }\n'));

      expect(await house.ask('v3', 50)).toMatchObject({ kind: 'denied', denial: { reason: 'frozen' } });
    });

    it('that cannot be read are in the status', async () => {
      house.holds.spoil();

      expect(await serviceStatus(house.desk, { service: 'reviews' })).toMatchObject({
        holds: [{ kind: 'freeze', unreadable: { removeWith: 'HDEL {shiftbot}:freezes "inc-42"' } }],
      });
    });
  });
});
