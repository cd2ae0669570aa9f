import { describe, expect, it } from 'vitest';
import { NotPermittedError } from '../../../src/workflow/errors.ts';
import { moving } from '../../support/builders.ts';
import { destination, EditsHouse, manifest, routing, ruleOf, service, versions } from '../edits-house.ts';
import { acceptedIn } from '../house.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];

describe('a shift behind a rule file of versions alone', () => {
  it('starts from what the service has, and is applied after it', async () => {
    const world = new EditsHouse([
      [reviews, routing('reviews', { v1: 80, v3: 20 })],
      [destination('reviews'), versions('reviews', 'v1', 'v2', 'v3')],
    ]);
    world.ruleFiles.write('v4', [ruleOf('reviews', versions('reviews', 'v1', 'v2', 'v3', 'v4'))]);
    const file = acceptedIn(await world.click('/shift apply v4', await world.type('/shift apply v4')));

    const shift = await world.accepted('v3', 50);
    expect(shift).toMatchObject(moving({ v1: 80, v3: 20 }, { v1: 50, v3: 50 }));
    await world.work();

    expect(world.stored(file.id).state.kind).toBe('applied');
    expect(world.stored(shift.id).state.kind).toBe('applied');
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });
});

describe('a held change of several objects', () => {
  it('is applied anyway to those that are left, where the first is by now what it was to be', async () => {
    const world = new EditsHouse([
      [reviews, routing('reviews', { v2: 100 })],
      [ratings, routing('ratings', { v2: 100 })],
    ]);
    world.ruleFiles.write('all-v1', [
      manifest('reviews', { ...routing('reviews', { v1: 100 }), gateways: ['mesh'] }),
      manifest('ratings', { ...routing('ratings', { v1: 100 }), gateways: ['mesh'] }),
    ]);
    const before = acceptedIn(await world.click('/shift apply all-v1', await world.type('/shift apply all-v1')));
    world.mesh.editWhole(reviews, () => ({ spec: { ...routing('reviews', { v1: 100 }), gateways: ['mesh'] } }));
    world.mesh.editWhole(ratings, () => ({ spec: routing('ratings', { v3: 100 }) }));
    await world.work();
    expect(world.stored(before.id).state.kind).toBe('held');

    expect(await world.clickApplyAnyway(before.id)).toMatchObject({ kind: 'planned-anew' });
    await world.work();

    expect(world.stored(before.id).state.kind).toBe('applied');
    expect(world.spec(ratings)).toMatchObject(routing('ratings', { v1: 100 }));
  });
});

describe('what somebody does after a write of ours', () => {
  const file = { ...routing('ratings', { v1: 100 }), gateways: ['mesh'] };

  it.each`
    what         | live
    ${'created'} | ${undefined}
    ${'written'} | ${{ spec: routing('ratings', { v2: 100 }) }}
  `('is not undone where they delete what was $what, and the change is told as applied', async ({ live }) => {
    const world = new EditsHouse([[reviews, routing('reviews', { v2: 100 })]]);
    if (live !== undefined) world.mesh.putWhole(ratings, live);
    world.ruleFiles.write('two', [
      manifest('ratings', file),
      manifest('reviews', { ...routing('reviews', { v1: 100 }), gateways: ['mesh'] }),
    ]);
    const change = acceptedIn(await world.click('/shift apply two', await world.type('/shift apply two')));
    const done = world.mesh.onTouched(({ object }) => {
      if (object.name !== 'reviews') return;
      done();
      world.mesh.editWhole(ratings, () => undefined);
    });

    await world.work();

    expect(world.spec(ratings)).toBeUndefined();
    expect(world.stored(change.id).state.kind).toBe('applied');
  });
});

describe('a rollback that was done in part', () => {
  it('can be asked for again, and does the rest', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v2: 100 })]]);
    world.ruleFiles.write('two', [
      manifest('reviews', { ...routing('reviews', { v1: 100 }), gateways: ['mesh'] }),
      manifest('ratings', routing('ratings', { v1: 100 })),
    ]);
    const change = await world.done('/shift apply two');
    world.mesh.failWrites('none', { error: new NotPermittedError('cannot delete') });
    const half = acceptedIn(await world.clickRollback(change.id));
    await world.work();
    expect(world.stored(half.id).state).toMatchObject({ kind: 'failed', written: [reviews] });
    expect(world.spec(ratings)).toBeDefined();

    const rest = acceptedIn(await world.clickRollback(change.id));
    await world.work();

    expect(world.stored(rest.id).state.kind).toBe('applied');
    expect(world.spec(ratings)).toBeUndefined();
    expect(world.spec(reviews)).toEqual(routing('reviews', { v2: 100 }));
  });
});
