import { beforeEach, describe, expect, it } from 'vitest';
import { acceptedIn, House } from '../house.ts';
import { defines, destination, routing, sends, service, toJason } from '../manifests.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const line = '/shift delete all-v1';

/** The file has reviews, which is there, and ratings with its versions, which are not until it is applied. */
describe('the deletion of what a rule file names', () => {
  let house: House;

  beforeEach(() => {
    house = new House([reviews, { labels: { team: 'books' }, spec: routing('reviews', { v1: 100 }, toJason) }]);
    const all = [sends('reviews', { v3: 100 }), sends('ratings', { v1: 100 }), defines('ratings', 'v1', 'v2')];
    house.ruleFiles.write('all-v1', all);
  });

  it('is shown first, and then done: what uses versions goes before the versions', async () => {
    await house.done('/shift apply all-v1');

    const { edits } = await house.done(line);

    expect(edits.map(({ object: { kind } }) => kind)).toEqual(['VirtualService', 'VirtualService', 'DestinationRule']);
    const live = [reviews, ratings, destination('ratings')].map((ref) => house.spec(ref));
    expect(live).toEqual([undefined, undefined, undefined]);
    expect(await house.type(line)).toMatchObject({ kind: 'as-it-is' });
  });

  it('is not told as somebody else’s on the cards before it, nor on its own', async () => {
    const shift = await house.applied('v3', 50);

    const change = await house.done(line);
    await house.look();
    await house.lookAround();

    expect(house.stored(shift.id).state).not.toHaveProperty('movedAway');
    expect(house.stored(shift.id).state).toMatchObject({ later: change.id });
    expect(house.stored(change.id).state).not.toHaveProperty('movedAway');
  });

  it('is not told as somebody else’s while it is being applied', async () => {
    const shift = await house.applied('v3', 50);
    const change = await house.clicked(line);
    house.mesh.failWrites({ error: new Error('killed'), stored: true });
    await expect(house.attempt(change)).rejects.toThrow('killed');

    await house.look();

    expect(house.spec(reviews)).toBeUndefined();
    expect(house.stored(shift.id).state).not.toHaveProperty('movedAway');
  });

  it('is taken back with labels, spec and history as they were', async () => {
    const shift = await house.applied('v3', 50);
    const before = house.mesh.wholeOf(reviews);

    const change = await house.done(line);
    const back = await house.rolledBack(change.id);

    expect(house.mesh.contentOf(reviews)).toEqual(before?.content);
    expect(house.mesh.wholeOf(reviews)?.uid).not.toBe(before?.uid);
    expect(house.ledger).toMatchObject({
      seq: 3,
      revisions: [{ id: back.id, reverts: change.id }, { id: change.id, does: 'delete all-v1' }, { id: shift.id }],
    });
  });

  it('is what a typed rollback of the service takes back, which is not there to have a history', async () => {
    await house.done('/shift apply all-v1');
    const deletion = await house.done(line);
    expect(house.spec(reviews)).toBeUndefined();

    const dryRun = await house.typeRollback(undefined, house.asker(), { dryRun: true });
    expect(dryRun).toMatchObject({ kind: 'preview' });
    const asker = house.asker();
    const back = acceptedIn(await house.typeRollback(undefined, asker));
    await house.work();

    expect(house.stored(back.id)).toMatchObject({ reverts: deletion.id, state: { kind: 'applied' } });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(await house.typeRollback(undefined, asker)).toMatchObject({ kind: 'accepted', again: true });
  });

  it('that was taken back already is not taken back again when somebody else deletes the service', async () => {
    await house.done('/shift apply all-v1');
    const deletion = await house.done(line);
    await house.rolledBack(deletion.id);
    house.mesh.remove(reviews);

    expect(await house.typeRollback()).toMatchObject({ kind: 'not-found' });
    expect(house.spec(reviews)).toBeUndefined();
  });

  it('tells who made an object anew that it had deleted', async () => {
    const change = await house.done(line);
    house.mesh.putWhole(reviews, { spec: routing('reviews', { v2: 100 }) });

    await house.lookAround();

    const movedAway = { how: 'made-anew', manager: 'kubectl', object: reviews };
    expect(house.stored(change.id).state).toMatchObject({ movedAway });
  });
});
