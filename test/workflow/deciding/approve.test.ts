import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, isWaiting, planShown, shownAs } from '../../../src/domain/change/change.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { LedgerUnreadableError } from '../../../src/workflow/errors.ts';
import { jason, moving, reviews, reviewsObject, rule, splits } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House } from '../house.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

const policy = (approve: string, more = '') =>
  policyOf(`
groups: { sre: [${bob}, ${carol}] }
rules:
  - name: reviews
    target: "*/default/reviews"
    shift: [everyone]
    approve: ${approve}
${more}`);
const approvers = (ids: readonly string[], count: number) =>
  policyOf(`
groups: { sre: [${ids.join(', ')}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: ${count} } }]`);
const one = policy('{ by: [sre], count: 1, from: 25, expires: 30m }');
const two = policy('{ by: [sre], count: 2, from: 25, expires: 30m }');

/** A house whose policy asks for approval, and a change of alice's that waits for it. */
async function awaiting(
  rules = one,
  ...routes: Parameters<typeof reviews>[0][]
): Promise<{ house: House; id: Change['id'] }> {
  const house = new House(...(routes.length > 0 ? routes.map((split) => reviews(split)) : [reviews({ v1: 100 })]));
  house.policies.take(rules);
  const { id } = acceptedIn(await house.shift('v3', 50));
  await house.settled();
  return { house, id };
}

