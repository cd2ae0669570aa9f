import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { requestRollback } from '../../../src/workflow/asking/roll-back.ts';
import { reviews, reviewsObject, revision, rule } from '../../support/builders.ts';
import { EditsHouse, manifest, routing, service, toJason } from '../edits-house.ts';
import { acceptedIn, House, stampIn } from '../house.ts';

const orders = 'orders';

/** Reviews with two rules that are split: one for orders, and one that takes the rest. */
function twoRules(): House {
  const named = rule({ v1: 100 }, { key: orders, name: orders, match: 'path starts with /orders' });
  return new House(reviews({ v1: 100 }, { rules: [named, rule({ v1: 100 })] }));
}

async function rollBackTyped(house: House, to?: ChangeId) {
  const change = acceptedIn(await house.typeRollback(to));
  await house.work();
  house.pass(61_000);
  return house.stored(change.id);
}

describe('a typed rollback', () => {
  it('takes back the newest change of the service, whatever its rule', async () => {
    const house = twoRules();
    await house.applied('v3', 10);
    const newest = await house.applied('v3', 50, { rule: orders });

    const back = await rollBackTyped(house);

    expect(back).toMatchObject({ reverts: newest.id, edits: [{ moves: [{ rule: orders }] }] });
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 90, v3: 10 });
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 100, v3: 0 });
  });

  it('knows of a change of another rule where that is the only one', async () => {
    const house = twoRules();
    const only = await house.applied('v3', 30, { rule: orders });

    expect(await rollBackTyped(house)).toMatchObject({ reverts: only.id });
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 100, v3: 0 });
  });

  it('is of one rule where that is named', async () => {
    const house = twoRules();
    const first = await house.applied('v3', 10);
    await house.applied('v3', 50, { rule: orders });

    const back = acceptedIn(await house.typeRollback(undefined, house.asker(), { rule: 'default' }));

    expect(back).toMatchObject({ reverts: first.id });
  });

  it('goes one change further back each time, and never forward', async () => {
    const house = twoRules();
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50, { rule: orders });
    const third = await house.applied('v3', 20);

    const taken = [await rollBackTyped(house), await rollBackTyped(house), await rollBackTyped(house)];

    expect(taken.map(({ reverts }) => reverts)).toEqual([third.id, second.id, first.id]);
    expect(await house.typeRollback()).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'nothing-left', by: { id: taken[2]?.id } },
    });
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 100, v3: 0 });
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 100, v3: 0 });
  });

  it('brings back what was taken back by its own card, or by any id that the history shows', async () => {
    const house = twoRules();
    const change = await house.applied('v3', 50, { rule: orders });
    const back = await rollBackTyped(house);

    const restored = acceptedIn(await house.clickRollback(back.id));
    await house.work();
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 50, v3: 50 });

    house.pass(61_000);
    expect(await rollBackTyped(house)).toMatchObject({ reverts: restored.id });
    await rollBackTyped(house, change.id);
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 50, v3: 50 });
  });

  it('within a minute of another one says whose that was and what this one would do, and asks', async () => {
    const house = new House();
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50);
    const by = acceptedIn(await house.typeRollback(undefined, house.asker('U01ALICE')));
    await house.work();
    house.pass(12_000);

    const asked = await house.typeRollback(undefined, house.asker('U02BOB'));

    expect(by).toMatchObject({ reverts: second.id });
    expect(asked).toMatchObject({
      kind: 'confirm',
      id: first.id,
      undo: {
        recent: { id: by.id, by: 'U01ALICE' },
        target: { id: first.id },
        moves: [{ from: { v1: 90, v3: 10 }, to: { v1: 100, v3: 0 } }],
        changes: [],
      },
    });
    expect(house.split).toEqual({ v1: 90, v3: 10 });

    const confirmed = await house.clickRollback(first.id, stampIn(asked), house.asker('U02BOB'));
    await house.work();

    expect(confirmed).toMatchObject({ kind: 'accepted', change: { reverts: first.id, by: 'U02BOB' } });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('while another one is in line is the same rollback', async () => {
    const house = new House();
    await house.applied('v3', 10);
    await house.applied('v3', 50);

    const first = acceptedIn(await house.typeRollback(undefined, house.asker('U01ALICE')));
    const second = await house.typeRollback(undefined, house.asker('U02BOB'));

    expect(second).toMatchObject({ kind: 'accepted', again: true, change: { id: first.id, by: 'U01ALICE' } });
  });

  it('that was told so takes nothing back when it is delivered once more, after the first one is live', async () => {
    const house = new House();
    await house.applied('v3', 10);
    await house.applied('v3', 50);
    const bob = house.asker('U02BOB');
    await house.typeRollback(undefined, house.asker('U01ALICE'));
    await house.typeRollback(undefined, bob);
    await house.work();
    house.pass(120_000);

    expect(await house.typeRollback(undefined, { ...bob, until: Infinity, answerBy: Infinity })).toEqual({
      kind: 'refused-before',
    });

    await house.work();
    expect(house.split).toEqual({ v1: 90, v3: 10 });
  });

  it('asks where a change of several rules is taken back, and says which', async () => {
    const house = twoRules();
    const moves = [
      { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } },
      { rule: orders, from: { v1: 100 }, to: { v1: 80, v3: 20 } },
    ] as const;
    const open = await house.mesh.open(reviewsObject);
    const made = revision({ id: 'c-00000007', ...moves[0], also: [moves[1]] });
    await open.write({ kind: 'weights', moves }, made);

    const asked = await house.typeRollback();
    expect(asked).toMatchObject({ kind: 'confirm', undo: { moves: [{ rule: 'default' }, { rule: orders }] } });
    await house.clickRollback(made.id, stampIn(asked));
    await house.work();

    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 100, v3: 0 });
    expect(house.mesh.splitOf(reviewsObject, orders)).toEqual({ v1: 100, v3: 0 });
  });

  it('names each change once, also one that is being applied and stands in the history already', async () => {
    const house = new House();
    const first = await house.applied('v3', 10);
    const second = await house.accepted('v3', 50);
    await house.changes.begin(second.id, 60_000);
    const open = await house.mesh.open(reviewsObject);
    const [edit] = second.edits;
    if (edit.kind !== 'weights') throw new Error('not of weights');
    const [move] = edit.moves;
    await open.write(edit, { id: second.id, at: house.now().toISOString(), by: 'U01ALICE', ...move });

    expect(await house.clickRollback(first.id)).toMatchObject({
      kind: 'confirm',
      undo: { changes: [{ id: second.id }] },
    });
  });

  it('says which controller moved the weights, and nothing of it where they are what they were', async () => {
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

describe('a typed rollback to a change of more than weights', () => {
  const spec = routing('reviews', { v1: 100 });
  const file = routing('reviews', { v1: 100 }, toJason);

  async function house(): Promise<EditsHouse> {
    const world = new EditsHouse([[service('reviews'), spec]]);
    world.ruleFiles.write('jason', [manifest('reviews', file)]);
    return world;
  }

  it('that was taken back makes it again', async () => {
    const world = await house();
    const change = await world.done('/shift apply jason');
    await rollBackTyped(world);
    expect(world.spec(service('reviews'))).toEqual(spec);

    await rollBackTyped(world, change.id);

    expect(world.spec(service('reviews'))).toEqual(file);
  });

  it('to a change before it takes it back whole', async () => {
    const world = await house();
    const shift = await world.applied('v3', 50);
    await world.done('/shift apply jason');

    await rollBackTyped(world, shift.id);

    expect(world.spec(service('reviews'))).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('that came while the person asked for one before it takes it back whole, too', async () => {
    const world = await house();
    const shift = await world.applied('v3', 50);
    await world.applied('v3', 20);
    const shown = await world.type('/shift apply jason');
    world.mesh.afterNextRead(async () => {
      await world.click('/shift apply jason', shown);
      await world.work();
    });

    await rollBackTyped(world, shift.id);

    expect(world.spec(service('reviews'))).toEqual(routing('reviews', { v1: 80, v3: 20 }));
  });

  it('is told by a dry run, too', async () => {
    const world = await house();
    await world.done('/shift apply jason');
    const command = parseCommand('/shift rollback reviews --dry-run');
    if (command.verb !== 'rollback') throw new Error('not understood');

    expect(await requestRollback(world.desk, command, world.asker())).toMatchObject({
      kind: 'preview',
      plan: { edits: [{ edit: { kind: 'content', after: { spec } } }] },
    });
  });
});

describe('a rollback of what was taken back with a change before it', () => {
  it('is refused, and moves nothing forward', async () => {
    const house = new House();
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50);
    const back = acceptedIn(await house.clickRollback(first.id, stampIn(await house.clickRollback(first.id))));
    await house.work();

    expect(await house.clickRollback(second.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-rolled-back', by: { id: back.id } },
    });
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('is refused for a rule file, too', async () => {
    const world = new EditsHouse([[service('reviews'), routing('reviews', { v1: 100 })]]);
    world.ruleFiles.write('jason', [manifest('reviews', routing('reviews', { v1: 100 }, toJason))]);
    world.ruleFiles.write('public', [
      manifest('reviews', { ...routing('reviews', { v1: 100 }, toJason), gateways: ['public'] }),
    ]);
    const first = await world.done('/shift apply jason');
    const second = await world.done('/shift apply public');
    const back = acceptedIn(await world.clickRollback(first.id, stampIn(await world.clickRollback(first.id))));
    await world.work();

    expect(await world.clickRollback(second.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-rolled-back', by: { id: back.id } },
    });
    expect(world.spec(service('reviews'))).toEqual(routing('reviews', { v1: 100 }));
  });

  it('says what else would come back, where the card of an older rollback is clicked', async () => {
    const house = new House();
    await house.applied('v3', 10);
    await house.applied('v3', 50);
    const [newer, older] = [await rollBackTyped(house), await rollBackTyped(house)];

    const asked = await house.clickRollback(newer.id);

    expect(asked).toMatchObject({ kind: 'confirm', undo: { changes: [{ id: older.id }] } });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });
});
