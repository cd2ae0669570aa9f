import { describe, expect, it } from 'vitest';
import { revisionOf } from '../../../src/domain/change/change.ts';
import { record } from '../../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { LedgerUnreadableError, MeshUnavailableError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { lookAfter, lookAfterRecent } from '../../../src/workflow/watching/watch-over.ts';
import {
  changeId,
  jason,
  reviews,
  reviewsObject,
  revision,
  rule,
  splits,
  weightsEdit,
} from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';

describe('what becomes of an applied change', () => {
  it('is told on its card when Argo CD puts the weights back: who, when, and what is live', async () => {
    const { house, id } = await shifted();
    house.mesh.editByHand(reviewsObject, withWeights({ v1: 100, v3: 0 }), 'argocd-controller');

    await house.look();

    expect(movedAway(house, id)).toMatchObject({
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
    const { house, id } = await shifted();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v3: 30 });
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['edge'] }));

    await house.look(3);
    const { rev } = house.stored(id);
    await Promise.all([house.lookAround(), house.lookAround()]);

    expect(house.meter.movedBy).toEqual(['other']);
    expect(house.stored(id).rev).toBe(rev);
  });

  it('is told anew when it is moved again, and counted once', async () => {
    const { house, id } = await shifted();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v3: 30 });
    await house.look();

    house.mesh.moveByHand(reviewsObject, { v1: 80, v3: 20 });
    await house.look();

    expect(movedAway(house, id)?.live).toEqual({ v1: 80, v3: 20 });
    expect(house.meter.movedBy).toHaveLength(1);
  });

  it('is not told any more when somebody puts it right, on whatever scale', async () => {
    const { house, id } = await shifted();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    await house.look();

    house.mesh.moveByHand(reviewsObject, { v1: 1, v3: 1 });
    await house.look();

    expect(movedAway(house, id)).toBeUndefined();
    expect(house.chat.shows(id)).toEqual(house.stored(id));
  });

  it.each(['looked after', 'looked around'])(
    'is no longer the last word when a bot with another store changed the weights: %s',
    async (how) => {
      const { house, id } = await shifted();
      const byAnother = revision({ id: changeId(9), from: { v1: 50, v3: 50 }, to: { v1: 10, v3: 90 } });
      house.mesh.editByHand(
        reviewsObject,
        (route) => ({ ...withWeights({ v1: 10, v3: 90 })(route), ledger: record(route.ledger, byAnother) }),
        'shiftbot',
      );

      await (how === 'looked after' ? house.look(2) : house.lookAround());

      expect(house.stored(id).state).toMatchObject({ kind: 'applied', later: changeId(9) });
      expect(house.chat.shows(id)).toEqual(house.stored(id));
      expect(house.meter.movedBy).toEqual([]);
      expect(await house.clickRollback(id)).toMatchObject({
        kind: 'confirm',
        undo: { changes: [{ id: changeId(9) }] },
      });
    },
  );

  it('is noticed by the next round when the watch missed it, or nobody was there', async () => {
    const { house, id } = await shifted();
    house.mesh.deafen();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });

    await house.lookAround();

    expect(movedAway(house, id)?.live).toEqual({ v1: 100, v3: 0 });
  });

  it('is looked after for a day', async () => {
    const { house, id } = await shifted();
    house.mesh.deafen();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    house.pass(24 * 3600_000 + 1);

    await house.lookAround();

    expect(movedAway(house, id)).toBeUndefined();
  });

  it('is told when the history was removed along with the weights', async () => {
    const { house, id } = await shifted();
    house.mesh.editByHand(
      reviewsObject,
      (route) => ({ ...withWeights({ v1: 100 })(route), ledger: { seq: 0, revisions: [] } }),
      'kubectl-replace',
    );

    await house.look();

    expect(movedAway(house, id)).toMatchObject({ how: 'ledger-lost', manager: 'kubectl-replace' });
  });

  it('is told when the object was deleted, and by the next round that it was made anew', async () => {
    const { house, id } = await shifted();
    house.mesh.remove(reviewsObject);
    await house.look();
    const deleted = movedAway(house, id);

    house.mesh.put(reviews({ v1: 100 }, { uid: 'another' }));
    await house.look();
    await house.lookAround();

    expect(deleted).toMatchObject({ how: 'object-gone', live: {} });
    expect(movedAway(house, id)).toMatchObject({ how: 'made-anew', live: { v1: 100 } });
  });

  it('stands when the object was made anew with the same weights', async () => {
    const { house, id } = await shifted();
    house.mesh.recreate(reviewsObject);

    await house.look();
    await house.lookAround();

    expect(movedAway(house, id)).toBeUndefined();
  });

  it('is told when its rule was renamed', async () => {
    const house = new House(reviews({}, { rules: [rule({ v1: 100 }, { key: 'api', match: 'path /api' }), jason] }));
    const { id } = await house.applied('v3', 50, { rule: 'api' });
    house.mesh.editByHand(reviewsObject, (route) => ({
      ...route,
      rules: route.rules.map((each) => (each.key === 'api' ? { ...each, key: 'public' } : each)),
    }));

    await house.look();

    expect(movedAway(house, id)).toMatchObject({ how: 'rule-gone' });
  });
});

