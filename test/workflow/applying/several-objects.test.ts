import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, effectOf } from '../../../src/domain/change/change.ts';
import { MeshUnavailableError, NotPermittedError, RejectedError } from '../../../src/workflow/errors.ts';
import type { WriteFault } from '../../support/mesh-faults.ts';
import { emptyHouse, House } from '../house.ts';
import { defines, destination, routed, routing, sends, sendsWhole, service, toJason } from '../manifests.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const dies = { error: new Error('killed'), stored: true } as const;
const diesBefore = { error: new Error('killed') } as const;

/** Reviews is replaced, and ratings is created: two writes. */
describe('a change of several objects', () => {
  let house: House;
  let change: Change;

  beforeEach(async () => {
    house = new House(routed('reviews', { v1: 100 }, toJason), routed('details', { v1: 100 }));
    const all = ['reviews', 'ratings', 'details'].map((name) => sends(name, { v1: 100 }));
    house.ruleFiles.write('all-v1', all);
    change = await house.clicked('/shift apply all-v1');
  });

  const state = () => house.stored(change.id).state;

  /** What becomes of the write after so many that go well. */
  function failAfter(writes: number, fault: WriteFault): void {
    house.mesh.failWrites(...Array.from({ length: writes }, () => 'none' as const), fault);
  }

  /** A worker dies at the write after so many that go well. */
  async function dieAfter(writes: number, fault: WriteFault = dies): Promise<void> {
    failAfter(writes, fault);
    await expect(house.attempt(change)).rejects.toThrow('killed');
  }

  /** The next worker comes. */
  async function resume(): Promise<void> {
    house.pass(2_000);
    await house.attempt(change);
  }

  it('creates what is missing and replaces what is there, with the record on each, and leaves the rest alone', async () => {
    await house.work();

    for (const ref of [reviews, ratings]) {
      expect(house.spec(ref)).toEqual(routing(ref.name, { v1: 100 }));
      expect(house.mesh.ledgerOf(ref)).toMatchObject({ seq: 1, revisions: [{ id: change.id, does: 'apply all-v1' }] });
    }
    expect(house.mesh.ledgerOf(service('details')).seq).toBe(0);
  });

  it('makes the versions before it sends anything to them', async () => {
    house = emptyHouse();
    house.ruleFiles.write('new', [sends('reviews', { v1: 100 }), defines('reviews', 'v1')]);

    const { id, edits } = await house.done('/shift apply new');

    expect(edits.map(({ object }) => object.kind)).toEqual(['DestinationRule', 'VirtualService']);
    expect(house.mesh.wholeOf(destination('reviews'))?.ledger.revisions).toMatchObject([{ id }]);
  });

  it.each`
    what          | died | meanwhile       | object     | theirs
    ${'creates'}  | ${1} | ${'deletes'}    | ${ratings} | ${undefined}
    ${'replaces'} | ${0} | ${'deletes'}    | ${reviews} | ${undefined}
    ${'replaces'} | ${0} | ${'makes anew'} | ${reviews} | ${routing('reviews', { v1: 100 }, toJason)}
  `(
    'leaves alone what it $what and somebody $meanwhile before the next worker comes, where one dies right after that',
    async ({ died, object, theirs }) => {
      await dieAfter(died);
      if (theirs === undefined) house.mesh.remove(object);
      else house.mesh.putWhole(object, { spec: theirs });

      await resume();

      expect(house.spec(object)).toEqual(theirs);
      expect(state()).toMatchObject({ kind: 'applied', made: [{ seq: 1 }, { seq: 1 }] });
    },
  );

  it('creates what somebody made and deleted while a worker was dead that had not come to it', async () => {
    await dieAfter(1, diesBefore);
    house.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });
    house.mesh.remove(ratings);

    await resume();

    expect(state().kind).toBe('applied');
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });

  it.each([0, 1])(
    'ends honestly where the cluster no longer tells whether it had created the rest, %i written',
    async (written) => {
      await dieAfter(written, diesBefore);
      house.mesh.forget();

      await resume();

      expect(house.spec(ratings)).toBeUndefined();
      expect(state()).toMatchObject({ kind: 'failed', because: 'creation-unclear', object: ratings });
      expect(effectOf(house.stored(change.id))).toHaveLength(written);
    },
  );

  it.each`
    what                                    | memory    | told
    ${'tells what it wrote of what was'}    | ${'kept'} | ${{ kind: 'applied' }}
    ${'does not claim to know of what was'} | ${'lost'} | ${{ kind: 'failed', because: 'creation-unclear', object: ratings, written: [reviews] }}
  `('$what deleted, where its outcome is looked up only later', async ({ memory, told }) => {
    await dieAfter(1);
    house.mesh.remove(ratings);
    if (memory === 'lost') house.mesh.forget();
    const { state: applying, rev } = house.stored(change.id);
    expect(applying.kind).toBe('applying');
    const unknown = { kind: 'failed', at: house.now().toISOString(), because: 'unreachable' } as const;
    await house.changes.update({ ...change, state: unknown, rev: rev + 1 });

    house.pass(80_000);
    await house.reconcile();

    expect(state()).toMatchObject(told);
  });

  it.each`
    what                      | error                                     | because
    ${'RBAC says no (403)'}   | ${new NotPermittedError('cannot create')} | ${'not-permitted'}
    ${'a webhook does (422)'} | ${new RejectedError('hosts is required')} | ${'rejected'}
  `(
    'when $what in the middle tells what was written and what was not, and takes back what was',
    async ({ error, because }) => {
      failAfter(1, { error });

      await house.work();

      expect(state()).toMatchObject({ kind: 'failed', because, object: ratings, written: [reviews] });
      await house.rolledBack(change.id);
      expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
      expect(state()).toMatchObject({ rolledBack: { by: 'U01ALICE' } });
    },
  );

  it('tells the same when somebody comes in between in the middle', async () => {
    failAfter(1, { error: new MeshUnavailableError('away') });
    await house.work();
    house.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });

    await resume();

    const failed = { kind: 'failed', because: 'half-applied', object: ratings, written: [reviews] };
    expect(state()).toMatchObject(failed);
    expect(house.spec(ratings)).toEqual(routing('ratings', { v2: 100 }));
  });

  it('is held when somebody has written one of them since, which the card names, and nothing is written', async () => {
    const content = { spec: routing('ratings', { v2: 100 }) };
    house.mesh.putWhole(ratings, content);

    await house.work();

    const found = [{ object: ratings, lastWriter: 'kubectl', content }];
    expect(state()).toMatchObject({ kind: 'held', because: 'moved', found });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
    expect(house.spec(ratings)).toEqual(content.spec);
  });
});

describe('what somebody does after a write of ours', () => {
  it.each`
    what         | there
    ${'created'} | ${[routed('reviews', { v2: 100 })]}
    ${'written'} | ${[routed('reviews', { v2: 100 }), routed('ratings', { v2: 100 })]}
  `('is not undone where they delete what was $what, and the change is told as applied', async ({ there }) => {
    const house = new House(...there);
    house.ruleFiles.write('two', [sendsWhole('ratings', { v1: 100 }), sendsWhole('reviews', { v1: 100 })]);
    const { id } = await house.clicked('/shift apply two');
    const done = house.mesh.onTouched(({ object }) => {
      if (object.name !== 'reviews') return;
      done();
      house.mesh.remove(ratings);
    });

    await house.work();

    expect(house.spec(ratings)).toBeUndefined();
    expect(house.stored(id).state.kind).toBe('applied');
  });
});
