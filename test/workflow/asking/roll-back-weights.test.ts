import { beforeEach, describe, expect, it } from 'vitest';
import { reviews, reviewsObject, revision, rule } from '../../support/builders.ts';
import { acceptedIn, House, stampIn } from '../house.ts';

const orders = 'orders';

/** Reviews with two rules that are split: one for orders, and one that takes the rest. */
function twoRules(): House {
  const named = rule({ v1: 100 }, { key: orders, name: orders, match: 'path starts with /orders' });
  return new House(reviews({ v1: 100 }, { rules: [named, rule({ v1: 100 })] }));
}

describe('the rollback of weights', () => {
  it.each`
    before                          | version | percent
    ${{ v1: 100 }}                  | ${'v3'} | ${50}
    ${{ v1: 1, v2: 2 }}             | ${'v3'} | ${33}
    ${{ v1: 33, v2: 33, v3: 33 }}   | ${'v2'} | ${100}
    ${{ v1: 999, v2: 1 }}           | ${'v2'} | ${10}
    ${{ v1: 0, v2: 7 }}             | ${'v1'} | ${50}
    ${{ v1: 300, v2: 700 }}         | ${'v3'} | ${1}
    ${{ v1: 2_147_483_646, v2: 1 }} | ${'v2'} | ${50}
  `('brings back exactly $before after $percent % to $version', async ({ before, version, percent }) => {
    const house = new House(reviews(before));
    const change = await house.applied(version, percent);

    await house.rolledBack(change.id);

    const { [version as string]: added = 0, ...rest } = house.split;
    expect({ ...rest, ...(version in before || added !== 0 ? { [version]: added } : {}) }).toEqual(before);
    expect(house.ledger.seq).toBe(2);
  });

  it('to a named change goes back to what that made, over all that came after it', async () => {
    const house = new House();
    const first = await house.applied('v3', 50);
    await house.applied('v2', 20);
    await house.applied('v2', 30);

    expect(await house.typeRollback(first.id)).toMatchObject({ kind: 'accepted' });
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50, v2: 0 });
  });

  it('to a version that nothing defines any more is refused, and names it', async () => {
    const house = new House(reviews({ v1: 40, v2: 60 }));
    const change = await house.applied('v3', 100);
    house.mesh.serve(reviewsObject, ['v1', 'v3']);

    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'unknown-version', version: 'v2', versions: ['v1', 'v3'] },
    });
    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
  });

  it('of an object that is gone says so', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    house.mesh.remove(reviewsObject);

    expect(await house.clickRollback(change.id)).toMatchObject({ kind: 'not-found', found: { kind: 'gone' } });
  });

  it('says which controller moved them, and nothing of it where they are what they were', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const moved = (split: Record<string, number>) =>
      house.mesh.editByHand(reviewsObject, (route) => ({ ...route, rules: [rule(split)] }), 'argocd-controller');

    moved({ v1: 20, v3: 80 });
    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'confirm',
      undo: { moved: { manager: 'argocd-controller' } },
    });
    moved({ v1: 100, v3: 0 });
    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-there' },
    });
  });
});

describe('the rollback of weights after the store was lost', () => {
  let house: House;

  beforeEach(() => {
    house = new House();
  });

  it('works from what the object itself remembers', async () => {
    const change = await house.applied('v3', 50);
    house.changes.lose();

    const rollback = await house.rolledBack(change.id);

    expect(rollback).toMatchObject({ edits: [{ object: reviewsObject }], service: 'reviews', reverts: change.id });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('is done once, though nothing but the object knows that it was, and says by whom', async () => {
    const change = await house.applied('v3', 50);
    const rollback = await house.rolledBack(change.id, undefined, house.asker('U02BOB'));
    house.changes.lose();

    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-rolled-back', by: { id: rollback.id, by: 'U02BOB' } },
    });
    expect(house.ledger.seq).toBe(2);
  });
});

