import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { record } from '../../../src/domain/routing/ledger.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import type { Route } from '../../../src/domain/routing/route.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { LedgerUnreadableError, MeshUnavailableError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { lookAfter, lookAfterRecent } from '../../../src/workflow/watching/watch-over.ts';
import { changeId, jason, reviews, reviewsObject, revision, rule } from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';
import { kinds, twoObjects } from '../kinds.ts';
import { defines, routed, routing, sends, service, toJason } from '../manifests.ts';

const ratings = service('ratings');

describe.each(kinds)('an applied change that was asked for as $kind', ({ houseOf }) => {
  let house: House;
  let id: Change['id'];

  beforeEach(async () => {
    house = houseOf();
    ({ id } = await house.applied('v3', 50));
    await house.look();
  });

  const move = (split: Split) => house.mesh.moveByHand(reviewsObject, split);
  const movedAway = (change = id) => movedAwayIn(house, change);

  it('is told on its card when Argo CD puts the weights back: who, when, and what is live', async () => {
    house.mesh.editByHand(reviewsObject, withWeights({ v1: 100, v3: 0 }), 'argocd-controller');

    await house.look();

    expect(movedAway()).toMatchObject({
      how: 'weights',
      manager: 'argocd-controller',
      at: house.mesh.routeOf(reviewsObject).lastWriter?.at,
      live: { v1: 100, v3: 0 },
    });
    expect(house.chat.shows(id)).toEqual(house.stored(id));
    expect(house.meter.movedBy).toEqual(['argo-cd']);
    expect(house.log.messages('warn')).toContain('somebody else moved what a change made');
  });

  it('is told once, however many processes hear of it and however often', async () => {
    move({ v1: 70, v3: 30 });
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['edge'] }));

    await house.look(3);
    const { rev } = house.stored(id);
    await Promise.all([house.lookAround(), house.lookAround()]);

    expect(house.meter.movedBy).toEqual(['other']);
    expect(house.stored(id).rev).toBe(rev);
  });

  it('says on its card whether controllers have put it into effect, and why not', async () => {
    const said = (isTrue: boolean, generation: number) => ({
      generation: 2,
      needs: ['Accepted'],
      parents: [
        {
          parent: 'Service reviews',
          controller: 'c',
          conditions: [{ type: 'Accepted', isTrue, reason: 'So', message: 'why', generation }],
        },
      ],
    });
    const effect = () => {
      const { state } = house.stored(id);
      return state.kind === 'applied' ? state.effect : undefined;
    };
    expect(effect()).toBeUndefined();

    house.mesh.stand(reviewsObject, said(true, 1));
    await house.look();
    expect(effect()).toEqual({ kind: 'waits', parents: ['Service reviews'] });

    house.mesh.stand(reviewsObject, said(false, 2));
    await house.look();
    expect(effect()).toMatchObject({ kind: 'refused', because: { message: 'why' } });

    house.mesh.stand(reviewsObject, said(true, 2));
    await house.look(3);
    expect(effect()).toEqual({ kind: 'in-effect', parents: ['Service reviews'] });
    expect(house.chat.shows(id)).toEqual(house.stored(id));
  });

  it('is told anew when it is moved again, counted once, and not told any more when it is right, on whatever scale', async () => {
    move({ v1: 70, v3: 30 });
    await house.look();

    move({ v1: 80, v3: 20 });
    await house.look();

    expect(movedAway()?.live).toEqual({ v1: 80, v3: 20 });
    expect(house.meter.movedBy).toHaveLength(1);

    move({ v1: 1, v3: 1 });
    await house.look();

    expect(movedAway()).toBeUndefined();
    expect(house.chat.shows(id)).toEqual(house.stored(id));
  });

  it('is noticed by the next round when the watch missed it, or nobody was there', async () => {
    house.mesh.deafen();
    move({ v1: 100, v3: 0 });

    await house.lookAround();

    expect(movedAway()?.live).toEqual({ v1: 100, v3: 0 });
  });

  it('is looked after for a day', async () => {
    house.mesh.deafen();
    move({ v1: 100, v3: 0 });
    house.pass(24 * 3600_000 + 1);

    await house.lookAround();

    expect(movedAway()).toBeUndefined();
  });

  it('is told when the history was removed along with the weights', async () => {
    house.mesh.editByHand(
      reviewsObject,
      (route) => ({ ...withWeights({ v1: 100 })(route), ledger: { seq: 0, revisions: [] } }),
      'kubectl-replace',
    );

    await house.look();

    expect(movedAway()).toMatchObject({ how: 'ledger-lost', manager: 'kubectl-replace' });
  });

  it('is told when the object was deleted, and by the next round that it was made anew', async () => {
    house.mesh.remove(reviewsObject);
    await house.look();
    const deleted = movedAway();

    house.mesh.put(reviews({ v1: 100 }, { uid: 'another' }));
    await house.look();
    await house.lookAround();

    expect(deleted).toMatchObject({ how: 'object-gone', live: {} });
    expect(movedAway()).toMatchObject({ how: 'made-anew', live: { v1: 100 } });
  });

  it('stands when the object was made anew with the same weights', async () => {
    house.mesh.recreate(reviewsObject);

    await house.look();
    await house.lookAround();

    expect(movedAway()).toBeUndefined();
  });

  describe('is no reason for alarm', () => {
    it('after what we write ourselves: a later change, a rollback, and what was marked stays', async () => {
      const later = await house.applied('v3', 80);
      await house.look();
      await house.clickRollback(later.id);
      await house.work();

      await house.look();
      await house.lookAround();

      expect([movedAway(), movedAway(later.id)]).toEqual([undefined, undefined]);
      expect(house.meter.movedBy).toEqual([]);
    });

    it('while a change is being applied, but it is worth another look', async () => {
      const accepted = await house.accepted('v3', 80);
      const begun = await house.changes.begin(accepted.id, 1_500);
      await house.writeUntold(accepted);

      expect(begun.kind).toBe('begun');
      expect(await house.look()).toBe(true);
      expect(house.stored(accepted.id).state.kind).toBe('applying');
    });

    it('because of what the watch still shows of the time before: a live read decides', async () => {
      const route = reviews({ v1: 100 }, { revisions: house.ledger.revisions });
      const { clusters } = house.mesh;
      const following = async () => undefined;
      const mesh = { clusters, following, glance: async () => route, open: house.mesh.open.bind(house.mesh) };

      await lookAfter({ ...house.lookout, mesh }, { object: reviewsObject, changes: [id] });

      expect(movedAway()).toBeUndefined();
    });

    it('where somebody altered its record', async () => {
      house.changes.spoil(id);
      move({ v1: 100, v3: 0 });

      expect(await house.look()).toBe(false);
      expect(house.meter.movedBy).toEqual([]);
    });

    it('after a write of another field', async () => {
      house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['mesh', 'edge'] }), 'argocd-controller');

      await house.look();

      expect(movedAway()).toBeUndefined();
    });

    it('where another process serves its cluster', async () => {
      const mesh = { clusters: ['elsewhere'], glance: neverAsked, open: neverAsked, following: neverAsked };

      await lookAfterRecent({ ...house.lookout, mesh });

      expect(house.meter.movedBy).toEqual([]);
    });
  });

  describe('when the cluster or the store does not answer', () => {
    it('says what could not be looked at, and looks at it again', async () => {
      move({ v1: 100, v3: 0 });
      house.failReading(new MeshUnavailableError('away'));

      await house.lookAround();
      const meanwhile = movedAway();
      await house.lookAround();

      expect(meanwhile).toBeUndefined();
      expect(house.log.messages('warn')).toContain('whether a change still stands is not known');
      expect(movedAway()).toBeDefined();
    });

    it('leaves it to the next round when the store was away', async () => {
      move({ v1: 100, v3: 0 });
      house.changes.goAway();
      await expect(house.look()).rejects.toThrow(StoreUnavailableError);
      house.changes.comeBack();

      await house.lookAround();

      expect(movedAway()).toBeDefined();
    });
  });
});