describe('no alarm', () => {
  it('is raised by what we write ourselves: a later change, a rollback, and what was marked stays', async () => {
    const { house, id } = await shifted();
    const later = await house.applied('v3', 80);
    await house.look();
    await house.clickRollback(later.id);
    await house.work();

    await house.look();
    await house.lookAround();

    expect([movedAway(house, id), movedAway(house, later.id)]).toEqual([undefined, undefined]);
    expect(house.meter.movedBy).toEqual([]);
  });

  it('is raised while a change is being applied, but it is worth another look', async () => {
    const house = new House();
    const accepted = await house.accepted('v3', 50);
    const begun = await house.changes.begin(accepted.id, 1_500);
    const open = await house.mesh.open(reviewsObject);
    const { moves } = weightsEdit();
    await open.write({ kind: 'weights', moves }, revisionOf(accepted, { moves }, house.now()));

    expect(begun.kind).toBe('begun');
    expect(await house.look()).toBe(true);
    expect(house.stored(accepted.id).state.kind).toBe('applying');
  });

  it('is raised by what the watch still shows of the time before: a live read decides', async () => {
    const { house, id } = await shifted();
    const route = reviews({ v1: 100 }, { revisions: house.ledger.revisions });

    const mesh = { clusters: house.mesh.clusters, glance: async () => route, open: house.mesh.open.bind(house.mesh) };

    await lookAfter({ ...house.lookout, mesh }, { object: reviewsObject, changes: [id] });

    expect(movedAway(house, id)).toBeUndefined();
  });

  it('is raised by a record that somebody altered', async () => {
    const { house, id } = await shifted();
    house.changes.spoil(id);
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });

    expect(await house.look()).toBe(false);
    expect(house.meter.movedBy).toEqual([]);
  });

  it('is raised by a write of another field', async () => {
    const { house, id } = await shifted();
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['mesh', 'edge'] }), 'argocd-controller');

    await house.look();

    expect(movedAway(house, id)).toBeUndefined();
  });

  it('is raised for a change of a cluster that another process serves', async () => {
    const { house } = await shifted();
    const mesh = { clusters: ['elsewhere'], glance: neverAsked, open: neverAsked };

    await lookAfterRecent({ ...house.lookout, mesh });

    expect(house.meter.movedBy).toEqual([]);
  });
});

describe('when the cluster or the store does not answer', () => {
  it('says what could not be looked at, and looks at it again', async () => {
    const { house, id } = await shifted();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    house.mesh.failReads(new MeshUnavailableError('away'));

    await house.lookAround();
    const meanwhile = movedAway(house, id);
    await house.lookAround();

    expect(meanwhile).toBeUndefined();
    expect(house.log.messages('warn')).toContain('whether a change still stands is not known');
    expect(movedAway(house, id)).toBeDefined();
  });

  it('does not let one object with a history that is not ours hide the others', async () => {
    const ratings = { ...reviewsObject, name: 'ratings' };
    const house = new House(reviews({ v1: 100 }), reviews({ v1: 100 }, { object: ratings, uid: 'r' }));
    const { id } = await house.applied('v3', 50);
    const other = acceptedIn(
      await requestShift(
        house.desk,
        {
          verb: 'shift',
          service: { service: 'ratings' },
          wish: { kind: 'share', version: 'v3', percent: 50 },
          options: { dryRun: false },
        },
        house.asker(),
      ),
    );
    await house.work();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    house.mesh.moveByHand(ratings, { v1: 100, v3: 0 });
    house.mesh.failReads(new LedgerUnreadableError('not ours'));

    await house.lookAround();

    expect(movedAway(house, other.id)).toBeUndefined(); // the newest, so the one that was asked for first
    expect(movedAway(house, id)).toBeDefined();
  });

  it('leaves it to the next round when the store was away', async () => {
    const { house, id } = await shifted();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 });
    house.changes.goAway();
    await expect(house.look()).rejects.toThrow(StoreUnavailableError);
    house.changes.comeBack();

    await house.lookAround();

    expect(movedAway(house, id)).toBeDefined();
  });

  it('finds the revert of a change whose worker died after the write', async () => {
    const house = new House();
    const accepted = await house.accepted('v3', 50);
    house.mesh.failWrites({ error: new MeshUnavailableError('reply lost'), stored: true });
    house.mesh.afterNextRead(() => {});
    house.mesh.afterNextRead(() => house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 }));
    await house.work();

    await house.lookAround();

    expect(house.stored(accepted.id).state).toMatchObject({
      kind: 'applied',
      made: splits({ v1: 50, v3: 50 }),
      movedAway: { how: 'weights', live: { v1: 100, v3: 0 } },
    });
  });
});

async function shifted(): Promise<{ house: House; id: ChangeId }> {
  const house = new House();
  const { id } = await house.applied('v3', 50);
  await house.look();
  return { house, id };
}

function movedAway(house: House, id: ChangeId) {
  const { state } = house.stored(id);
  return state.kind === 'applied' ? state.movedAway : undefined;
}

function withWeights(split: Record<string, number>) {
  return (route: ReturnType<typeof reviews>) => ({
    ...route,
    rules: route.rules.map((each) => (each.key === 'default' ? { ...each, split } : each)),
  });
}

function neverAsked(): never {
  throw new Error('asked of a cluster that is not ours');
}
