import { beforeEach, describe, expect, it } from 'vitest';
import { NotPermittedError } from '../../../src/workflow/errors.ts';
import { acceptedIn, House, stampIn } from '../house.ts';
import {
  defined,
  defines,
  destination,
  manifest,
  routed,
  routing,
  sends,
  sendsWhole,
  service,
  toJason,
} from '../manifests.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const line = '/shift apply all-v1';

/** Reviews is replaced, ratings and its versions are created. */
describe('the rollback of a rule file of several objects', () => {
  const before = { labels: { team: 'books' }, spec: routing('reviews', { v1: 100 }, toJason) };
  let house: House;

  beforeEach(() => {
    house = new House([reviews, before]);
    const all = [sends('reviews', { v3: 100 }), sends('ratings', { v1: 100 }), defines('ratings', 'v1', 'v2')];
    house.ruleFiles.write('all-v1', all);
  });

  it('deletes what it created and brings back what it replaced', async () => {
    const change = await house.done(line);

    const back = await house.rolledBack(change.id);

    expect(back.state.kind).toBe('applied');
    expect(house.mesh.contentOf(reviews)).toEqual(before);
    expect([house.spec(ratings), house.spec(destination('ratings'))]).toEqual([undefined, undefined]);
    expect(house.stored(change.id).state).toMatchObject({ rolledBack: { change: back.id } });
    expect(house.ledger).toMatchObject({
      seq: 2,
      revisions: [{ id: back.id, reverts: change.id }, { id: change.id }],
    });
  });

  it('deletes what uses versions before it deletes the versions', async () => {
    const change = await house.done(line);

    const back = await house.rolledBack(change.id);

    expect(back.edits.map(({ object: { kind, name } }) => `${kind} ${name}`)).toEqual([
      'VirtualService reviews',
      'VirtualService ratings',
      'DestinationRule ratings',
    ]);
  });

  it('is typed once and delivered again, though an object is gone by then', async () => {
    const change = await house.done(line);
    const asker = house.asker();

    const first = acceptedIn(await house.typeRollback(undefined, asker));
    await house.work();
    const again = acceptedIn(await house.typeRollback(undefined, asker));

    expect(first).toMatchObject({ reverts: change.id });
    expect(again.id).toBe(first.id);
    expect(house.spec(ratings)).toBeUndefined();
  });

  it('is taken back: all of it is made again', async () => {
    const change = await house.done(line);
    const back = await house.rolledBack(change.id);

    await house.rolledBack(back.id);

    expect(house.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(house.mesh.ledgerOf(ratings)).toMatchObject({ seq: 3 });
  });

  it.each`
    what                             | happens
    ${'a later shift'}               | ${async () => void (await house.applied('v1', 50))}
    ${'an edit by somebody else'}    | ${() => house.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v2: 100 }) }))}
    ${'a deletion by somebody else'} | ${() => house.mesh.remove(reviews)}
  `('shows first that it would undo $what, and then does so', async ({ happens }) => {
    const change = await house.done(line);
    await happens();
    await house.settled();

    const asked = await house.clickRollback(change.id);
    expect(asked.kind).toBe('confirm');
    expect(house.changes.all.filter(({ reverts }) => reverts !== undefined)).toEqual([]);
    await house.rolledBack(change.id, stampIn(asked));

    expect(house.spec(reviews)).toEqual(before.spec);
    expect(house.spec(ratings)).toBeUndefined();
  });

  it('asks first where what it brings back has lost its versions since', async () => {
    house = new House(routed('reviews', { v8: 100 }), defined('reviews', 'v3', 'v8'));
    house.ruleFiles.write('v3', [sendsWhole('reviews', { v3: 100 })]);
    const change = await house.done('/shift apply v3');
    house.mesh.editWhole(destination('reviews'), () => ({ spec: defines('reviews', 'v3').spec }));

    const asked = await house.clickRollback(change.id);
    expect(asked).toMatchObject({
      kind: 'confirm',
      undo: { changes: [], moved: undefined },
      plan: { warnings: [{ kind: 'undefined-versions', versions: [{ version: 'v8' }] }] },
    });
    expect(house.split).toEqual({ v3: 100 });

    expect((await house.rolledBack(change.id, stampIn(asked))).state.kind).toBe('applied');
  });

  it('is held when somebody writes an object between the click and the write', async () => {
    const change = await house.done(line);
    const back = acceptedIn(await house.clickRollback(change.id));
    house.mesh.editWhole(ratings, () => ({ spec: routing('ratings', { v2: 100 }) }));

    await house.work();

    expect(house.stored(back.id).state).toMatchObject({ kind: 'held', found: [{ object: ratings }] });
    expect(house.spec(ratings)).toEqual(routing('ratings', { v2: 100 }));
    expect(house.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
  });

  it('that was done in part can be asked for again, and does the rest', async () => {
    house = new House(routed('reviews', { v2: 100 }));
    house.ruleFiles.write('two', [sendsWhole('reviews', { v1: 100 }), sends('ratings', { v1: 100 })]);
    const change = await house.done('/shift apply two');
    house.mesh.failWrites('none', { error: new NotPermittedError('cannot delete') });
    const half = await house.rolledBack(change.id);
    expect(half.state).toMatchObject({ kind: 'failed', written: [reviews] });
    expect(house.spec(ratings)).toBeDefined();

    const rest = await house.rolledBack(change.id);

    expect(rest.state.kind).toBe('applied');
    expect(house.spec(ratings)).toBeUndefined();
    expect(house.spec(reviews)).toEqual(routing('reviews', { v2: 100 }));
  });

  it('without its record is refused, and says what the split was', async () => {
    const change = await house.done(line);
    house.changes.lose();

    const answers = [await house.clickRollback(change.id), await house.typeRollback()];

    const refused = { kind: 'refused', refusal: { reason: 'record-lost', revision: { from: { v1: 100 } } } };
    expect(answers).toMatchObject([refused, refused]);
    expect(house.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
  });
});

describe('a typed rollback where a change was of more than weights', () => {
  const file = routing('reviews', { v1: 100 }, toJason);
  let house: House;

  beforeEach(() => {
    house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('jason', [sends('reviews', { v1: 100 }, toJason)]);
  });

  async function rollBackTyped(to?: `c-${string}`) {
    acceptedIn(await house.typeRollback(to));
    await house.work();
    house.pass(61_000);
  }

  it('to it, once it was taken back, makes it again', async () => {
    const change = await house.done('/shift apply jason');
    await rollBackTyped();
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));

    await rollBackTyped(change.id);

    expect(house.spec(reviews)).toEqual(file);
  });

  it('to one of weights before it takes it back whole', async () => {
    const shift = await house.applied('v3', 50);
    await house.done('/shift apply jason');

    await rollBackTyped(shift.id);

    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('to one of weights before it, where it came while the person asked, takes it back whole, too', async () => {
    const shift = await house.applied('v3', 50);
    await house.applied('v3', 20);
    const shown = await house.type('/shift apply jason');
    house.mesh.afterNextRead(async () => {
      await house.click('/shift apply jason', shown);
      await house.work();
    });

    await rollBackTyped(shift.id);

    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 80, v3: 20 }));
  });

  it('is told by a dry run, too', async () => {
    await house.done('/shift apply jason');

    const answer = await house.typeRollback(undefined, house.asker(), { dryRun: true });

    const edit = { kind: 'content', after: { spec: routing('reviews', { v1: 100 }) } };
    expect(answer).toMatchObject({ kind: 'preview', plan: { edits: [{ edit }] } });
  });
});

describe('the rollback of a rule file that was taken back with one before it', () => {
  it('is refused, and writes nothing', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('jason', [sends('reviews', { v1: 100 }, toJason)]);
    const spec = { ...routing('reviews', { v1: 100 }, toJason), gateways: ['public'] };
    house.ruleFiles.write('public', [manifest('reviews', spec)]);
    const first = await house.done('/shift apply jason');
    const second = await house.done('/shift apply public');
    const back = await house.rolledBack(first.id, stampIn(await house.clickRollback(first.id)));

    const refusal = { reason: 'already-rolled-back', by: { id: back.id } };
    expect(await house.clickRollback(second.id)).toMatchObject({ kind: 'refused', refusal });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });
});
