import { describe, expect, it } from 'vitest';
import { EditsHouse, manifest, routing, service } from '../edits-house.ts';
import { acceptedIn } from '../house.ts';

const reviews = service('reviews');
const ratings = service('ratings');

/** Reviews and ratings at v1, and a file that gives both to v2. */
function house(): EditsHouse {
  const world = new EditsHouse([
    [reviews, routing('reviews', { v1: 100 })],
    [ratings, routing('ratings', { v1: 100 })],
  ]);
  world.ruleFiles.write('both', [
    manifest('reviews', { ...routing('reviews', { v2: 100 }), gateways: ['mesh'] }),
    manifest('ratings', { ...routing('ratings', { v2: 100 }), gateways: ['mesh'] }),
  ]);
  return world;
}

async function file(world: EditsHouse) {
  return acceptedIn(await world.click('/shift apply both', await world.type('/shift apply both')));
}

describe('the lines of all objects of a change', () => {
  it.each([{ name: 'reviews' }, { name: 'ratings' }])(
    'hold back what was accepted later on any of them: $name',
    async ({ name }) => {
      const world = house();
      const both = await file(world);
      const shift = await world.shiftOf(name, 'v3', 50);

      expect(shift).toMatchObject({
        behind: 1,
        change: { edits: [{ behind: both.id, seq: 1, moves: [{ from: { v2: 100 } }] }] },
      });
      const { id } = acceptedIn(shift);
      expect(await world.attempt(world.stored(id))).toEqual({ kind: 'done' }); // which does the file first

      expect(world.stored(both.id).state.kind).toBe('applied');
      expect(world.stored(id).state.kind).toBe('applied');
      expect(world.mesh.ledgerOf(service(name)).revisions.map((each) => each.id)).toEqual([id, both.id]);
      expect(world.mesh.splitOf(service(name))).toEqual({ v2: 50, v3: 50 });
    },
  );

  it('let a change wait for what was accepted before it on any of them', async () => {
    const world = house();
    const shift = acceptedIn(await world.shiftOf('ratings', 'v3', 50));

    expect(await world.click('/shift apply both', await world.type('/shift apply both'))).toMatchObject({
      kind: 'busy',
      first: { id: shift.id },
    });
  });

  it('are left by a change as soon as it has ended', async () => {
    const world = house();
    await file(world);
    await world.work();

    expect(await world.changes.lines([reviews, ratings])).toMatchObject({ waiting: [] });
    expect(await world.shiftOf('ratings', 'v3', 50)).toMatchObject({ behind: 0 });
  });
});