describe('a change that needs approval', () => {
  it('waits with its plan on the card, in nobody’s way and without a job', async () => {
    const { house, id } = await awaiting();

    house.cards.showSoon(id);
    await house.work();

    expect(house.stored(id)).toMatchObject({
      ...moving({ v1: 100 }, { v1: 50, v3: 50 }),
      state: {
        kind: 'awaiting',
        expiresAt: '2026-11-22T14:33:11.000Z',
        needs: { count: 1, rule: { name: 'reviews' } },
      },
    });
    expect(house.chat.shows(id)?.state.kind).toBe('awaiting');
    expect(house.split).toEqual({ v1: 100 });
    expect(await house.changes.lines([reviewsObject])).toMatchObject({ waiting: [] });
    expect(await house.reconcile()).toBe(0);
  });

  it('is applied when one who may has approved it', async () => {
    const { house, id } = await awaiting();

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.stored(id)).toMatchObject({ state: { kind: 'applied' }, approvals: [{ by: bob }] });
    expect(house.ledger.revisions).toMatchObject([{ id, by: alice }]);
  });

  it('takes as many as the policy asks for, each person once', async () => {
    const { house, id } = await awaiting(two);

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 1 });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved-before' });
    await house.work();
    expect(house.split).toEqual({ v1: 100 });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();
    expect(house.split).toEqual({ v1: 50, v3: 50 });
  });

  it('counts two approvals of the same moment, and is queued once', async () => {
    const { house, id } = await awaiting(two);

    const answers = await Promise.all([house.approve(id, bob), house.approve(id, carol)]);
    await house.work(3);

    expect(answers.map((answer) => answer.kind === 'approved' && answer.missing).toSorted()).toEqual([0, 1]);
    expect(house.ledger.seq).toBe(1);
  });

  it.each`
    who                               | user     | reason
    ${'whoever asked for it'}         | ${alice} | ${'own-request'}
    ${'somebody whom no group names'} | ${dave}  | ${'not-allowed'}
  `('is not approved by $who, who is told why', async ({ user, reason }) => {
    const { house, id } = await awaiting(
      policyOf(`
groups: { sre: [${alice}, ${bob}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre] } }]`),
    );

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
    const { house, id } = await awaiting(
      policyOf(`
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [everyone] } }]`),
    );
    house.people.is(dave, standing);

    expect(await house.approve(id, dave)).toMatchObject({ kind: 'denied', denial: { reason: standing.kind } });
    expect(house.stored(id).approvals).toBeUndefined();
  });

  it('is ended by a rejection, with its reason, and by nothing after that', async () => {
    const { house, id } = await awaiting();

    expect(await house.reject(id, bob, 'not today')).toMatchObject({ kind: 'rejected' });
    expect(await house.approve(id, carol)).toMatchObject({ kind: 'decided' });
    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'rejected', by: bob, reason: 'not today' });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('is rejected only by those who may approve, and withdrawn only by whoever asked', async () => {
    const { house, id } = await awaiting();

    expect(await house.reject(id, dave)).toMatchObject({ kind: 'denied' });
    expect(await house.withdraw(id, bob)).toMatchObject({ kind: 'not-yours' });
    expect(await house.withdraw(id, alice)).toMatchObject({ kind: 'withdrawn' });

    expect(house.stored(id).state).toMatchObject({ kind: 'withdrawn', by: alice });
  });

  it('expires to the second, on the next round or at the next click', async () => {
    const { house, id } = await awaiting();
    const clicked = await awaiting();
    for (const each of [house, clicked.house]) each.pass(30 * 60_000 - 1);
    await house.reconcile();
    expect(house.stored(id).state.kind).toBe('awaiting');
    for (const each of [house, clicked.house]) each.pass(1);

    await house.reconcile();
    expect(await clicked.house.approve(clicked.id, bob)).toMatchObject({ kind: 'decided' });

    expect(house.stored(id).state.kind).toBe('expired');
    expect(clicked.house.stored(clicked.id).state.kind).toBe('expired');
    expect(house.chat.shows(id)?.state.kind).toBe('expired');
  });

  it('is void when somebody moved the weights meanwhile, and planned again by one click', async () => {
    const { house, id } = await awaiting();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved', moved: splits({ v1: 70, v2: 30 }) });
    const anew = await house.clickApplyAnyway(id, house.asker(dave), shownAs(house.stored(id)));

    expect(anew).toMatchObject({ kind: 'planned-anew', change: { ...moving({ v1: 70, v2: 30 }), insistedBy: dave } });
    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(house.stored(id).approvals).toBeUndefined();
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
  });

  it.each`
    what                             | happens
    ${'somebody moved the weights'}  | ${(house: House) => house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 })}
    ${'another change of ours came'} | ${(house: House) => house.applied('v2', 10)}
    ${'the object is gone'}          | ${(house: House) => house.mesh.remove(reviewsObject)}
  `('is void soon after $what, whether anybody decides or not', async ({ happens }) => {
    const { house, id } = await awaiting();
    await house.reconcile();
    expect(house.stored(id).state.kind).toBe('awaiting');
    await happens(house);

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved' });
    expect(house.chat.shows(id)?.state.kind).toBe('void');
    expect(house.audit.trail.at(-1)).toMatchObject({ kind: 'voided', changeId: id });
  });

  it('stays while a change that it was planned behind is applied', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(one);
    await house.accepted('v2', 10);
    const { id } = acceptedIn(await house.shift('v3', 50));

    await house.reconcile();
    await house.work();
    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('is void when another change of ours came first', async () => {
    const { house, id } = await awaiting();
    await house.applied('v2', 10); // below what needs approval

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.split).toEqual({ v1: 90, v2: 10 });
  });

  it('is void, and says so, where somebody has moved the weights by hand to where they were to go', async () => {
    const { house, id } = await awaiting();
    house.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({
      kind: 'void',
      because: 'moved',
      moved: [{ how: 'written', live: [{ split: { v1: 50, v3: 50 } }], lastWriter: 'kubectl-edit' }],
    });
  });

  it.each(['approve', 'reject'] as const)(
    'is not decided while the history of its object cannot be read, nor by %s',
    async (deed) => {
      const { house, id } = await awaiting();
      house.mesh.spoilLedger(reviewsObject);

      await house.reconcile();
      await expect(house[deed](id, bob)).rejects.toThrow(LedgerUnreadableError);

      expect(house.stored(id).state.kind).toBe('awaiting');
    },
  );

  it('is not what a late click on its earlier plan approves', async () => {
    const { house, id } = await awaiting();
    const { state } = house.stored(id);
    if (state.kind !== 'awaiting') throw new Error(state.kind);
    const before = planShown(state);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.approve(id, bob);
    house.pass(1_000);
    await house.clickApplyAnyway(id);

    expect(await house.approve(id, bob, before)).toMatchObject({ kind: 'planned-anew' });
    expect(house.stored(id).approvals).toBeUndefined();
  });

  it('needs none when it gives less than the policy minds', async () => {
    const { house } = await awaiting();

    const change = await house.applied('v2', 20);

    expect(change.state.kind).toBe('applied');
  });

  it('is a rollback one click away, without approval', async () => {
    const { house, id } = await awaiting();
    await house.approve(id, bob);
    await house.work();

    const answer = await house.clickRollback(id);
    await house.work();

    expect(acceptedIn(answer).state.kind).toBe('queued');
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('is void after a rollback: what was approved before holds for nothing after it', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(one);
    const small = await house.applied('v2', 10);
    const { id } = acceptedIn(await house.shift('v3', 50));
    await house.clickRollback(small.id);
    await house.work();

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.split).toEqual({ v1: 100, v2: 0 });
  });

  it('is found after everything was lost but the object: nothing was applied, and a click says so', async () => {
    const { house, id } = await awaiting();
    house.changes.lose();

    expect(await house.approve(id, bob)).toEqual({ kind: 'unknown-change', id });
  });
});

