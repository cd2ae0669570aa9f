import { describe, expect, it } from 'vitest';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { requestId } from '../../../src/workflow/desk.ts';
import { change, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House, QuietHouse } from '../house.ts';
import { kinds } from '../kinds.ts';
import { defines, routed, routing, sends, service, toJason } from '../manifests.ts';

const reviews = service('reviews');
const always = { until: Number.POSITIVE_INFINITY, answerBy: Number.POSITIVE_INFINITY };
const told = (house: House) => house.audit.trail.map(({ kind }) => kind);

describe('a request that is delivered once more', () => {
  it('and another that has got its id are not one change', async () => {
    const house = new House();
    const asker = house.asker();
    await house.changes.accept(change({ id: requestId(asker.request), request: 'another' }), {
      lines: (await house.changes.lines([reviewsObject])).versions,
      ahead: false,
    });

    await expect(house.shift('v3', 50, {}, asker)).rejects.toThrow('two requests have the id');
  });

  it('brings the card of what was accepted, where the process that accepted it died before it did', async () => {
    const house = new QuietHouse();
    const asker = house.asker();
    const { id } = await house.accepted('v3', 50, {}, asker);
    const shown: string[] = [];
    const cards = { showSoon: (each: string) => void shown.push(each) };
    const wish = { kind: 'share', version: 'v3', percent: 50 } as const;
    const command = { verb: 'shift', service: { service: 'reviews' }, wish, options: { dryRun: false } } as const;

    await requestShift({ ...house.desk, cards }, command, asker);

    expect(shown).toEqual([id]);
  });

  it('is the same shift where its rule file, which was one, cannot be read any more', async () => {
    const house = new House(routed('reviews', { v1: 50, v3: 50 }));
    house.ruleFiles.write('all-v1', [sends('reviews', { v1: 100, v3: 0 })]);
    const asker = house.asker();
    const first = acceptedIn(await house.type('/shift apply all-v1', asker));
    house.ruleFiles.spoil('all-v1', 'it is no YAML', 1);

    expect(await house.type('/shift apply all-v1', asker)).toMatchObject({
      kind: 'accepted',
      change: { id: first.id },
    });
    expect(told(house)).toEqual(['accepted']);
  });

  it('does not go further back than it went, where it named a change before one of more than weights', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('jason', [sends('reviews', { v1: 100 }, toJason)]);
    const named = await house.applied('v3', 50);
    await house.applied('v3', 20);
    await house.done('/shift apply jason');
    const asker = house.asker('U01ALICE', always);
    const first = acceptedIn(await house.typeRollback(named.id, asker));
    await house.work();

    expect(await house.typeRollback(named.id, asker)).toMatchObject({ kind: 'accepted', change: { id: first.id } });
    await house.work();

    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 80, v3: 20 }));
  });

  it('takes nothing else back, where it named a change and a file was applied after it', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('jason', [sends('reviews', { v1: 50, v3: 50 }, toJason)]);
    const named = await house.applied('v3', 50);
    await house.applied('v3', 20);
    const asker = house.asker('U01ALICE', always);
    const first = acceptedIn(await house.typeRollback(named.id, asker));
    await house.work();
    await house.done('/shift apply jason');

    expect(await house.typeRollback(named.id, asker)).toMatchObject({ kind: 'accepted', change: { id: first.id } });
    await house.work();

    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }, toJason));
  });
});

describe.each(kinds)('a request of $kind that is delivered once more', ({ houseOf }) => {
  it('is the same change where the other delivery of it was accepted and applied meanwhile', async () => {
    const house = houseOf();
    const deliver = await house.gesture('v3', 50);
    house.changes.afterNextLine(async () => {
      acceptedIn(await deliver());
      await house.work();
    });

    expect(await deliver()).toMatchObject({ kind: 'accepted', again: true });
    expect(told(house)).toEqual(['accepted', 'applied']);
  });
});

describe('a refusal', () => {
  const onlyBob = policyOf(`
rules: [{ name: bobs, target: "**", shift: [U02BOB] }]`);

  it('is told to the audit with the object that it was about', async () => {
    const house = new House();
    await house.shift('v9', 50);
    await house.typeRollback();
    house.mesh.afterNextRead(() => house.mesh.remove(reviewsObject));
    await house.typeRollback(undefined);
    await house.settled();

    expect(house.audit.trail.slice(0, 2)).toMatchObject([
      { kind: 'refused', because: 'unknown-version', object: reviewsObject },
      { kind: 'refused', because: 'nothing-to-roll-back', object: reviewsObject },
    ]);
  });

  it('of several objects is told with the one that routes', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.policies.take(onlyBob);
    house.ruleFiles.write('two', [defines('reviews', 'v1', 'v3'), sends('reviews', { v3: 100 }, toJason)]);

    expect(await house.type('/shift apply two')).toMatchObject({ kind: 'question' });
    expect(house.audit.trail).toMatchObject([{ kind: 'denied', object: { kind: 'VirtualService' }, route: 'default' }]);
  });
});
