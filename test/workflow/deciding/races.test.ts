import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWaiting } from '../../../src/domain/change/change.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { reviewsObject } from '../../support/builders.ts';
import { approvedBy } from '../../support/policies.ts';
import { kinds } from '../kinds.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

/** Who is told that it was too late has done nothing. */
async function inTime(deed: Promise<unknown>): Promise<void> {
  await deed.catch((error: unknown) => {
    if (!(error instanceof TooLateError)) throw error;
  });
}

describe.each(kinds)('people who decide about $kind at the same time', ({ houseOf }) => {
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

  it('come to one outcome, and nothing is written without approval', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(deeds, { minLength: 2, maxLength: 8 }), async (scheduler, wanted) => {
        const house = houseOf();
        house.policies.take(approvedBy([bob, carol], 2));
        const { id } = await house.accepted('v3', 50);
        await house.settled();
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
              if (deed === 'leave') house.policies.take(approvedBy([bob, carol, dave], 3));
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
      { numRuns: 50 },
    );
  }, 60_000);
});