describe.each(kinds)('an applied change that was asked for as $kind', ({ houseOf }) => {
  it.each(['looked after', 'looked around'])(
    'is no longer the last word when a bot with another store changed the weights: %s',
    async (how) => {
      const house = houseOf();
      const { id } = await house.applied('v3', 50);
      for (const object of house.objects) shiftElsewhere(house, object);

      await (how === 'looked after' ? house.look(2 * house.objects.length) : house.lookAround());

      expect(house.stored(id).state).toMatchObject({ kind: 'applied', later: changeId(9) });
      expect(house.chat.shows(id)).toEqual(house.stored(id));
      expect(house.meter.movedBy).toEqual([]);
      const undo = { changes: [{ id: changeId(9) }] };
      expect(await house.clickRollback(id)).toMatchObject({ kind: 'confirm', undo });
    },
  );
});

describe('an applied rule file of two objects', () => {
  it('is still the last word while a bot with another store changed only one of them', async () => {
    const house = twoObjects.houseOf();
    const { id } = await house.applied('v3', 50);
    shiftElsewhere(house, reviewsObject);

    await house.look();

    expect(house.stored(id).state).not.toHaveProperty('later');
  });

  it('is not told as live again when a bot with another store changed an object that somebody had moved', async () => {
    const house = twoObjects.houseOf();
    const { id } = await house.applied('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    await house.look();
    const told = movedAwayIn(house, id);
    shiftElsewhere(house, reviewsObject);

    await house.look();

    expect(told).toBeDefined();
    expect(movedAwayIn(house, id)).toEqual(told);
  });
});

describe('an applied change of weights', () => {
  it('is told when its rule was renamed', async () => {
    const house = new House(reviews({}, { rules: [rule({ v1: 100 }, { key: 'api', match: 'path /api' }), jason] }));
    const { id } = await house.applied('v3', 50, { rule: 'api' });
    house.mesh.editByHand(reviewsObject, (route) => ({
      ...route,
      rules: route.rules.map((each) => (each.key === 'api' ? { ...each, key: 'public' } : each)),
    }));

    await house.look();

    expect(movedAwayIn(house, id)).toMatchObject({ how: 'rule-gone' });
  });

  it('is not hidden by another one whose object has a history that is not ours', async () => {
    const house = new House(reviews({ v1: 100 }), reviews({ v1: 100 }, { object: ratings, uid: 'r' }));
    const { id } = await house.applied('v3', 50);
    const other = acceptedIn(await house.shiftOf('ratings', 'v3', 50));
    await house.work();
    for (const object of [reviewsObject, ratings]) house.mesh.moveByHand(object, { v1: 100, v3: 0 });
    house.mesh.failReads(new LedgerUnreadableError('not ours'));

    await house.lookAround();

    expect(movedAwayIn(house, other.id)).toBeUndefined(); // the newest, so the one that was asked for first
    expect(movedAwayIn(house, id)).toBeDefined();
  });
});

describe('an applied change of several objects', () => {
  it.each`
    what                | edit                                                                                                              | how
    ${'weights'}        | ${({ mesh }: House) => mesh.editWhole(ratings, () => ({ spec: routing('ratings', { v2: 100 }) }))}                | ${'weights'}
    ${'a pinned rule'}  | ${({ mesh }: House) => mesh.editWhole(reviewsObject, () => ({ spec: routing('reviews', { v3: 100 }, toJason) }))} | ${'pinned-rules'}
    ${'a whole object'} | ${({ mesh }: House) => mesh.remove(ratings)}                                                                      | ${'object-gone'}
  `('is told on its card that somebody else moved $what', async ({ edit, how }) => {
    const house = new House(routed('reviews', { v1: 100 }, toJason));
    const all = [sends('reviews', { v3: 100 }), sends('ratings', { v1: 100 }), defines('ratings', 'v1', 'v2')];
    house.ruleFiles.write('all', all);
    const { id } = await house.done('/shift apply all');
    await house.look();
    expect(movedAwayIn(house, id)).toBeUndefined();

    edit(house);
    await house.look();

    expect(house.chat.shows(id)?.state).toMatchObject({ movedAway: { how } });
  });
});

function movedAwayIn(house: House, id: Change['id']) {
  const { state } = house.stored(id);
  return state.kind === 'applied' ? state.movedAway : undefined;
}

function withWeights(split: Split) {
  return (route: Route): Route => ({
    ...route,
    rules: route.rules.map((each) => (each.key === 'default' ? { ...each, split } : each)),
  });
}

function neverAsked(): never {
  throw new Error('asked of a cluster that is not ours');
}

/** A bot with another store shifts half of the traffic. */
function shiftElsewhere(house: House, object: ObjectRef): void {
  const byAnother = revision({ id: changeId(9), from: { v1: 50, v3: 50 }, to: { v1: 10, v3: 90 } });
  house.mesh.editByHand(
    object,
    (route) => ({ ...withWeights({ v1: 10, v3: 90 })(route), ledger: record(route.ledger, byAnother) }),
    'shiftbot',
  );
}
