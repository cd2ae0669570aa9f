import { describe, expect, it } from 'vitest';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { RejectedError } from '../../../src/workflow/errors.ts';
import { changeId, jason, planning, reviews, reviewsObject, rule } from '../../support/builders.ts';
import { acceptedIn, House, stampIn } from '../house.ts';

describe('a rollback', () => {
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

    const rollback = acceptedIn(await house.clickRollback(change.id));
    await house.work();

    const { [version as string]: added = 0, ...rest } = house.split;
    expect({ ...rest, ...(version in before || added !== 0 ? { [version]: added } : {}) }).toEqual(before);
    expect(house.ledger).toMatchObject({
      seq: 2,
      revisions: [{ id: rollback.id, reverts: change.id }, { id: change.id }],
    });
    expect(house.chat.shows(change.id)?.state).toMatchObject({
      rolledBack: { by: 'U01ALICE', change: rollback.id },
    });
    expect(house.chat.shows(change.id)?.state).not.toHaveProperty('later');
    expect(house.chat.shows(rollback.id)?.state.kind).toBe('applied');
  });

  it('keeps the destination of the version it takes away, and leaves pinned rules alone', async () => {
    const house = new House(reviews({}, { rules: [jason, rule({ v1: 100 })] }));
    const change = await house.applied('v3', 50);

    await house.clickRollback(change.id);
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
    expect(house.mesh.splitOf(reviewsObject, '#1')).toEqual({ v2: 100 });
  });

  it('of a rule that is named brings back that rule', async () => {
    const api = rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' });
    const house = new House(reviews({}, { rules: [api, rule({ v1: 100 })] }));
    const change = await house.applied('v3', 50, { rule: 'api' });
    await house.applied('v2', 50);

    expect(await house.clickRollback(change.id)).toMatchObject({ kind: 'accepted' });
    await house.work();

    expect(house.mesh.splitOf(reviewsObject, 'api')).toEqual({ v1: 100, v3: 0 });
    expect(house.split).toEqual({ v1: 50, v2: 50 });
  });

  it('clicked twice is one rollback', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);

    const [first, second] = [await house.clickRollback(change.id), await house.clickRollback(change.id)];
    await house.work();

    expect(second).toMatchObject({ kind: 'accepted', again: true, change: { id: acceptedIn(first).id } });
    expect(house.ledger.seq).toBe(2);
  });

  it('typed once and delivered again is the same rollback, whatever came after it', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const asker = house.asker();
    const first = acceptedIn(await house.typeRollback(undefined, asker));
    await house.work();

    const again = await house.typeRollback(undefined, asker);
    await house.work();

    expect(again).toMatchObject({ kind: 'accepted', again: true, change: { id: first.id, reverts: change.id } });
    expect(house.ledger.seq).toBe(2);
  });

  it('of a change that the history has outgrown asks first, and then brings back what the record holds', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, ledger: { seq: 40, revisions: [] } }));

    const seen = stampIn(await house.clickRollback(change.id));
    expect(await house.clickRollback(change.id, seen)).toMatchObject({ kind: 'accepted' });
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('asked for by two people at once is one rollback', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);

    const answers = await Promise.all([
      house.clickRollback(change.id, undefined, house.asker('U01ALICE')),
      house.clickRollback(change.id, undefined, house.asker('U02BOB')),
      house.typeRollback(undefined, house.asker('U03CAROL')),
    ]);
    await house.work();

    expect(new Set(answers.map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(house.ledger.seq).toBe(2);
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('goes before what has not begun, which is then not applied over it', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const waiting = await house.accepted('v3', 80);

    const rollback = await house.clickRollback(change.id);
    await house.work();

    expect(rollback).toMatchObject({ kind: 'accepted', behind: 0 });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
    expect(house.stored(waiting.id).state).toMatchObject({ kind: 'superseded', by: acceptedIn(rollback).id });
  });

  it('of a rollback brings back what the rollback took away', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const rollback = acceptedIn(await house.clickRollback(change.id));
    await house.work();

    const again = acceptedIn(await house.clickRollback(rollback.id));
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.ledger.revisions[0]).toMatchObject({ id: again.id, reverts: rollback.id });
    expect(house.chat.shows(rollback.id)?.state).toMatchObject({ rolledBack: { change: again.id } });
  });

  it('that was done already says by whom', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const rollback = acceptedIn(await house.clickRollback(change.id, undefined, house.asker('U02BOB')));
    await house.work();

    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'accepted',
      again: true,
      change: { id: rollback.id, by: 'U02BOB', state: { kind: 'applied' } },
    });
    expect(house.ledger.seq).toBe(2);
  });

  it('that was done already says by whom though the store was lost meanwhile', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    const rollback = acceptedIn(await house.clickRollback(change.id, undefined, house.asker('U02BOB')));
    await house.work();
    house.changes.lose();

    expect(await house.clickRollback(change.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'already-rolled-back', by: { id: rollback.id, by: 'U02BOB' } },
    });
    expect(house.ledger.seq).toBe(2);
  });

  describe('of what others came after', () => {
    it('shows what it would undo, and does nothing yet', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      const second = await house.applied('v2', 20);

      const answer = await house.clickRollback(first.id);

      expect(answer).toMatchObject({
        kind: 'confirm',
        id: first.id,
        undo: {
          moves: [{ from: { v1: 40, v3: 40, v2: 20 }, to: { v1: 100, v3: 0, v2: 0 } }],
          changes: [{ id: second.id }],
          moved: undefined,
        },
      });
      expect(await house.changes.open()).toEqual([]);
    });

    it('is done when it is confirmed', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      const seen = stampIn(await house.clickRollback(first.id));

      expect(await house.clickRollback(first.id, seen)).toMatchObject({ kind: 'accepted' });
      await house.work();

      expect(house.split).toEqual({ v1: 100, v3: 0, v2: 0 });
    });

    it('is shown again when yet another came before it was confirmed', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      const seen = stampIn(await house.clickRollback(first.id));
      await house.applied('v2', 30);

      expect(await house.clickRollback(first.id, seen)).toMatchObject({ kind: 'confirm', undo: { moved: undefined } });
      expect(house.split).toEqual({ v1: 35, v3: 35, v2: 30 });
    });

    it('is shown again when somebody moved the weights by hand before it was confirmed', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      const seen = stampIn(await house.clickRollback(first.id));
      house.mesh.moveByHand(reviewsObject, { v1: 5, v2: 5, v3: 90 });

      expect(await house.clickRollback(first.id, seen)).toMatchObject({
        kind: 'confirm',
        undo: { moved: { manager: 'kubectl-edit' } },
      });
      expect(house.split).toEqual({ v1: 5, v2: 5, v3: 90 });
    });

    it('asks about what a worker is applying at this moment too', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      const second = acceptedIn(await house.shift('v2', 20));
      await house.changes.begin(second.id, leaseMs);

      expect(await house.clickRollback(first.id)).toMatchObject({
        kind: 'confirm',
        undo: { moves: [{ from: { v1: 40, v3: 40, v2: 20 } }], changes: [{ id: second.id }] },
      });
    });

    it.each([{ how: 'clicked' }, { how: 'typed' }])(
      'asks too when the weights were moved by hand: $how',
      async ({ how }) => {
        const house = new House();
        const change = await house.applied('v3', 50);
        house.mesh.moveByHand(reviewsObject, { v1: 20, v3: 80 });

        const answer = how === 'clicked' ? await house.clickRollback(change.id) : await house.typeRollback();

        expect(answer).toMatchObject({
          kind: 'confirm',
          id: change.id,
          undo: {
            moves: [{ from: { v1: 20, v3: 80 }, to: { v1: 100, v3: 0 } }],
            changes: [],
            moved: { manager: 'kubectl-edit' },
          },
        });
        expect(house.split).toEqual({ v1: 20, v3: 80 });
      },
    );
  });

  describe('typed', () => {
    it('takes back the newest change of the rule', async () => {
      const house = new House();
      await house.applied('v3', 50);
      const second = await house.applied('v2', 20);

      const rollback = acceptedIn(await house.typeRollback(undefined, house.asker(), { reason: 'too many errors' }));
      await house.work();

      expect(rollback).toMatchObject({ reverts: second.id, reason: 'too many errors' });
      expect(house.split).toEqual({ v1: 50, v3: 50, v2: 0 });
    });

    it('goes back to what a named change made, over all that came after it', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      await house.applied('v2', 30);

      expect(await house.typeRollback(first.id)).toMatchObject({ kind: 'accepted' });
      await house.work();

      expect(house.split).toEqual({ v1: 50, v3: 50, v2: 0 });
    });

    it('of a service that we never changed is refused', async () => {
      const house = new House();

      expect(await house.typeRollback()).toMatchObject({
        kind: 'refused',
        refusal: { reason: 'nothing-to-roll-back' },
      });
    });

    it('to a change that the history does not have names those it has', async () => {
      const house = new House();
      const change = await house.applied('v3', 50);

      expect(await house.typeRollback(changeId(99))).toMatchObject({
        kind: 'refused',
        refusal: { reason: 'unknown-change', known: [change.id] },
      });
    });

    it('as a dry run shows the way back and leaves no trace', async () => {
      const house = new House();
      await house.applied('v3', 50);

      expect(await house.typeRollback(undefined, house.asker(), { dryRun: true })).toMatchObject({
        kind: 'preview',
        plan: planning({ v1: 50, v3: 50 }, { v1: 100, v3: 0 }),
      });
      expect(await house.changes.open()).toEqual([]);
    });

    it('takes its turn among the shifts of the same process, and does not fail where there are many', async () => {
      const house = new House();
      await house.applied('v3', 50);
      const read = house.changes.lines.bind(house.changes);
      let readings = 0;
      house.changes.lines = (objects) => {
        readings += 1;
        return read(objects);
      };
      const shift = (percent: number) => {
        const wish = { kind: 'share', version: 'v2', percent } as const;
        const command = { verb: 'shift', service: { service: 'reviews' }, wish, options: { dryRun: false } } as const;
        return requestShift(house.desk, command, house.asker());
      };
      const many = [1, 2, 3, 4, 5, 6].map((each) => shift(each));

      const answers = await Promise.all([...many, house.typeRollback(), ...[7, 8].map((each) => shift(each))]);

      expect(answers.map(({ kind }) => kind)).toEqual(answers.map(() => 'accepted'));
      expect(readings).toBe(answers.length);
    });

    it('as a dry run asks the API server, too, where what waits comes after it', async () => {
      const house = new House();
      await house.applied('v3', 50);
      await house.accepted('v3', 80);

      expect(await house.typeRollback(undefined, house.asker(), { dryRun: true })).toMatchObject({
        kind: 'preview',
        waiting: 0,
        plan: { edits: [{ trial: { kind: 'fine' } }] },
      });
    });
  });

  describe('after the store was lost', () => {
    it('works from what the object itself remembers', async () => {
      const house = new House();
      const change = await house.applied('v3', 50);
      house.changes.lose();

      const rollback = acceptedIn(await house.clickRollback(change.id));
      await house.work();

      expect(rollback).toMatchObject({ edits: [{ object: reviewsObject }], service: 'reviews', reverts: change.id });
      expect(house.split).toEqual({ v1: 100, v3: 0 });
    });

    it('is done once, though nothing but the object knows that it was', async () => {
      const house = new House();
      const change = await house.applied('v3', 50);
      await house.clickRollback(change.id);
      await house.work();
      house.changes.lose();

      expect(await house.clickRollback(change.id)).toMatchObject({
        kind: 'refused',
        refusal: { reason: 'already-rolled-back' },
      });
    });

    it('says so of a change that nobody remembers', async () => {
      const house = new House();
      const waiting = await house.accepted('v3', 50);
      house.changes.lose();

      expect(await house.clickRollback(waiting.id)).toEqual({ kind: 'unknown-change', id: waiting.id });
    });
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

  it('that ended without effect may be asked for again, as another change', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    house.mesh.failWrites({ error: new RejectedError('a webhook says no') });
    const first = acceptedIn(await house.clickRollback(change.id));
    await house.work();
    expect(house.stored(first.id).state.kind).toBe('failed');

    const second = acceptedIn(await house.clickRollback(change.id));
    await house.work();

    expect(second.id).not.toBe(first.id);
    expect(house.split).toEqual({ v1: 100, v3: 0 });
    expect(house.chat.shows(change.id)?.state).toMatchObject({ rolledBack: { change: second.id } });
  });

  it('of a change that was never applied says so', async () => {
    const house = new House();
    const waiting = await house.accepted('v3', 50);

    expect(await house.clickRollback(waiting.id)).toEqual({ kind: 'not-applied', change: waiting });
  });

  it('of an object that is gone says so', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    house.mesh.remove(reviewsObject);

    expect(await house.clickRollback(change.id)).toMatchObject({ kind: 'not-found', found: { kind: 'gone' } });
  });
});

describe('a promotion', () => {
  it('gives everything to the version the change was about', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);

    const promotion = acceptedIn(await house.clickPromote(change.id));
    await house.work();

    expect(promotion).toMatchObject({ aim: { focus: 'v3' }, edits: [{ seq: 1 }] });
    expect(house.split).toEqual({ v1: 0, v3: 100 });
    expect(house.chat.shows(change.id)?.state).toMatchObject({ later: promotion.id });
  });

  it('is behind all that waits', async () => {
    const house = new House();
    const change = await house.applied('v3', 50);
    await house.accepted('v2', 20);

    expect(await house.clickPromote(change.id)).toMatchObject({ kind: 'accepted', behind: 1 });
  });

  it.each`
    of                                  | make
    ${'a change about no version'}      | ${async (house: House) => acceptedIn(await house.shiftAll({ v1: 50, v3: 50 })).id}
    ${'a change that nobody remembers'} | ${async () => changeId(99)}
  `('of $of is not understood', async ({ make }) => {
    const house = new House();
    const id = await make(house);

    expect(await house.clickPromote(id)).toEqual({ kind: 'unknown-change', id });
  });
});