describe('the rollback of the weights of several rules', () => {
  let house: House;

  beforeEach(() => {
    house = twoRules();
  });

  async function rollBackTyped(to?: `c-${string}`) {
    const change = acceptedIn(await house.typeRollback(to));
    await house.work();
    house.pass(61_000);
    return house.stored(change.id);
  }

  const splits = () => [house.split, house.mesh.splitOf(reviewsObject, orders)];

  it('of a rule that is named brings back that rule', async () => {
    const change = await house.applied('v3', 50, { rule: orders });
    await house.applied('v2', 50);

    expect((await house.rolledBack(change.id)).state.kind).toBe('applied');

    expect(splits()).toEqual([
      { v1: 50, v2: 50 },
      { v1: 100, v3: 0 },
    ]);
  });

  it('takes back the newest change of the service when it is typed, whatever its rule', async () => {
    await house.applied('v3', 10);
    const newest = await house.applied('v3', 50, { rule: orders });

    const back = await rollBackTyped();

    expect(back).toMatchObject({ reverts: newest.id, edits: [{ moves: [{ rule: orders }] }] });
    expect(splits()).toEqual([
      { v1: 90, v3: 10 },
      { v1: 100, v3: 0 },
    ]);
  });

  it('knows of a change of another rule where that is the only one', async () => {
    const only = await house.applied('v3', 30, { rule: orders });

    expect(await rollBackTyped()).toMatchObject({ reverts: only.id });
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 100, v3: 0 });
  });

  it('is of one rule where that is named', async () => {
    const first = await house.applied('v3', 10);
    await house.applied('v3', 50, { rule: orders });

    const back = acceptedIn(await house.typeRollback(undefined, house.asker(), { rule: 'default' }));

    expect(back).toMatchObject({ reverts: first.id });
  });

  it('goes one change further back each time, and never forward', async () => {
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50, { rule: orders });
    const third = await house.applied('v3', 20);

    const taken = [await rollBackTyped(), await rollBackTyped(), await rollBackTyped()];

    expect(taken.map(({ reverts }) => reverts)).toEqual([third.id, second.id, first.id]);
    const refusal = { reason: 'nothing-left', by: { id: taken[2]?.id } };
    expect(await house.typeRollback()).toMatchObject({ kind: 'refused', refusal });
    expect(splits()).toEqual([
      { v1: 100, v3: 0 },
      { v1: 100, v3: 0 },
    ]);
  });

  it('is undone by any id that the history shows, whatever its rule', async () => {
    const change = await house.applied('v3', 50, { rule: orders });
    const back = await rollBackTyped();
    const restored = await house.rolledBack(back.id);
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 50, v3: 50 });

    house.pass(61_000);
    expect(await rollBackTyped()).toMatchObject({ reverts: restored.id });
    await rollBackTyped(change.id);

    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 50, v3: 50 });
  });

  async function twoMoved() {
    const moves = [
      { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } },
      { rule: orders, from: { v1: 100 }, to: { v1: 80, v3: 20 } },
    ] as const;
    const open = await house.mesh.open(reviewsObject);
    const made = revision({ id: 'c-00000007', ...moves[0], also: [moves[1]] });
    await open.write({ kind: 'weights', moves }, made);
    return made;
  }

  it('asks where a change of several rules is taken back, and says which', async () => {
    const made = await twoMoved();

    const asked = await house.typeRollback();
    expect(asked).toMatchObject({ kind: 'confirm', undo: { moves: [{ rule: 'default' }, { rule: orders }] } });
    await house.rolledBack(made.id, stampIn(asked));

    expect(splits()).toEqual([
      { v1: 100, v3: 0 },
      { v1: 100, v3: 0 },
    ]);
  });

  it('says what else was moved, and nothing of versions, where one of its rules is back already', async () => {
    await twoMoved();
    house.mesh.moveByHand(reviewsObject, { v1: 100, v3: 0 }, orders);

    expect(await house.typeRollback()).toMatchObject({
      kind: 'confirm',
      undo: { moves: [{ rule: 'default' }], moved: { manager: 'kubectl-edit' } },
    });
  });
});
