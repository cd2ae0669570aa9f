import { describe, expect, it } from 'vitest';
import { moveTo } from '../../../src/domain/change/change.ts';
import { leaseMs, maxTries } from '../../../src/workflow/applying/apply.ts';
import {
  MeshUnavailableError,
  NotPermittedError,
  RejectedError,
  StoreUnavailableError,
  TooLargeError,
} from '../../../src/workflow/errors.ts';
import { change, changeId, found, jason, reviews, reviewsObject, rule, splits } from '../../support/builders.ts';
import { House } from '../house.ts';

const minute = 60_000;

describe('a change', () => {
  it('is applied, recorded, announced, counted and shown', async () => {
    const house = new House(reviews({ v1: 100 }, { rules: [jason, rule({ v1: 100 })] }));
    house.mesh.warn('subset v3 has no pods');
    const { id } = await house.accepted('v3', 50, { reason: 'red stars' });
    house.pass(84);

    expect(await house.work()).toEqual([]);

    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(house.mesh.splitOf(reviewsObject, '#1')).toEqual({ v2: 100 });
    expect(house.ledger).toEqual({
      seq: 1,
      revisions: [
        {
          id,
          at: house.now().toISOString(),
          by: 'U01ALICE',
          rule: 'default',
          from: { v1: 100 },
          to: { v1: 50, v3: 50 },
          reason: 'red stars',
          reverts: undefined,
        },
      ],
    });
    expect(house.stored(id).state).toEqual({
      kind: 'applied',
      at: house.now().toISOString(),
      made: [{ object: reviewsObject, seq: 1, live: [{ rule: 'default', split: { v1: 50, v3: 50 } }] }],
      tookMs: 84,
      warnings: ['subset v3 has no pods'],
    });
    expect(house.chat.shows(id)).toEqual(house.stored(id));
    expect(house.mesh.announced).toEqual([id]);
    expect(house.meter).toMatchObject({ outcomes: ['applied'], tookMs: [84] });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is told with the weights that admission made of it', async () => {
    const house = new House();
    const { mesh } = house;
    const read = mesh.open.bind(mesh);
    const admitted = [{ rule: 'default', split: { v1: 60, v3: 40 } }];
    mesh.open = async (object) => {
      const open = await read(object);
      const write: typeof open.write = async (...edit) => ({ ...(await open.write(...edit)), splits: admitted });
      return { ...open, write };
    };

    const { id } = await house.applied('v3', 50);

    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made: [{ live: admitted }] });
    expect(house.chat.shows(id)?.state).toMatchObject({ made: [{ live: admitted }] });
  });

  it('is applied once, however often its job runs', async () => {
    const house = new House();
    const done = await house.applied('v3', 50);

    for (let again = 0; again < 3; again += 1) expect(await house.attempt(done)).toEqual({ kind: 'done' });

    expect(house.ledger.seq).toBe(1);
    expect(house.meter.outcomes).toEqual(['applied']);
    expect(house.stored(done.id)).toEqual(done);
  });

  it('whose id stands in the ledger is applied, and nothing is written again', async () => {
    const house = new House();
    const accepted = await house.accepted('v3', 50);
    await writeBehindItsBack(house, accepted.id);
    const written = house.mesh.routeOf(reviewsObject);
    house.pass(3_000);

    await house.work();

    expect(house.mesh.routeOf(reviewsObject)).toEqual(written);
    expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made: [{ seq: 1 }], tookMs: 0 });
  });

  it('is told as applied with its own number when others came after it', async () => {
    const house = new House();
    const accepted = await house.accepted('v3', 50);
    await writeBehindItsBack(house, accepted.id);
    await writeBehindItsBack(house, changeId(2));

    await house.work();

    expect(house.stored(accepted.id).state).toMatchObject({ kind: 'applied', made: [{ seq: 1 }] });
    expect(house.ledger.seq).toBe(2);
  });

  it('of which nothing is known any more is nothing to do', async () => {
    const house = new House();

    expect(await house.attempt(change())).toEqual({ kind: 'done' });

    expect(house.ledger.seq).toBe(0);
  });

  describe('whose write goes wrong', () => {
    it('is applied once when the reply was lost after the commit', async () => {
      const house = new House();
      house.mesh.failWrites({ error: new MeshUnavailableError('connection reset'), stored: true });
      const { id } = await house.accepted('v3', 50);

      expect(await house.work()).toEqual([]);

      expect(house.stored(id).state).toMatchObject({
        kind: 'applied',
        made: [{ seq: 1, live: [{ split: { v1: 50, v3: 50 } }] }],
      });
      expect(house.ledger.seq).toBe(1);
    });

    it('is tried later when it was not committed, and is free for any worker then', async () => {
      const house = new House();
      house.mesh.failWrites({ error: new MeshUnavailableError('connection reset') });
      const accepted = await house.accepted('v3', 50);

      expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
      expect(house.stored(accepted.id).state.kind).toBe('applying');
      house.pass(1_000);
      expect(await house.attempt(accepted)).toEqual({ kind: 'done' });

      expect(house.ledger.seq).toBe(1);
      expect(house.split).toEqual({ v1: 50, v3: 50 });
    });

    it('is tried later when the cluster is gone after a commit, and found applied then', async () => {
      const house = new House();
      house.mesh.failWrites({ error: new MeshUnavailableError('connection reset'), stored: true });
      const accepted = await house.accepted('v3', 50);
      house.mesh.afterNextRead(() => house.mesh.failReads(new MeshUnavailableError('away')));

      expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
      house.pass(1_000);
      expect(await house.attempt(accepted)).toEqual({ kind: 'done' });

      expect(house.stored(accepted.id).state.kind).toBe('applied');
      expect(house.ledger.seq).toBe(1);
    });

    it('rests longer after each try, never less than the server asked, and fails after the eighth', async () => {
      const house = new House();
      const accepted = await house.accepted('v3', 50);
      const rests: number[] = [];
      for (let tries = 1; tries <= maxTries; tries += 1) {
        house.mesh.failReads(new MeshUnavailableError('still away', tries === 2 ? { retryAfterMs: 9_000 } : {}));
        const answer = await house.attempt(accepted);
        if (answer.kind === 'not-yet') rests.push(answer.afterMs);
        house.pass(20_000);
      }

      expect(rests).toHaveLength(maxTries - 1);
      expect(rests[1]).toBe(9_000);
      for (const [at, least] of [425, 9_000, 1_700, 3_400, 6_800, 12_750, 12_750].entries()) {
        expect(rests[at]).toBeGreaterThanOrEqual(least);
        expect(rests[at]).toBeLessThanOrEqual(Math.max(9_000, least * 1.4));
      }
      expect(house.stored(accepted.id).state).toMatchObject({
        kind: 'failed',
        because: 'unreachable',
        detail: 'still away',
      });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('comes to an end though the server asks for a day', async () => {
      const house = new House();
      const accepted = await house.accepted('v3', 50);
      house.mesh.failReads(new MeshUnavailableError('busy', { retryAfterMs: 86_400_000 }));

      const answer = await house.attempt(accepted);
      house.pass(61_000);
      await house.attempt(accepted);

      expect(answer).toEqual({ kind: 'not-yet', afterMs: 60_000 });
      expect(house.stored(accepted.id).state.kind).toBe('applied');
    });

    it('is left alone while it rests, whoever comes', async () => {
      const house = new House();
      const accepted = await house.accepted('v3', 50);
      house.mesh.failReads(new MeshUnavailableError('busy', { retryAfterMs: 30_000 }));
      await house.attempt(accepted);
      house.pass(10_000);

      expect(await house.attempt(accepted)).toEqual({ kind: 'not-yet', afterMs: 20_000 });
      expect(house.ledger.seq).toBe(0);
    });

    it.each`
      error                                                            | because
      ${new NotPermittedError('the bot cannot patch virtualservices')} | ${'not-permitted'}
      ${new RejectedError('admission webhook denied the request')}     | ${'rejected'}
      ${new TooLargeError('request is too large')}                     | ${'too-large'}
    `('fails at once when it is $because, in the words of the server', async ({ error, because }) => {
      const house = new House();
      house.mesh.failWrites({ error });
      const { id } = await house.accepted('v3', 50);

      expect(await house.work()).toEqual([]);

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because, detail: error.message });
      expect(house.chat.shows(id)?.state).toMatchObject({ kind: 'failed', because });
      expect(house.meter.outcomes).toEqual([`failed:${because}`]);
      expect(house.split).toEqual({ v1: 100 });
    });

    it('is tried later when nobody knows who we are just now: a token may have been replaced', async () => {
      const house = new House();
      house.mesh.failWrites({ error: new NotPermittedError('our credentials are not accepted', { retryable: true }) });
      const accepted = await house.accepted('v3', 50);

      expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
      house.pass(1_000);
      await house.attempt(accepted);

      expect(house.stored(accepted.id).state.kind).toBe('applied');
    });

    it('fails when the ledger is not ours to write', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.mesh.spoilLedger(reviewsObject);

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'ledger-unreadable' });
    });

    it('is contended, and says so, when somebody writes without end', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      for (let writes = 0; writes < 150; writes += 1) {
        house.mesh.failWrites('conflict');
        house.mesh.afterNextRead(() => house.pass(100));
      }
      const startedMs = house.now().getTime();

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'contended' });
      expect(house.now().getTime() - startedMs).toBeLessThanOrEqual(10_100);
    });

    it('is not lost when the store is away while it is applied', async () => {
      const house = new House();
      const accepted = await house.accepted('v3', 50);
      house.mesh.afterNextRead(() => house.changes.goAway());

      await expect(house.attempt(accepted)).rejects.toThrow(StoreUnavailableError);
      house.changes.comeBack();
      house.pass(5_000);
      await house.work();

      expect(house.ledger.seq).toBe(1);
      expect(house.stored(accepted.id).state.kind).toBe('applied');
      expect(house.chat.shows(accepted.id)?.state.kind).toBe('applied');
    });
  });

  describe('whose object was touched by somebody else', () => {
    it('goes ahead over an edit of something else', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.mesh.afterNextRead(() =>
        house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['mesh', 'edge'] })),
      );

      await house.work();

      expect(house.stored(id).state.kind).toBe('applied');
      expect(house.mesh.routeOf(reviewsObject)).toMatchObject({
        gateways: ['mesh', 'edge'],
        rules: [{ split: { v1: 50, v3: 50 } }],
      });
    });

    it.each([{ when: 'before' }, { when: 'while' }])(
      'is held $when it is read, and names who moved what',
      async ({ when }) => {
        const house = new House();
        const { id } = await house.accepted('v3', 50);
        const move = () => house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
        if (when === 'before') move();
        else house.mesh.afterNextRead(move);

        await house.work();

        expect(house.stored(id).state).toEqual({
          kind: 'held',
          at: house.now().toISOString(),
          because: 'moved',
          found: [found({ v1: 70, v2: 30 }, { lastWriter: 'kubectl-edit' })],
          stamp: expect.any(String),
        });
        expect(house.split).toEqual({ v1: 70, v2: 30 });
        expect(house.chat.shows(id)?.state.kind).toBe('held');
        expect(house.meter.outcomes).toEqual(['held:moved']);
      },
    );

    it('is recorded as ours when somebody already moved the weights where it would', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });

      await house.work();

      expect(house.stored(id).state.kind).toBe('applied');
      expect(house.ledger).toMatchObject({ seq: 1, revisions: [{ id }] });
    });

    it.each`
      what                           | happens                                                                                                        | state
      ${'is deleted'}                | ${(house: House) => house.mesh.remove(reviewsObject)}                                                          | ${{ kind: 'failed', because: 'object-gone' }}
      ${'is made anew'}              | ${(house: House) => house.mesh.recreate(reviewsObject)}                                                        | ${{ kind: 'held', because: 'recreated' }}
      ${'has its rule removed'}      | ${(house: House) => house.mesh.put(reviews({}, { rules: [] }))}                                                | ${{ kind: 'failed', because: 'rule-gone' }}
      ${'has its version undefined'} | ${(house: House) => house.mesh.serve(reviewsObject, ['v1', 'v2'])}                                             | ${{ kind: 'failed', because: 'version-gone', detail: 'v3' }}
      ${'redirects instead'}         | ${(house: House) => house.mesh.put(reviews({}, { rules: [rule({ v1: 100 }, { unsplittable: 'redirect' })] }))} | ${{ kind: 'failed', because: 'rule-changed', detail: 'redirect' }}
    `('ends without effect when the object $what', async ({ happens, state }) => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      happens(house);

      await house.work();

      expect(house.stored(id).state).toMatchObject(state);
      expect(house.meter.outcomes).toEqual([`${state.kind}:${state.because}`]);
    });

    it('ends without effect when the object is deleted between reading and writing', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.mesh.afterNextRead(() => house.mesh.remove(reviewsObject));

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'object-gone' });
    });

    it('is held when our own history was wiped from the object', async () => {
      const house = new House();
      await house.applied('v3', 50);
      const { id } = await house.accepted('v3', 80);
      house.mesh.editByHand(reviewsObject, (route) => ({ ...route, ledger: { seq: 0, revisions: [] } }));

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'held', because: 'ledger-lost' });
    });

    it('is superseded by a change that came after it elsewhere', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      await writeBehindItsBack(house, changeId(7));

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'superseded', by: changeId(7) });
      expect(house.meter.outcomes).toEqual(['superseded']);
    });
  });

  describe('that nobody came to for a quarter of an hour', () => {
    it('is not applied any more', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.pass(15 * minute + 1);

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'expired' });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('is told as applied when it was, by a worker that could not say so', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      await writeBehindItsBack(house, id);
      house.pass(60 * minute);

      await house.work();

      expect(house.stored(id).state).toMatchObject({ kind: 'applied', made: [{ seq: 1 }], tookMs: 0 });
      expect(house.chat.shows(id)?.state.kind).toBe('applied');
    });

    it('is applied when it just was not that long', async () => {
      const house = new House();
      const { id } = await house.accepted('v3', 50);
      house.pass(15 * minute);

      await house.work();

      expect(house.stored(id).state.kind).toBe('applied');
    });
  });

  describe('in line behind others', () => {
    it('is applied after them, whichever job comes first', async () => {
      const house = new House();
      const [first, second, third] = [
        await house.accepted('v3', 10),
        await house.accepted('v3', 20),
        await house.accepted('v3', 30),
      ];

      expect(await house.attempt(third)).toEqual({ kind: 'done' });

      expect(house.ledger.revisions.map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
      expect([first, second, third].map(({ id }) => house.stored(id).state.kind)).toEqual(Array(3).fill('applied'));
      expect(house.split).toEqual({ v1: 70, v3: 30 });
    });

    it('waits while another worker has the one before it in hand', async () => {
      const house = new House();
      const [first, second] = [await house.accepted('v3', 10), await house.accepted('v3', 20)];
      await house.changes.begin(first.id, leaseMs);

      expect(await house.attempt(second)).toMatchObject({ kind: 'not-yet' });

      expect(house.ledger.seq).toBe(0);
    });

    it('finishes what another worker left halfway', async () => {
      const house = new House();
      const [first, second] = [await house.accepted('v3', 10), await house.accepted('v3', 20)];
      await house.changes.begin(first.id, leaseMs);
      house.pass(5_000);

      expect(await house.attempt(second)).toEqual({ kind: 'done' });

      expect(house.ledger.revisions.map(({ id }) => id)).toEqual([second.id, first.id]);
    });

    it('waits as long as something outside does not serve the one before it', async () => {
      const house = new House();
      const [first, second] = [await house.accepted('v3', 10), await house.accepted('v3', 20)];
      house.mesh.failReads(new MeshUnavailableError('away'));

      expect(await house.attempt(second)).toMatchObject({ kind: 'not-yet' });

      expect(house.stored(first.id).state.kind).toBe('applying');
      expect(house.stored(second.id).state.kind).toBe('queued');
    });

    it('is held when the one before it ended without effect', async () => {
      const house = new House();
      const [first, second] = [await house.accepted('v3', 10), await house.accepted('v3', 20)];
      house.mesh.failWrites({ error: new RejectedError('no') });

      await house.work();

      expect(house.stored(first.id).state).toMatchObject({ kind: 'failed', because: 'rejected' });
      expect(house.stored(second.id).state).toMatchObject({
        kind: 'held',
        because: 'predecessor-missing',
        found: splits({ v1: 100 }),
      });
      expect(house.split).toEqual({ v1: 100 });
    });

    it('keeps its order and is written once with ten workers on one object', async () => {
      const house = new House();
      const ids = [];
      for (let percent = 1; percent <= 20; percent += 1) {
        const accepted = await house.accepted('v3', percent);
        await house.queue.addAgain(accepted);
        ids.push(accepted.id);
      }

      await house.work(10);

      expect(house.ledger.seq).toBe(20);
      expect(house.ledger.revisions.map(({ id }) => id)).toEqual(ids.toReversed());
      expect(house.split).toEqual({ v1: 80, v3: 20 });
      expect(house.meter.outcomes).toEqual(Array(20).fill('applied'));
    });

    it('is written once by ten workers that each believe they have it alone', async () => {
      const house = new House();
      const accepted = await house.accepted('v3', 50);
      const impatient = Array.from({ length: 10 }, async () => {
        house.pass(leaseMs);
        return house.attempt(accepted);
      });

      const answers = await Promise.all(impatient);
      while ((await house.attempt(accepted)).kind !== 'done');

      expect(answers.every(({ kind }) => kind === 'done' || kind === 'not-yet')).toBe(true);
      expect(house.ledger.seq).toBe(1);
      expect(house.meter.outcomes).toEqual(['applied']);
    });
  });

  describe('that changes what earlier cards say', () => {
    it('tells the card before it that it is not the last word any more', async () => {
      const house = new House();
      const first = await house.applied('v3', 50);
      const second = await house.applied('v3', 80);

      expect(house.chat.shows(first.id)?.state).toMatchObject({ kind: 'applied', later: second.id });
      expect(house.chat.shows(second.id)?.state).not.toHaveProperty('later');
    });

    it('leaves the cards of other rules alone', async () => {
      const api = rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' });
      const house = new House(reviews({}, { rules: [api, rule({ v1: 100 })] }));
      const first = await house.applied('v3', 50, { rule: 'api' });
      await house.applied('v3', 80);

      expect(house.stored(first.id)).toEqual(first);
    });

    it('is applied all the same when the store forgot the earlier one', async () => {
      const house = new House();
      await house.applied('v3', 50);
      house.changes.lose();

      const { state } = await house.applied('v3', 80);

      expect(state.kind).toBe('applied');
      expect(house.ledger.seq).toBe(2);
    });
  });

  it('that was decided meanwhile is not told twice', async () => {
    const house = new House();
    const accepted = await house.accepted('v3', 50);
    house.mesh.afterNextRead(async () => {
      const now = house.stored(accepted.id);
      const state = {
        kind: 'applied',
        at: '2026-11-22T14:03:12.000Z',
        made: [],
        tookMs: 1,
        warnings: [],
      } as const;
      await house.changes.update(moveTo(now, state));
    });

    await house.work();

    expect(house.meter.outcomes).toEqual([]);
    expect(house.stored(accepted.id).state).toMatchObject({ tookMs: 1 });
  });
});

/** A worker writes a change to the object and dies before it can say so. */
async function writeBehindItsBack(house: House, id: ReturnType<typeof changeId>): Promise<void> {
  const open = await house.mesh.open(reviewsObject);
  const move = { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } };
  const at = house.now().toISOString();
  await open.write({ kind: 'weights', moves: [move] }, { id, at, by: 'U01ALICE', ...move });
}
