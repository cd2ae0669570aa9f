import { beforeEach, describe, expect, it } from 'vitest';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { MeshUnavailableError, RejectedError } from '../../../src/workflow/errors.ts';
import { moving, splits } from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';
import { kinds } from '../kinds.ts';
import { defined, defines, routed, routing, sendsWhole, service } from '../manifests.ts';

const reviews = service('reviews');

describe.each(kinds)('in line behind $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it('a shift is applied after it, whichever job comes first', async () => {
    const [first, second] = [await house.accepted('v3', 10), await house.shifted('v3', 20)];
    const third = await house.shifted('v3', 30);

    expect(await house.attempt(third)).toEqual({ kind: 'done' });

    expect(house.ledger.revisions.map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
    expect([first, second, third].map(({ id }) => house.stored(id).state.kind)).toEqual(Array(3).fill('applied'));
    expect(house.split).toEqual({ v1: 70, v3: 30 });
  });

  it('a shift is planned from what it will leave', async () => {
    const first = await house.accepted('v3', 50);

    const answer = await house.shift('v2', 20);

    const after = moving({ v1: 50, v3: 50 }, { v1: 40, v2: 20, v3: 40 }, { seq: 1, behind: first.id });
    expect(answer).toMatchObject({ kind: 'accepted', behind: 1, change: after });
    await house.work();
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('a shift is planned from what is live when it was applied just before the line was read', async () => {
    const earlier = await house.accepted('v3', 50);
    house.mesh.afterNextRead(async () => {
      await house.attempt(earlier);
    });

    const change = await house.shifted('v2', 20);
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.split).toEqual({ v1: 40, v2: 20, v3: 40 });
  });

  it('a shift waits while another worker has it in hand', async () => {
    const [first, second] = [await house.accepted('v3', 10), await house.shifted('v3', 20)];
    await house.changes.begin(first.id, leaseMs);

    expect(await house.attempt(second)).toMatchObject({ kind: 'not-yet' });

    expect(house.ledger.seq).toBe(0);
  });

  it('a shift finishes what another worker left halfway', async () => {
    const [first, second] = [await house.accepted('v3', 10), await house.shifted('v3', 20)];
    await house.changes.begin(first.id, leaseMs);
    house.pass(5_000);

    expect(await house.attempt(second)).toEqual({ kind: 'done' });

    expect(house.ledger.revisions.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it('a shift waits as long as something outside does not serve it', async () => {
    const [first, second] = [await house.accepted('v3', 10), await house.shifted('v3', 20)];
    house.mesh.failReads(new MeshUnavailableError('away'));

    expect(await house.attempt(second)).toMatchObject({ kind: 'not-yet' });

    expect(house.stored(first.id).state.kind).toBe('applying');
    expect(house.stored(second.id).state.kind).toBe('queued');
  });

  it('a shift is held when it ended without effect', async () => {
    const [first, second] = [await house.accepted('v3', 10), await house.shifted('v3', 20)];
    house.mesh.failWrites({ error: new RejectedError('no') });

    await house.work();

    expect(house.stored(first.id).state).toMatchObject({ kind: 'failed', because: 'rejected' });
    const held = { kind: 'held', because: 'predecessor-missing', found: splits({ v1: 100 }) };
    expect(house.stored(second.id).state).toMatchObject(held);
    expect(house.split).toEqual({ v1: 100 });
  });

  it('all keep their order and are written once, with ten workers on one object', async () => {
    const ids = [];
    for (let percent = 1; percent <= 20; percent += 1) {
      const accepted = percent === 1 ? await house.accepted('v3', percent) : await house.shifted('v3', percent);
      await house.queue.addAgain(accepted);
      ids.push(accepted.id);
    }

    await house.work(10);

    expect(house.ledger.seq).toBe(20);
    expect(house.ledger.revisions.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(house.split).toEqual({ v1: 80, v3: 20 });
    expect(house.meter.outcomes).toEqual(Array(20).fill('applied'));
  });

  it('nothing is left of it as soon as it has ended', async () => {
    await house.applied('v3', 50);

    expect(await house.changes.lines([reviews, ...house.others])).toMatchObject({ waiting: [] });
    expect(await house.shift('v3', 80)).toMatchObject({ behind: 0 });
  });
});

describe('a rule file of two objects', () => {
  const world = () => {
    const house = new House(routed('reviews', { v1: 100 }), routed('ratings', { v1: 100 }));
    house.ruleFiles.write('both', [sendsWhole('reviews', { v2: 100 }), sendsWhole('ratings', { v2: 100 })]);
    return house;
  };

  it.each(['reviews', 'ratings'])('holds back what is accepted after it on either: %s', async (name) => {
    const house = world();
    const both = await house.clicked('/shift apply both');
    const shift = await house.shiftOf(name, 'v3', 50);

    const behind = { behind: 1, change: { edits: [{ behind: both.id, seq: 1, moves: [{ from: { v2: 100 } }] }] } };
    expect(shift).toMatchObject(behind);
    const { id } = acceptedIn(shift);
    expect(await house.attempt({ id })).toEqual({ kind: 'done' }); // which does the file first

    expect(house.stored(both.id).state.kind).toBe('applied');
    expect(house.stored(id).state.kind).toBe('applied');
    expect(house.mesh.ledgerOf(service(name)).revisions.map((each) => each.id)).toEqual([id, both.id]);
    expect(house.mesh.splitOf(service(name))).toEqual({ v2: 50, v3: 50 });
  });

  it('waits for what was accepted before it on either', async () => {
    const house = world();
    const { id } = acceptedIn(await house.shiftOf('ratings', 'v3', 50));

    const shown = await house.type('/shift apply both');
    expect(await house.click('/shift apply both', shown)).toMatchObject({ kind: 'busy', first: { id } });
  });
});

describe('behind a rule file of versions alone', () => {
  it('a shift starts from what the service has, and is applied after it', async () => {
    const there = [routed('reviews', { v1: 80, v3: 20 }), defined('reviews', 'v1', 'v2', 'v3')];
    const house = new House(...there);
    house.ruleFiles.write('v4', [defines('reviews', 'v1', 'v2', 'v3', 'v4')]);
    const file = await house.clicked('/shift apply v4');

    const shift = await house.shifted('v3', 50);
    expect(shift).toMatchObject(moving({ v1: 80, v3: 20 }, { v1: 50, v3: 50 }));
    await house.work();

    expect(house.stored(file.id).state.kind).toBe('applied');
    expect(house.stored(shift.id).state.kind).toBe('applied');
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });
});