describe('an approved change, just before the patch', () => {
  async function approved(rules = two): Promise<{ house: House; id: Change['id'] }> {
    const { house, id } = await awaiting(rules);
    await house.approve(id, bob);
    await house.approve(id, carol);
    await house.settled();
    return { house, id };
  }

  it.each`
    what                            | happens
    ${'an approver left the group'} | ${(house: House) => house.policies.take(approvers([bob, dave], 2))}
    ${'the policy asks for more'}   | ${(house: House) => house.policies.take(approvers([bob, carol, dave], 3))}
    ${'an approver left the team'}  | ${(house: House) => house.people.is(carol, { kind: 'deactivated' })}
  `('is void when $what', async ({ happens }) => {
    const { house, id } = await approved();
    happens(house);

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'approvals' });
    expect(house.split).toEqual({ v1: 100 });
    expect(house.chat.shows(id)?.state.kind).toBe('void');
  });

  it.each`
    what                                      | denied           | policy
    ${'a freeze has begun'}                   | ${'frozen'}      | ${policy('{ by: [sre], count: 2 }', 'freezes: [{ name: now, target: "**", cron: "0 0 * * SUN", for: 24h }]')}
    ${'whoever asked may not shift any more'} | ${'not-allowed'} | ${policyOf(`rules: [{ name: r, target: "**", shift: [${dave}] }]`)}
    ${'no rule matches any more'}             | ${'no-rule'}     | ${policyOf(`rules: [{ name: r, target: "other/**", shift: [everyone] }]`)}
  `('is void when $what', async ({ denied, policy: changed }) => {
    const { house, id } = await approved();
    house.policies.take(changed);

    await house.work();

    const held = denied === 'frozen' ? { hold: { name: 'now' }, heldUntil: '2026-11-23T00:00:00.000Z' } : {};
    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'denied', denied, ...held });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('waits while Slack does not tell who is in a group, and fails in words when it never does', async () => {
    const usergroup = policyOf(`
groups: { sre: { usergroup: S01SRE } }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre] } }]`);
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(usergroup);
    house.people.group('S01SRE', [bob]);
    const { id } = acceptedIn(await house.shift('v3', 50));
    await house.approve(id, bob);
    house.people.group('S01SRE', { why: 'Slack did not answer' });

    expect(await house.work()).toMatchObject([{ kind: 'not-yet' }]);
    expect(house.split).toEqual({ v1: 100 });
    house.people.group('S01SRE', [bob]);
    house.pass(20_000);
    await house.attempt(house.stored(id));

    expect(house.split).toEqual({ v1: 50, v3: 50 });
  });

  it('is void for one that needed no approval too', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(one);
    const { id } = acceptedIn(await house.shift('v3', 10));
    house.policies.take(policy('{ by: [sre] }'));

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'approvals' });
    expect(house.split).toEqual({ v1: 100 });
  });
});

