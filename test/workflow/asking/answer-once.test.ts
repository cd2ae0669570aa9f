import { describe, expect, it } from 'vitest';
import { requestId } from '../../../src/workflow/desk.ts';
import { change, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { EditsHouse, manifest, routing, ruleOf, service, toJason, versions } from '../edits-house.ts';
import { acceptedIn, House } from '../house.ts';

const reviews = service('reviews');
const always = { until: Number.POSITIVE_INFINITY, answerBy: Number.POSITIVE_INFINITY };
const kinds = (house: House) => house.audit.trail.map(({ kind }) => kind);

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

  it('is the same change where the other delivery of it was accepted and applied meanwhile', async () => {
    const house = new House();
    const asker = house.asker();
    house.changes.afterNextLine(async () => {
      await house.accepted('v3', 50, {}, asker);
      await house.work();
    });

    expect(await house.shift('v3', 50, {}, asker)).toMatchObject({ kind: 'accepted', again: true });
    expect(kinds(house)).toEqual(['accepted', 'applied']);
  });

  it('is the same shift where its rule file, which was one, cannot be read any more', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 50, v3: 50 })]]);
    world.ruleFiles.write('all-v1', [manifest('reviews', routing('reviews', { v1: 100, v3: 0 }))]);
    const asker = world.asker();
    const first = acceptedIn(await world.type('/shift apply all-v1', asker));
    world.ruleFiles.spoil('all-v1', 'it is no YAML', 1);

    expect(await world.type('/shift apply all-v1', asker)).toMatchObject({
      kind: 'accepted',
      change: { id: first.id },
    });
    expect(kinds(world)).toEqual(['accepted']);
  });

  it('does not go further back than it went, where it named a change before one of more than weights', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    world.ruleFiles.write('jason', [manifest('reviews', routing('reviews', { v1: 100 }, toJason))]);
    const named = await world.applied('v3', 50);
    await world.applied('v3', 20);
    await world.done('/shift apply jason');
    const asker = world.asker('U01ALICE', always);
    const first = acceptedIn(await world.typeRollback(named.id, asker));
    await world.work();

    expect(await world.typeRollback(named.id, asker)).toMatchObject({ kind: 'accepted', change: { id: first.id } });
    await world.work();

    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 80, v3: 20 }));
  });

  it('takes nothing else back, where it named a change and a file was applied after it', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    world.ruleFiles.write('jason', [manifest('reviews', routing('reviews', { v1: 50, v3: 50 }, toJason))]);
    const named = await world.applied('v3', 50);
    await world.applied('v3', 20);
    const asker = world.asker('U01ALICE', always);
    const first = acceptedIn(await world.typeRollback(named.id, asker));
    await world.work();
    await world.done('/shift apply jason');

    expect(await world.typeRollback(named.id, asker)).toMatchObject({ kind: 'accepted', change: { id: first.id } });
    await world.work();

    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }, toJason));
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
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    world.policies.take(onlyBob);
    world.ruleFiles.write('two', [
      ruleOf('reviews', versions('reviews', 'v1', 'v3')),
      manifest('reviews', routing('reviews', { v3: 100 }, toJason)),
    ]);

    expect(await world.type('/shift apply two')).toMatchObject({ kind: 'question' });
    expect(world.audit.trail).toMatchObject([{ kind: 'denied', object: { kind: 'VirtualService' }, route: 'default' }]);
  });
});
