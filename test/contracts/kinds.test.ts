import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import { findRule } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { shortSignature } from '../../src/redis/signature.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import { SignedHistory } from '../../src/workflow/judging/signed-history.ts';
import type { Mesh, Touched, Written } from '../../src/workflow/ports/mesh.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { realKube, realKubeconfig, sandboxKube, unservedByReal } from '../support/kube.ts';
import { type KindCase, kindCases } from './kinds-world.ts';
import { handsIn, inKubernetes, inMemory, type MeshWorld, revisionTo, weights } from './mesh-world.ts';

const unserved = await unservedByReal();
/** No stored record vouches for anything. */
const signing = new SignedHistory(shortSignature('a key of the contracts of kinds'), {
  changes: { read: async () => undefined },
  log: new InMemoryLog(),
});

describeKinds('in memory', inMemory);
describeKinds('in the API server of the sandbox', async () => inKubernetes(await sandboxKube(), signing));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeKinds('in a real API server', async () => inKubernetes(await realKube(), signing), unserved);
});

/** What holds for every kind that splits traffic, whatever its lists and weights are called. */
function describeKinds(where: string, begin: () => Promise<MeshWorld>, missing: readonly ObjectKind[] = []): void {
  describe(`kinds ${where}`, () => {
    let world: MeshWorld;
    let mesh: Mesh;
    let hands: ReturnType<typeof handsIn>;

    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
      hands = handsIn(world);
    });
    afterAll(() => world.end());

    for (const { what, name: prefix, caseOf } of kindCases)
      describe.runIf(!missing.includes(caseOf('any').kind))(what, () => {
        let count = 0;
        const isDefined = new Set<string>();

        /** An object with a name of its own, whose versions are defined. */
        async function make(split: readonly [number, number]) {
          const name = `${prefix}-${count++}`;
          const of = caseOf(name);
          if (!isDefined.has(name)) await of.define(world, name);
          isDefined.add(name);
          const object = hands.ref(of.kind, name);
          await world.make(object, { annotations: { team: 'books' }, spec: of.spec(name, splitIn(of, split)) });
          return { ...of, name, object };
        }
        type Made = Awaited<ReturnType<typeof make>>;

        const splitOf = async ({ object, rule }: Made) => findRule(await hands.liveOf(object), rule)?.split;
        const shift = async ({ object, rule }: Made, from: Split, to: Split): Promise<Written> =>
          (await hands.open(object)).write(
            { kind: 'weights', moves: [{ rule, from, to }] },
            revisionTo(to, { rule, from }),
          );

        it('is read as rules with their splits, and with the versions that may be given traffic', async () => {
          const made = await make([90, 10]);

          const rule = findRule(await hands.liveOf(made.object), made.rule);

          expect(rule).toMatchObject({ split: splitIn(made, [90, 10]), unsplittable: undefined });
          expect(rule?.served.toSorted()).toEqual([...made.versions]);
        });

        it('gets weights and a history, and every other byte stays', async () => {
          const made = await make([90, 10]);
          const before = await world.bytes(made.object);

          const written = await shift(made, splitIn(made, [90, 10]), splitIn(made, [25, 75]));

          expect(written).toMatchObject({ kind: 'written', seq: 1 });
          expect(await splitOf(made)).toEqual(splitIn(made, [25, 75]));
          const after = await world.bytes(made.object);
          expect(after).not.toBe(before);
          expect(withoutWeights(after)).toBe(withoutWeights(before));
          expect((await hands.liveOf(made.object)).ledger).toMatchObject({ seq: 1, revisions: [{ rule: made.rule }] });
        });

        it('comes back to the very bytes it began with', async () => {
          const made = await make([70, 30]);
          const before = await world.bytes(made.object);
          const [from, to] = [splitIn(made, [70, 30]), splitIn(made, [0, 100])];

          await shift(made, from, to);
          await shift(made, to, from);

          expect(await world.bytes(made.object)).toBe(before);
          const { ledger } = await hands.liveOf(made.object);
          expect(ledger.seq).toBe(2);
          expect(ledger.revisions.map(({ isUnsigned }) => isUnsigned)).toEqual([undefined, undefined]);
        });

        it('gets a destination for a version that has none, beside the others and like them', async () => {
          const made = await make([100, 0]);
          const before = await world.bytes(made.object);
          const [one, other, third] = made.versions;
          const to = { [one]: 0, [other]: made.whole / 2, [third]: made.whole / 2 };

          await shift(made, splitIn(made, [100, 0]), to);

          expect(await splitOf(made)).toEqual(to);
          const [added, rest] = withoutLastDestination(await world.bytes(made.object), third);
          expect(withoutWeights(rest)).toBe(withoutWeights(before));
          expect(added).toMatch(/"weight":50/);
        });

        it('is not written over an edit that was not seen', async () => {
          const made = await make([50, 50]);
          const stale = await hands.open(made.object);
          await world.edit(made.object, () => made.spec(made.name, splitIn(made, [60, 40])));
          const before = await hands.liveOf(made.object);

          const to = splitIn(made, [0, 100]);
          expect(await stale.write(weights(to, made.rule), revisionTo(to))).toEqual({ kind: 'conflict' });

          expect(await hands.liveOf(made.object)).toEqual(before);
        });

        it('stores nothing of a dry run', async () => {
          const made = await make([50, 50]);
          const before = await hands.liveOf(made.object);
          const { write } = await hands.open(made.object);

          const to = splitIn(made, [0, 100]);
          const written = await write(weights(to, made.rule), revisionTo(to), { dryRun: true });

          expect(written).toMatchObject({ kind: 'written', seq: 1 });
          expect(await hands.liveOf(made.object)).toEqual(before);
        });

        it('has a rule that is not there rejected', async () => {
          const made = await make([50, 50]);
          const { write } = await hands.open(made.object);

          const to = splitIn(made, [0, 100]);
          await expect(write(weights(to, '#7 path = /nobody'), revisionTo(to))).rejects.toThrow(RejectedError);
        });

        it('is told, and found by the change in its history, when it is shifted, deleted and made anew', async () => {
          const made = await make([50, 50]);
          await mesh.services(made.object); // watched from now on
          const told: Touched[] = [];
          const end = mesh.onTouched((touched) => told.push(touched));
          const revision = revisionTo(splitIn(made, [0, 100]), { rule: made.rule });
          const { live, write } = await hands.open(made.object);

          await write(weights(revision.to, made.rule), revision);

          await expect.poll(() => mesh.findChange(revision.id)).toEqual(made.object);
          await expect.poll(() => mesh.glance(made.object)).toMatchObject({ uid: live.uid, ledger: { seq: 1 } });
          const shifted = await hands.open(made.object);
          await world.remove(made.object);
          await expect.poll(() => mesh.glance(made.object)).toBeUndefined();
          expect(told.at(-1)).toEqual({ object: made.object, changes: [revision.id] });
          await world.make(made.object, { spec: made.spec(made.name, splitIn(made, [50, 50])) });
          end();

          expect(await shifted.write(weights(revision.to, made.rule), revision)).toEqual({ kind: 'conflict' });
          const anew = await hands.liveOf(made.object);
          expect(anew.uid).not.toBe(live.uid);
          expect(anew.ledger.seq).toBe(0);
        });
      });

    it('a TrafficSplit of SMI is read, and never written', async () => {
      const object: ObjectRef = hands.ref('TrafficSplit', 'smi');
      const backends = [
        { service: 'smi-v1', weight: 90 },
        { service: 'smi-v2', weight: 10 },
      ];
      await world.make(object, { spec: { service: 'smi', backends } });

      const { live, write } = await hands.open(object);

      expect(live).toMatchObject({
        hosts: ['smi'],
        rules: [{ key: 'default', split: { 'smi-v1': 90_000, 'smi-v2': 10_000 }, unsplittable: 'read-only' }],
      });
      const to = { 'smi-v1': 0, 'smi-v2': 100 };
      await expect(write(weights(to), revisionTo(to))).rejects.toThrow(RejectedError);
    });
  });
}

function splitIn(
  { versions: [one, other], whole }: Pick<KindCase, 'versions' | 'whole'>,
  [a, b]: readonly [number, number],
): Split {
  return { [one]: (a * whole) / 100, [other]: (b * whole) / 100 };
}

function withoutWeights(text: string): string {
  return text.replaceAll(/"weight":[\d.]+/g, '"weight":0');
}

const anything = z.json();

/** The one destination that names a version, and the text of all the rest. */
function withoutLastDestination(text: string, version: string): readonly [added: string, rest: string] {
  const isIt = (value: unknown) =>
    typeof value === 'object' && value !== null && 'weight' in value && JSON.stringify(value).includes(`"${version}"`);
  const found: unknown[] = [];
  const rest = JSON.stringify(anything.parse(JSON.parse(text)), (_, value: unknown) => {
    if (!Array.isArray(value)) return value;
    found.push(...value.filter(isIt));
    return value.filter((each) => !isIt(each));
  });
  if (found.length !== 1) throw new Error(`${version} has ${found.length} destinations`);
  return [JSON.stringify(found[0]), rest];
}