describe('policy', () => {
  it('keeps what it refuses from the queue, and from the object', async () => {
    const house = new House(reviews({}, { rules: [jason, rule({ v1: 100 })] }));
    house.policies.take(policyOf(`rules: [{ name: r, target: "**", shift: [${bob}], maxStep: 20 }]`));

    const answers = [await house.shift('v3', 50), await house.shift('v3', 50, {}, house.asker(bob))];
    await house.work();

    expect(answers).toMatchObject([
      { kind: 'denied', denial: { reason: 'not-allowed', rule: { name: 'r' } } },
      { kind: 'denied', denial: { reason: 'step-too-large', step: 50, maxStep: 20 } },
    ]);
    expect([house.changes.all, house.queue.jobs, house.split]).toEqual([[], [], { v1: 100 }]);
  });

  it('judges what is applied anyway for whoever insists', async () => {
    const house = new House(reviews({ v1: 100 }));
    const { id } = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    house.policies.take(policyOf(`rules: [{ name: r, target: "**", shift: [${bob}] }]`));

    expect(await house.clickApplyAnyway(id, house.asker(dave))).toMatchObject({ kind: 'denied' });
    expect(await house.clickDiscard(id, house.asker(dave))).toMatchObject({ kind: 'denied' });
    expect(await house.clickApplyAnyway(id, house.asker(bob))).toMatchObject({ kind: 'planned-anew' });
  });
});

describe('whatever people decide at the same time', () => {
  /** Who is told that it was too late has done nothing. */
  const inTime = async (deed: Promise<unknown>) => {
    await deed.catch((error: unknown) => {
      if (!(error instanceof TooLateError)) throw error;
    });
  };
  const deeds = fc.constantFrom(
    'approve bob',
    'approve carol',
    'reject',
    'withdraw',
    'expire',
    'drift',
    'work',
    'leave',
  );

  it('has one outcome, and nothing is patched without approval', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(deeds, { minLength: 2, maxLength: 8 }), async (scheduler, wanted) => {
        const { house, id } = await awaiting(two);
        let drifted = false;
        const all = scheduler.scheduleSequence(
          wanted.map((deed) => ({
            label: deed,
            builder: async () => {
              if (deed === 'approve bob') await inTime(house.approve(id, bob));
              if (deed === 'approve carol') await inTime(house.approve(id, carol));
              if (deed === 'reject') await inTime(house.reject(id, bob));
              if (deed === 'withdraw') await inTime(house.withdraw(id, alice));
              if (deed === 'work') await house.work();
              if (deed === 'leave') house.policies.take(approvers([bob, carol, dave], 3));
              if (deed === 'expire') {
                house.pass(31 * 60_000);
                await house.reconcile();
              }
              if (deed === 'drift') {
                drifted = true;
                house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
              }
            },
          })),
        );
        const racing = ['approve bob', 'approve carol', 'reject'].map((label) =>
          scheduler.schedule(Promise.resolve(), label).then(async () => {
            if (label === 'reject') await inTime(house.reject(id, carol));
            else await inTime(house.approve(id, label === 'approve bob' ? bob : carol));
          }),
        );
        await scheduler.waitAll();
        await Promise.all([all.task, ...racing]);
        await house.work();

        const change = house.stored(id);
        const took = house.ledger.revisions.some((revision) => revision.id === id);
        expect(took).toBe(change.state.kind === 'applied');
        if (took) expect(change.approvals?.map(({ by }) => by).toSorted()).toEqual([bob, carol]);
        if (took) expect(drifted && !wanted.includes('work')).toBe(false);
        expect(isWaiting(change)).toBe(false);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
