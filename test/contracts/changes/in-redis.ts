import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Aim, type Change, moveTo } from '../../../src/domain/change/change.ts';
import type { MovedAway, State } from '../../../src/domain/change/state.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import type { Connection } from '../../../src/redis/connect.ts';
import { keys } from '../../../src/redis/keys.ts';
import { StoredChanges } from '../../../src/redis/stored-changes.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { changeId, contentEdit, revision, weightsEdit } from '../../support/builders.ts';
import {
  aChange,
  aChangeOf,
  accept,
  applied,
  awaiting,
  decided,
  end,
  failed,
  held,
  policyRule,
  ratings,
  reviews,
  voided,
  waitingFor,
} from './world.ts';

/** What can only be seen in Redis itself. */
export function describeInRedis(open: () => Connection): void {
  describe('stored changes in Redis', () => {
    let redis: Connection;
    let changes: StoredChanges;

    beforeEach(async () => {
      redis = open();
      await redis.flushall();
      changes = new StoredChanges(redis);
    });

    it('ends forget themselves after a while, what is open does not', async () => {
      const [ended, open, waits] = [aChange(), aChange(), aChange()];
      for (const each of [ended, open, waits]) await accept(changes, each);
      await end(changes, ended, applied);
      await end(changes, open, held);

      expect(await redis.ttl(keys.change(ended.id))).toBeGreaterThan(29 * 24 * 3600);
      expect(await redis.ttl(keys.change(open.id))).toBe(-1);
      expect(await redis.ttl(keys.change(waits.id))).toBe(-1);
    });

    it('know for longer than Slack delivers it again what a request was accepted as, and that it was refused', async () => {
      const [change, refused] = [aChange(), aChange()];
      const { versions } = await changes.lines([reviews]);
      await changes.accept(change, { lines: versions, ahead: false, askedAs: changeId(9_001) });
      await changes.noteRefused(refused.id);

      expect(await redis.ttl(keys.askedAs(changeId(9_001)))).toBeGreaterThan(15 * 60);
      expect(await redis.ttl(keys.refused(refused.id))).toBeGreaterThan(15 * 60);
    });

    it.each<State>([{ kind: 'queued' }, awaiting])(
      'are not accepted by a Redis that is full, which says so, is read all the same, and takes them when there is room: $kind',
      async (state) => {
        const [before, change] = [aChange(), aChange({ state })];
        await accept(changes, before);
        await redis.config('SET', 'maxmemory', '1');
        onTestFinished(() => void redis.config('SET', 'maxmemory', '0'));

        const { versions, waiting } = await changes.lines([reviews]);
        await expect(changes.accept(change, { lines: versions, ahead: false })).rejects.toMatchObject({
          name: 'StoreUnavailableError',
          cause: { message: expect.stringContaining('OOM') },
        });
        expect(waiting).toEqual([before]);
        expect(await changes.read(change.id)).toBeUndefined();

        await redis.config('SET', 'maxmemory', '0');
        expect(await accept(changes, change)).toEqual({ kind: 'accepted' });
      },
    );

    it('pass over what stands in line without a record, or ended', async () => {
      const [change, ended] = [aChange(), aChange()];
      await accept(changes, ended);
      await end(changes, ended, applied);
      await redis.zadd(keys.line(objectKey(reviews)), '0', 'c-00000000', '0', ended.id);
      await accept(changes, change);

      expect((await changes.lines([reviews])).waiting).toEqual([change]);
      expect(await changes.begin(change.id, leaseMs)).toMatchObject({ kind: 'begun' });
      expect(await redis.zrange(keys.line(objectKey(reviews)), '0', '-1')).toEqual([change.id]);
    });

    it('are begun as they are, where they were planned anew since they were read', async () => {
      const both = aChangeOf([reviews, ratings]);
      await accept(changes, both);
      class Slow extends StoredChanges {
        override async read(id: ChangeId): Promise<Change | undefined> {
          const read = await super.read(id);
          if (read?.rev === both.rev) {
            const stuck = await end(changes, both, held);
            await accept(changes, { ...moveTo(stuck, { kind: 'queued' }), edits: [weightsEdit()] });
          }
          return read;
        }
      }

      const begun = await new Slow(redis).begin(both.id, leaseMs);

      expect(begun).toMatchObject({ kind: 'begun', change: { rev: 4, edits: [weightsEdit()] } });
      expect(await waitingFor(changes, ratings)).toEqual([]);
    });

    it('are gone with Redis, and say so', async () => {
      const change = aChange();
      await accept(changes, change);
      await redis.flushall();

      expect(await changes.read(change.id)).toBeUndefined();
      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'ended' });
      expect(await changes.update(moveTo(change, applied))).toBe(false);
    });

    it('come back from Redis as they went in', async () => {
      const change: Change = {
        ...aChangeOf([reviews]),
        reason: '“red stars” — for everyone 🌟 <!channel>',
        origin: { team: 'T1', channel: 'C1', thread: '1700000000.000100' },
        aim: { kind: 'split', focus: 'v3' },
        edits: [
          {
            ...weightsEdit({ uid: 'u', seq: 3, behind: 'c-6QXZ7F3K', pinned: ['end-user = jason → v2'] }),
            moves: [
              { rule: 'default', from: { v1: 2_147_483_647, v3: 0 }, to: { v1: 50, v3: 50 } },
              { rule: 'tcp/default', from: {}, to: { v1: 1 } },
            ],
          },
          {
            ...contentEdit({
              object: { ...ratings, kind: 'DestinationRule' },
              uid: 'w',
              from: { v1: 1 },
              to: { v2: 1 },
            }),
            before: { labels: { team: 'books' }, spec: { host: 'ratings', subsets: [null, { name: 'v1' }] } },
            after: { annotations: { note: 'mine' }, spec: {} },
            ledger: {
              seq: 3,
              revisions: [revision({ also: [{ rule: 'orders', from: {}, to: { v1: 1 } }], does: 'x' })],
            },
          },
          contentEdit({ object: ratings }),
        ],
        reverts: 'c-7F3K9QXZ',
        insistedBy: 'U02BOB',
        warnings: [
          { kind: 'puts-back', owner: { tool: 'argo-cd', name: 'shop' } },
          { kind: 'cuts-connections' },
          { kind: 'no-pods', version: 'v3', all: 0, percent: 50 },
          { kind: 'few-pods', version: 'v3', ready: 1, all: 6, percent: 50 },
          { kind: 'hashed', hosts: ['reviews.default.svc.cluster.local'] },
          { kind: 'also-for', hosts: ['shop.example.com'] },
          { kind: 'gateways-only', gateways: ['edge/public'] },
          { kind: 'not-followed', rule: 'default', elsewhere: [{ host: 'reviews', caller: { kind: 'mesh' } }] },
          {
            kind: 'followed-in-part',
            rule: 'orders',
            elsewhere: [
              {
                host: 'shop.example.com',
                caller: { kind: 'gateway', gateway: 'default/gw' },
                by: { kind: 'VirtualService', namespace: 'default', name: 'edge' },
                why: 'older',
              },
            ],
          },
          { kind: 'undefined-versions', versions: [{ host: 'reviews.shop.svc.cluster.local', version: 'v3' }] },
        ],
      };
      await accept(changes, change);

      expect(await changes.read(change.id)).toEqual(change);
    });

    it.each<State>([
      awaiting,
      ...decided,
      { kind: 'rejected', at: voided.at, by: 'U02BOB' },
      { ...voided, moved: [] },
      { ...voided, because: 'denied', denied: 'frozen', rule: policyRule },
      { ...voided, because: 'approvals', rule: policyRule },
    ])('come back from Redis as they went in: $kind $because', async (state) => {
      const approvals = ['U02BOB', 'U03CAROL'].map((by) => ({ by, at: held.at }));
      const asked: Change = { ...aChange(), state: awaiting, deed: 'promote', team: 'T1' };
      const next = { ...moveTo(asked, state), approvals };
      await accept(changes, asked);

      expect(await changes.update(next)).toBe(true);

      expect(await changes.read(asked.id)).toEqual(next);
    });

    it.each<Aim>([
      { kind: 'split' },
      { kind: 'split', focus: 'v3' },
      { kind: 'file', verb: 'apply', file: 'bookinfo/all' },
      { kind: 'file', verb: 'delete', file: 'bookinfo/all' },
      { kind: 'unpin', rule: 'end-user = jason' },
      { kind: 'init', service: 'reviews' },
      { kind: 'back' },
      { kind: 'back', before: { kind: 'unpin', rule: 'end-user = jason' } },
    ])('come back from Redis with what was asked for: %j', async (aim) => {
      const change = aChange({ aim });
      await accept(changes, change);

      expect(await changes.read(change.id)).toEqual(change);
    });

    it('keep what was made of each object, and which one stopped a change', async () => {
      const [one, two] = [aChangeOf([reviews, ratings]), aChangeOf([reviews, ratings])];
      for (const each of [one, two]) await accept(changes, each);
      const made = [
        { object: reviews, seq: 4, live: [{ rule: 'default', split: { v1: 1 } }] },
        { object: ratings, seq: 1, live: [] },
      ];

      const done = await end(changes, one, { ...applied, made });
      const stopped = await end(changes, two, { ...failed, object: ratings, written: [reviews] });

      expect(await changes.read(one.id)).toEqual(done);
      expect(await changes.read(two.id)).toEqual(stopped);
    });

    it('forget a void plan after a while, unless it is planned anew', async () => {
      const [forgotten, again] = [aChange(), aChange()].map((each): Change => ({ ...each, state: awaiting }));
      if (forgotten === undefined || again === undefined) throw new Error('nothing is made');
      for (const each of [forgotten, again]) {
        await accept(changes, each);
        expect(await redis.ttl(keys.change(each.id))).toBe(-1);
        await changes.update(moveTo(each, voided));
      }
      await accept(changes, moveTo(moveTo(again, voided), awaiting));

      expect(await redis.ttl(keys.change(forgotten.id))).toBeGreaterThan(29 * 24 * 3600);
      expect(await redis.ttl(keys.change(again.id))).toBe(-1);
    });

    it('keep that somebody else moved what was applied', async () => {
      const change = aChange();
      await accept(changes, change);
      const movedAway: MovedAway = {
        object: reviews,
        rule: 'default',
        at: '2026-11-22T14:05:00.000Z',
        manager: 'argocd-controller',
        live: { v1: 100 },
        how: 'weights',
      };
      const moved = await end(changes, change, { ...applied, movedAway });

      expect(await changes.read(change.id)).toEqual(moved);
    });

    it('forget after a day that they were applied lately', async () => {
      const change = aChange();
      await accept(changes, change);
      await end(changes, change, applied);
      await redis.zadd(keys.recent, String(Date.now() - 24 * 3600_000 - 2_000), change.id);
      expect(await changes.recentlyApplied()).toEqual([]);

      const next = aChange();
      await accept(changes, next);
      await end(changes, next, applied);

      expect(await redis.zrange(keys.recent, '0', '-1')).toEqual([next.id]);
    });
  });
}
