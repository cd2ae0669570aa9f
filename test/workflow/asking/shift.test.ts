import { beforeEach, describe, expect, it } from 'vitest';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { requestId } from '../../../src/workflow/desk.ts';
import { Turns } from '../../../src/workflow/turns.ts';
import { changeId, jason, moving, reviews, reviewsObject, rule, weightsEdit } from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';

const half = { kind: 'share', version: 'v3', percent: 50 } as const;
let house: House;

beforeEach(() => {
  house = new House();
});

describe('a shift', () => {
  it('becomes a change in line, planned from what is live', async () => {
    house = new House(reviews({ v1: 90, v2: 10 }, { seq: 4, rules: [jason, rule({ v1: 90, v2: 10 })] }));
    const asker = house.asker('U01ALICE', { origin: { team: 'T1', channel: 'C1', thread: '17.1' } });

    const answer = await house.shift('v2', 50, { reason: 'red stars' }, asker);

    expect(answer).toEqual({
      kind: 'accepted',
      behind: 0,
      again: false,
      change: {
        id: requestId(asker.request),
        request: asker.request,
        aim: { kind: 'split', focus: 'v2' },
        edits: [
          weightsEdit({ from: { v1: 90, v2: 10 }, to: { v1: 50, v2: 50 }, seq: 4, pinned: ['end-user = jason → v2'] }),
        ],
        service: 'reviews',
        by: 'U01ALICE',
        reason: 'red stars',
        origin: asker.origin,
        deed: 'shift',
        team: undefined,
        acceptedAt: house.now().toISOString(),
        state: { kind: 'queued' },
        rev: 0,
      },
    });
  });

  it('for another rule starts from what that rule has, behind those in line', async () => {
    const api = rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' });
    house = new House(reviews({}, { rules: [api, rule({ v1: 100 })] }));
    await house.accepted('v3', 50);

    const answer = await house.shift('v2', 10, { rule: 'api' });

    expect(answer).toMatchObject({ kind: 'accepted', change: moving({ v1: 100 }, { v1: 90, v2: 10 }) });
    await house.work();
    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.mesh.splitOf(reviewsObject, 'api')).toEqual({ v1: 90, v2: 10 });
  });

  it('is planned anew when somebody takes the place it was planned for', async () => {
    house.changes.afterNextLine(async () => {
      await house.accepted('v3', 50);
    });

    const change = await house.accepted('v2', 20);

    expect(change).toMatchObject(moving({ v1: 50, v3: 50 }, { v1: 40, v2: 20, v3: 40 }, { seq: 1 }));
    await house.work();
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('of five people at once is five changes, each planned from the one before', async () => {
    house = new House(reviews({ v1: 100, v3: 0 }));
    const percents = Array.from({ length: 5 }, (_, at) => 10 + at);

    const answers = await Promise.all(percents.map((percent) => house.shift('v3', percent)));
    await house.work();

    expect(house.ledger.seq).toBe(percents.length);
    const inOrder = house.ledger.revisions.toReversed();
    expect(inOrder.map(({ from }) => from)).toEqual([{ v1: 100, v3: 0 }, ...inOrder.slice(0, -1).map(({ to }) => to)]);
    expect(answers.map((answer) => acceptedIn(answer).id).toSorted()).toEqual(inOrder.map(({ id }) => id).toSorted());
  });

  it.each`
    version | percent | refusal
    ${'v4'} | ${50}   | ${{ reason: 'unknown-version', version: 'v4', versions: ['v1', 'v2', 'v3'] }}
    ${'v1'} | ${100}  | ${{ reason: 'already-there', split: { v1: 100 } }}
  `('for $percent % to $version is refused: $refusal.reason', async ({ version, percent, refusal }) => {
    const answer = await house.shift(version, percent);

    expect(answer).toMatchObject({ kind: 'refused', refusal });
    expect(house.changes.all).toEqual([]);
  });

  it('says which change in line will bring what is wished, and since when it is so', async () => {
    const { id } = await house.accepted('v3', 50);

    const waiting = await house.shift('v3', 50);
    await house.work();
    const done = await house.shift('v3', 50);

    expect(waiting).toMatchObject({ kind: 'refused', refusal: { reason: 'already-there', waiting: id } });
    expect(done).toMatchObject({ kind: 'refused', refusal: { reason: 'already-there', since: { id } } });
  });

  it('answers a delivery repeated as accepted, though the first was applied while the second was planned', async () => {
    const asker = house.asker();
    const turns = new (class extends Turns {
      override async run<T>(key: string, work: () => Promise<T>): Promise<T> {
        await house.applied('v3', 50, {}, asker);
        return super.run(key, work);
      }
    })();

    const command = { verb: 'shift', service: { service: 'reviews' }, wish: half, options: { dryRun: false } } as const;
    const answer = await requestShift({ ...house.desk, turns }, command, asker);

    expect(answer).toMatchObject({ kind: 'accepted', again: true });
  });

  it.each`
    typed                                             | found
    ${{ service: 'ratings' }}                         | ${{ kind: 'unknown-service', services: ['reviews'] }}
    ${{ service: 'reviews', namespace: 'elsewhere' }} | ${{ kind: 'unknown-service', services: [] }}
    ${{ service: 'reviews', cluster: 'mars' }}        | ${{ kind: 'unknown-cluster', clusters: ['sandbox'] }}
  `('for $typed finds nothing and says what there is', async ({ typed, found }) => {
    const command = { verb: 'shift', service: typed, wish: half, options: { dryRun: false } } as const;
    const answer = await requestShift(house.desk, command, house.asker());

    expect(answer).toMatchObject({ kind: 'not-found', name: typed, found });
  });
});

describe('a promotion', () => {
  it('gives everything to the version the change was about', async () => {
    const change = await house.applied('v3', 50);

    const promotion = acceptedIn(await house.clickPromote(change.id));
    await house.work();

    expect(promotion).toMatchObject({ aim: { focus: 'v3' }, edits: [{ seq: 1 }] });
    expect(house.split).toEqual({ v1: 0, v3: 100 });
    expect(house.chat.shows(change.id)?.state).toMatchObject({ later: promotion.id });
  });

  it('is behind all that waits', async () => {
    const change = await house.applied('v3', 50);
    await house.accepted('v2', 20);

    expect(await house.clickPromote(change.id)).toMatchObject({ kind: 'accepted', behind: 1 });
  });

  it.each`
    of                                  | make
    ${'a change about no version'}      | ${async () => acceptedIn(await house.shiftAll({ v1: 50, v3: 50 })).id}
    ${'a change that nobody remembers'} | ${async () => changeId(99)}
  `('of $of is not understood', async ({ make }) => {
    const id = await make();

    expect(await house.clickPromote(id)).toEqual({ kind: 'unknown-change', id });
  });
});
