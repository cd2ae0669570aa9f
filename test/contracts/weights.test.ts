import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyLedger } from '../../src/domain/routing/ledger.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { LedgerUnreadableError, RejectedError } from '../../src/workflow/errors.ts';
import type { Mesh, Writable } from '../../src/workflow/ports/mesh.ts';
import { realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';
import { handsIn, inKubernetes, inMemory, type MeshWorld, revisionTo, weights } from './mesh-world.ts';

describeWeights('in memory', inMemory);
describeWeights('in the API server of the sandbox', async () => inKubernetes(await sandboxKube()));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeWeights('in a real API server', async () => inKubernetes(await realKube()));
});

function describeWeights(where: string, begin: () => Promise<MeshWorld>): void {
  describe(`weights ${where}`, () => {
    let world: MeshWorld;
    let mesh: Mesh;
    let hands: ReturnType<typeof handsIn>;

    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
      hands = handsIn(world);
    });
    afterAll(() => world.end());

    const served = async (object: ObjectRef) => (await hands.liveOf(object)).rules[0]?.served;
    const splitOf = async (object: ObjectRef) => (await hands.liveOf(object)).rules[0]?.split;

    describe('reading', () => {
      it('gives nothing for an object that is not there, which has no weights to write', async () => {
        const { live, write } = await mesh.open(hands.ref('VirtualService', 'no'));

        expect(live).toBeUndefined();
        await expect(write(weights({ v1: 100 }), revisionTo({ v1: 100 }))).rejects.toThrow(RejectedError);
      });

      it('tells hosts, rules, splits and versions apart', async () => {
        const object = await hands.create({
          name: 'read',
          split: { v1: 80, v2: 20 },
          versions: ['v1', 'v2', 'v3'],
          pinned: { user: 'jason', version: 'v2' },
        });

        expect(await hands.liveOf(object)).toMatchObject({
          object,
          hosts: ['read'],
          gateways: ['mesh'],
          ledger: emptyLedger,
          rules: [
            { key: '#1 end-user = jason', match: 'end-user = jason', split: { v2: 100 } },
            { key: 'default', split: { v1: 80, v2: 20 }, host: 'read', served: ['v1', 'v2', 'v3'] },
          ],
        });
      });

      it('knows who changed the rules last, though it was within the same second', async () => {
        const object = await hands.create({ name: 'writer', split: { v1: 50, v2: 50 } });
        await hands.shift(object, { v1: 60, v2: 40 });
        await hands.moveByHand(object, { v1: 70, v2: 30 });

        expect((await hands.liveOf(object)).lastWriter?.manager).toBe('kubectl-edit');
      });

      it('sees a version that is not defined any more as one that cannot be served', async () => {
        const object = await hands.create({ name: 'undefined', split: { v1: 100 }, versions: ['v1', 'v2'] });
        expect(await served(object)).toEqual(['v1', 'v2']);

        await hands.define(object, ['v1']);

        expect(await served(object)).toEqual(['v1']);
      });

      it('refuses a ledger that is not ours, and does not hide the others for it', async () => {
        const object = await hands.create({ name: 'spoiled', split: { v1: 50, v2: 50 } });
        await world.spoilLedger(object);

        await expect(mesh.open(object)).rejects.toThrow(LedgerUnreadableError);

        expect((await mesh.services(object)).seen.length).toBeGreaterThan(0);
      });
    });

    describe('writing', () => {
      it('sets weights and ledger in one step', async () => {
        const object = await hands.create({ name: 'both', split: { v1: 100, v2: 0 } });
        const revision = revisionTo({ v1: 25, v2: 75 });

        const written = await hands.shift(object, { v1: 25, v2: 75 }, revision);

        const splits = [{ rule: 'default', split: { v1: 25, v2: 75 } }];
        expect(written).toEqual({ kind: 'written', splits, seq: 1, warnings: [] });
        expect(await hands.liveOf(object)).toMatchObject({
          rules: [{ split: { v1: 25, v2: 75 } }],
          ledger: { seq: 1, revisions: [revision] },
        });
      });

      it('sets the weights of several rules in one step, which is one revision', async () => {
        const sketch = { name: 'several-rules', split: { v1: 100, v2: 0 }, orders: { v1: 90, v2: 10 } };
        const object = await hands.create({ ...sketch, pinned: { user: 'jason', version: 'v2' } });
        const [main, orders] = [
          { rule: 'default', from: { v1: 100, v2: 0 }, to: { v1: 50, v2: 50 } },
          { rule: 'orders', from: { v1: 90, v2: 10 }, to: { v1: 0, v2: 100 } },
        ] as const;
        const revision = revisionTo(main.to, { also: [orders] });
        const { write } = await hands.open(object);

        const written = await write({ kind: 'weights', moves: [main, orders] }, revision);

        const splits = [
          { rule: '#1 end-user = jason', split: { v2: 100 } },
          { rule: 'orders', split: { v1: 0, v2: 100 } },
          { rule: 'default', split: { v1: 50, v2: 50 } },
        ];
        expect(written).toEqual({ kind: 'written', splits, seq: 1, warnings: [] });
        const { rules, ledger } = await hands.liveOf(object);
        expect(rules.map(({ key, split }) => ({ rule: key, split }))).toEqual(splits);
        expect(ledger).toMatchObject({ seq: 1, revisions: [revision] });
      });

      it('writes none of several rules where one is not there', async () => {
        const object = await hands.create({ name: 'one-missing', split: { v1: 100, v2: 0 } });
        const { live, write } = await hands.open(object);
        const to = { v1: 50, v2: 50 };
        const moves: Extract<Writable, { kind: 'weights' }>['moves'] = [
          { rule: 'default', from: { v1: 100, v2: 0 }, to },
          { rule: 'nobody', from: { v1: 100 }, to },
        ];

        await expect(write({ kind: 'weights', moves }, revisionTo(to))).rejects.toThrow(RejectedError);

        expect(await hands.liveOf(object)).toEqual(live);
      });

      it('keeps the newest revision first', async () => {
        const object = await hands.create({ name: 'several-revisions', split: { v1: 100, v2: 0 } });
        const [first, second] = [revisionTo({ v1: 50, v2: 50 }), revisionTo({ v1: 0, v2: 100 })];

        await hands.shift(object, first.to, first);
        await hands.shift(object, second.to, second);

        expect((await hands.liveOf(object)).ledger).toMatchObject({ seq: 2, revisions: [second, first] });
      });

      it('adds a version beside the others, and keeps the place of one that goes to 0', async () => {
        const object = await hands.create({ name: 'added', split: { v1: 100 }, versions: ['v1', 'v3'] });

        await hands.shift(object, { v1: 50, v3: 50 });
        expect(await splitOf(object)).toEqual({ v1: 50, v3: 50 });
        await hands.shift(object, { v1: 0, v3: 100 });

        expect(await splitOf(object)).toEqual({ v1: 0, v3: 100 });
      });

      it('leaves the other rules alone', async () => {
        const object = await hands.create({
          name: 'other-rules',
          split: { v1: 100, v2: 0 },
          pinned: { user: 'jason', version: 'v2' },
        });

        await hands.shift(object, { v1: 10, v2: 90 });

        expect((await hands.liveOf(object)).rules).toMatchObject([
          { split: { v2: 100 } },
          { split: { v1: 10, v2: 90 } },
        ]);
      });

      it.each`
        edit                  | by
        ${'the same weights'} | ${(object: ObjectRef) => hands.moveByHand(object, { v1: 30, v2: 70 })}
        ${'something else'}   | ${(object: ObjectRef) => hands.touchByHand(object)}
      `('writes nothing over an edit of $edit that it has not seen', async ({ by, edit }) => {
        const object = await hands.create({ name: `stale-${edit.replaceAll(' ', '-')}`, split: { v1: 50, v2: 50 } });
        const stale = await hands.open(object);
        await by(object);
        const before = await hands.liveOf(object);

        const to = { v1: 0, v2: 100 };
        expect(await stale.write(weights(to), revisionTo(to))).toEqual({ kind: 'conflict' });

        expect(await hands.liveOf(object)).toEqual(before);
      });

      it('lets one of two writers from the same reading through', async () => {
        const object = await hands.create({ name: 'race', split: { v1: 50, v2: 50 } });
        const readings = await Promise.all([hands.open(object), hands.open(object)]);

        const outcomes = await Promise.all(
          readings.map(({ write }, at) => {
            const to = { v1: at, v2: 100 - at };
            return write(weights(to), revisionTo(to));
          }),
        );

        expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'written']);
        expect((await hands.liveOf(object)).ledger.seq).toBe(1);
      });

      it('takes an object that was deleted meanwhile for a conflict', async () => {
        const object = await hands.create({ name: 'deleted', split: { v1: 50, v2: 50 } });
        const { write } = await hands.open(object);
        await world.remove(object);

        const to = { v1: 0, v2: 100 };
        expect(await write(weights(to), revisionTo(to))).toEqual({ kind: 'conflict' });
        expect((await mesh.open(object)).live).toBeUndefined();
      });

      it('does not write to an object that was made anew under the old name', async () => {
        const object = await hands.create({ name: 'anew', split: { v1: 50, v2: 50 } });
        const { live, write } = await hands.open(object);
        await world.remove(object);
        await hands.create({ name: 'anew', split: { v1: 50, v2: 50 } });

        const to = { v1: 0, v2: 100 };
        expect(await write(weights(to), revisionTo(to))).toEqual({ kind: 'conflict' });

        const anew = await hands.liveOf(object);
        expect(anew.uid).not.toBe(live.uid);
        expect(anew).toMatchObject({ rules: [{ split: { v1: 50, v2: 50 } }], ledger: emptyLedger });
      });

      it('stores nothing of a dry run', async () => {
        const object = await hands.create({ name: 'dry', split: { v1: 50, v2: 50 } });
        const { live, write } = await hands.open(object);

        const to = { v1: 0, v2: 100 };
        const written = await write(weights(to), revisionTo(to), { dryRun: true });

        expect(written).toMatchObject({ kind: 'written', splits: [{ rule: 'default', split: to }], seq: 1 });
        expect(await hands.liveOf(object)).toEqual(live);
      });

      it('has a rule that is not there rejected', async () => {
        const object = await hands.create({ name: 'no-rule', split: { v1: 50, v2: 50 } });
        const { write } = await hands.open(object);

        const to = { v1: 0, v2: 100 };
        await expect(write(weights(to, 'nobody'), revisionTo(to))).rejects.toThrow(RejectedError);
      });

      it('is remembered for a while, also where the object is gone', async () => {
        const object = await hands.create({ name: 'shifted-and-gone', split: { v1: 50, v2: 50 } });
        const since = await mesh.moment(object);
        const revision = revisionTo({ v1: 0, v2: 100 });
        await hands.shift(object, revision.to, revision);
        await world.remove(object);

        expect(await mesh.hadChange(object, { id: revision.id, since })).toBe(true);
      });
    });
  });
}
