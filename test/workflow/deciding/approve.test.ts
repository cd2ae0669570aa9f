import { beforeEach, describe, expect, it } from 'vitest';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviewsObject } from '../../support/builders.ts';
import { approvedBy, policyOf } from '../../support/policies.ts';
import { acceptedIn, type House } from '../house.ts';
import { kinds, kindsOfFiles } from '../kinds.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;
const half = { v1: 50, v3: 50 };
const usergroup = policyOf(`groups: { sre: { usergroup: S01SRE } }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre] } }]`);
const everyone = policyOf('rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [everyone] } }]');
const onlyDave = policyOf(`rules: [{ name: r, target: "**", shift: [${dave}] }]`);
const elsewhere = policyOf('rules: [{ name: r, target: "other/**", shift: [everyone] }]');
const frozen = policyOf(`groups: { sre: [${bob}, ${carol}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 2 } }]
freezes: [{ name: now, target: "**", cron: "0 0 * * SUN", for: 24h }]`);
const weekdays = policyOf(`groups: { sre: [${bob}, ${carol}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 2 }, hours: Mon-Fri 9-17 UTC }]`);

describe.each(kinds)('a change that needs approval, asked for as $kind,', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  /** A change of alice's that waits for approval. */
  async function awaiting(policy = approvedBy([bob, carol])) {
    house.policies.take(policy);
    const { id } = await house.accepted('v3', 50);
    await house.settled();
    return id;
  }

  it('waits with its plan on the card, in nobody’s way and without a job', async () => {
    const id = await awaiting();

    house.cards.showSoon(id);
    await house.work();

    const needs = { count: 1, rule: { name: 'r' } };
    expect(house.stored(id)).toMatchObject({
      ...house.moving({ v1: 100 }, half),
      state: { kind: 'awaiting', expiresAt: '2026-11-22T14:33:11.000Z', needs },
    });
    expect(house.chat.shows(id)?.state.kind).toBe('awaiting');
    expect(house.split).toEqual({ v1: 100 });
    expect(await house.changes.lines([reviewsObject])).toMatchObject({ waiting: [] });
    expect(await house.reconcile()).toBe(0);
  });

  it('is applied when one who may has approved it, and is taken back without approval', async () => {
    const id = await awaiting();

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual(half);
    expect(house.stored(id)).toMatchObject({ state: { kind: 'applied' }, approvals: [{ by: bob }] });
    expect(house.ledger.revisions).toMatchObject([{ id, by: alice }]);

    const back = acceptedIn(await house.clickRollback(id));
    await house.work();
    expect(back.state.kind).toBe('queued');
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });

  it('takes as many as the policy asks for, each person once', async () => {
    const id = await awaiting(approvedBy([bob, carol], 2));

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 1 });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved-before' });
    await house.work();
    expect(house.split).toEqual({ v1: 100 });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();
    expect(house.split).toEqual(half);
  });

  it('counts two approvals of the same moment, and is queued once', async () => {
    const id = await awaiting(approvedBy([bob, carol], 2));

    const answers = await Promise.all([house.approve(id, bob), house.approve(id, carol)]);
    await house.work(3);

    expect(answers.map((answer) => answer.kind === 'approved' && answer.missing).toSorted()).toEqual([0, 1]);
    expect(house.ledger.seq).toBe(1);
  });

  it.each`
    who                               | user     | reason
    ${'the person who asked for it'}  | ${alice} | ${'own-request'}
    ${'somebody whom no group names'} | ${dave}  | ${'not-allowed'}
  `('is not approved by $who: they are told why', async ({ user, reason }) => {
    const id = await awaiting(approvedBy([alice, bob]));

    expect(await house.approve(id, user)).toMatchObject({ kind: 'denied', denial: { reason } });
    await house.work();

    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(house.split).toEqual({ v1: 100 });
  });

  it.each`
    who                        | standing
    ${'a guest'}               | ${{ kind: 'guest' }}
    ${'a bot'}                 | ${{ kind: 'bot' }}
    ${'an outsider'}           | ${{ kind: 'outsider' }}
    ${'somebody who has left'} | ${{ kind: 'deactivated' }}
  `('is not approved by $who through a group of everyone', async ({ standing }) => {
    const id = await awaiting(everyone);
    house.people.is(dave, standing);

    expect(await house.approve(id, dave)).toMatchObject({ kind: 'denied', denial: { reason: standing.kind } });
    expect(house.stored(id).approvals).toBeUndefined();
  });

  it('is ended by a rejection, with its reason, and by nothing after that', async () => {
    const id = await awaiting();

    expect(await house.reject(id, bob, 'not today')).toMatchObject({ kind: 'rejected' });
    expect(await house.approve(id, carol)).toMatchObject({ kind: 'decided' });
    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'rejected', by: bob, reason: 'not today' });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('is rejected only by those who may approve, and withdrawn only by the person who asked', async () => {
    const id = await awaiting();

    expect(await house.reject(id, dave)).toMatchObject({ kind: 'denied' });
    expect(await house.withdraw(id, bob)).toMatchObject({ kind: 'not-yours' });
    expect(await house.withdraw(id, alice)).toMatchObject({ kind: 'withdrawn' });

    expect(house.stored(id).state).toMatchObject({ kind: 'withdrawn', by: alice });
  });

  it.each(['round', 'click'])('expires to the second, on the next %s', async (next) => {
    const id = await awaiting();
    house.pass(30 * 60_000 - 1);
    await house.reconcile();
    expect(house.stored(id).state.kind).toBe('awaiting');
    house.pass(1);

    if (next === 'round') await house.reconcile();
    else expect(await house.approve(id, bob)).toMatchObject({ kind: 'decided' });

    expect(house.stored(id).state.kind).toBe('expired');
    await house.settled();
    await house.reconcile();
    expect(house.chat.shows(id)?.state.kind).toBe('expired');
  });

  it('is found after everything was lost but the object: nothing was applied, and a click says so', async () => {
    const id = await awaiting();
    house.changes.lose();

    expect(await house.approve(id, bob)).toEqual({ kind: 'unknown-change', id });
  });

  describe('and is approved, just before the write', () => {
    async function approved() {
      const id = await awaiting(approvedBy([bob, carol], 2));
      await house.approve(id, bob);
      await house.approve(id, carol);
      await house.settled();
      return id;
    }

    it.each`
      what                            | happens
      ${'an approver left the group'} | ${() => house.policies.take(approvedBy([bob, dave], 2))}
      ${'the policy asks for more'}   | ${() => house.policies.take(approvedBy([bob, carol, dave], 3))}
      ${'an approver left the team'}  | ${() => house.people.is(carol, { kind: 'deactivated' })}
    `('is void when $what', async ({ happens }) => {
      const id = await approved();
      happens();

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'approvals' });
      expect(house.split).toEqual({ v1: 100 });
      expect(house.chat.shows(id)?.state.kind).toBe('void');
    });

    it.each`
      what                                       | denied             | policy       | held
      ${'a freeze has begun'}                    | ${'frozen'}        | ${frozen}    | ${{ hold: { name: 'now' }, heldUntil: '2026-11-23T00:00:00.000Z' }}
      ${'the hours of its rule are over'}        | ${'outside-hours'} | ${weekdays}  | ${{ heldUntil: '2026-11-23T09:00:00.000Z' }}
      ${'the person who asked may not any more'} | ${'not-allowed'}   | ${onlyDave}  | ${{}}
      ${'no rule matches any more'}              | ${'no-rule'}       | ${elsewhere} | ${{}}
    `('is void when $what', async ({ denied, policy, held }) => {
      const id = await approved();
      house.policies.take(policy);

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'denied', denied, ...held });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('waits while Slack does not tell who is in a group', async () => {
      house.people.group('S01SRE', [bob]);
      const id = await awaiting(usergroup);
      await house.approve(id, bob);
      house.people.group('S01SRE', { why: 'Slack did not answer' });

      expect(await house.work()).toMatchObject([{ kind: 'not-yet' }]);
      expect(house.split).toEqual({ v1: 100 });
      house.people.group('S01SRE', [bob]);
      house.pass(20_000);
      await house.attempt({ id });

      expect(house.split).toEqual(half);
    });
  });

  it('is void just before the write where it needed none when it was accepted', async () => {
    const { id } = await house.accepted('v3', 50);
    house.policies.take(approvedBy([bob]));

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'approvals' });
    expect(house.split).toEqual({ v1: 100 });
  });
});

describe.each(kindsOfFiles)('a change that needs approval, asked for as $kind,', ({ houseOf }) => {
  it('can be rejected while the cluster is away', async () => {
    const house = houseOf();
    house.policies.take(approvedBy([bob]));
    const { id } = await house.accepted('v3', 50);
    house.failReading(new MeshUnavailableError('away'));

    expect(await house.reject(id, bob)).toMatchObject({ kind: 'rejected' });
  });
});
