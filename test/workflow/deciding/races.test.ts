import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, isWaiting } from '../../../src/domain/change/change.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { reviewsObject } from '../../support/builders.ts';
import { approvedBy } from '../../support/policies.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

/** What may happen to a change that awaits two approvals. */
const deeds: Readonly<Record<string, (house: House, id: Change['id']) => unknown>> = {
  'bob approves': (house, id) => house.approve(id, bob),
  'carol approves': (house, id) => house.approve(id, carol),
  'bob rejects': (house, id) => house.reject(id, bob),
  'carol rejects': (house, id) => house.reject(id, carol),
  'alice withdraws': (house, id) => house.withdraw(id, alice),
  'workers come': (house) => house.work(),
  'the policy asks for more': (house) => house.policies.take(approvedBy([bob, carol, dave], 3)),
  'its time is over': (house) => {
    house.pass(31 * 60_000);
    return house.reconcile();
  },
  'somebody moves the weights': (house) => house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 }),
};

/** A person who is told that it was too late has done nothing. */
async function inTime(deed: unknown): Promise<void> {
  try {
    await deed;
  } catch (error) {
    if (!(error instanceof TooLateError)) throw error;
  }
}

describe.each(kinds)('people who decide about $kind at the same time', ({ houseOf }) => {
  it('come to one outcome, and nothing is written without approval', async () => {
    const some = fc.array(fc.constantFrom(...Object.keys(deeds)), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), some, async (scheduler, wanted) => {
        const house = houseOf();
        house.policies.take(approvedBy([bob, carol], 2));
        const { id } = await house.accepted('v3', 50);
        await house.settled();
        const happens = (label: string) => inTime(deeds[label]?.(house, id));

        const builders = wanted.map((label) => ({ label, builder: () => happens(label) }));
        const all = scheduler.scheduleSequence(builders);
        const racing = ['bob approves', 'carol approves', 'carol rejects'].map((label) =>
          scheduler.schedule(Promise.resolve(), label).then(() => happens(label)),
        );
        await scheduler.waitAll();
        await Promise.all([all.task, ...racing]);
        await house.work();

        const change = house.stored(id);
        const took = house.ledger.revisions.some((revision) => revision.id === id);
        expect(took).toBe(change.state.kind === 'applied');
        expect(isWaiting(change)).toBe(false);
        if (!took) return;
        expect(change.approvals?.map(({ by }) => by).toSorted()).toEqual([bob, carol]);
        expect(wanted.includes('somebody moves the weights') && !wanted.includes('workers come')).toBe(false);
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});
