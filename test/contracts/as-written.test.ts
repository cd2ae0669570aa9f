import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { planShift, planShiftOfAll } from '../../src/domain/change/plan-weights.ts';
import { parseCommand } from '../../src/domain/language/parse-command.ts';
import { astrayOf } from '../../src/domain/map/following.ts';
import { keyOfNamed } from '../../src/domain/routing/named-rule.ts';
import { type ObjectKind, type ObjectRef, objectKinds } from '../../src/domain/routing/object.ts';
import type { LiveObject } from '../../src/domain/routing/route.ts';
import type { Json, JsonObject } from '../../src/domain/text/json.ts';
import { realKube, realKubeconfig, sandboxKube, unservedByReal } from '../support/kube.ts';
import { handsIn, inKubernetes, type MeshWorld, revisionTo, versionsOf } from './mesh-world.ts';

const spec = z.record(z.string(), z.json());
const written = z.array(
  z.strictObject({
    what: z.string(),
    kind: z.enum(objectKinds).default('VirtualService'),
    /** What is typed in place of the service's name. */
    name: z.string().default('NAME'),
    type: z.string(),
    spec,
    versions: z.array(z.string()).optional(),
    definedFor: z.string().default('NAME'),
    services: z.array(z.string()).default([]),
    more: z
      .array(z.strictObject({ kind: z.enum(objectKinds), metadata: z.object({ name: z.string() }), spec }))
      .default([]),
    reads: z.record(z.string(), z.string()).default({}),
    writes: z.record(z.string(), z.string()).default({}),
    says: z.array(z.string()).default([]),
  }),
);
type Written = z.infer<typeof written>[number];

const table = written.parse(parse(readFileSync(resolve('test/contracts/as-written.yaml'), 'utf8')));
const unserved = await unservedByReal();

it('the table has at least 80 objects, no two of the same words', () => {
  expect(new Set(table.map(({ what }) => what)).size).toBe(table.length);
  expect(table.length).toBeGreaterThanOrEqual(80);
});

describeWritten('in the API server of the sandbox', async () => inKubernetes(await sandboxKube()));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeWritten('in a real API server', async () => inKubernetes(await realKube()), unserved);
});

/** What operators write, what we read of it, what a shift makes of it, and what it says. An API server adds what is left out. */
function describeWritten(where: string, begin: () => Promise<MeshWorld>, missing: readonly ObjectKind[] = []): void {
  describe(`objects as they are written, ${where}`, () => {
    let world: MeshWorld;

    beforeAll(async () => {
      world = await begin();
    });
    afterAll(() => world.end());

    it.each(table.filter(({ kind }) => !missing.includes(kind)).map((each, at) => ({ ...each, at })))(
      '$what',
      async ({ at, ...each }) => {
        const { reads, writes, says } = each;

        const came = await shifted(world, withNames(each, { NAME: `s${at}`, NAMESPACE: world.namespace }));

        const names = (text: string) => text.replaceAll(`s${at}`, 'NAME').replaceAll(world.namespace, 'NAMESPACE');
        expect(JSON.parse(names(JSON.stringify(came)))).toEqual({ reads, writes, says });
      },
    );
  });
}

async function shifted(world: MeshWorld, { kind, name, type, ...each }: Written) {
  const hands = handsIn(world);
  const { mesh } = world;
  const own = name.replace('vs/', '');
  const object = hands.ref(kind, own);
  for (const service of each.services) await world.serve(service, 9080);
  if (kind === 'VirtualService') {
    const versions = versionsOf(each.definedFor, each.versions ?? ['v1', 'v2', 'v3']);
    await world.make(hands.ref('DestinationRule', own), { spec: versions });
  }
  for (const more of each.more) await world.make(hands.ref(more.kind, more.metadata.name), { spec: more.spec });
  const hosts = kind === 'VirtualService' ? { hosts: [own] } : {};
  await world.make(object, { spec: { ...hosts, ...each.spec } });

  const place = { cluster: object.cluster, namespace: object.namespace };
  await expect.poll(() => mesh.find({ ...place, service: name })).toMatchObject({ kind: 'found' });
  const found = await mesh.find({ ...place, service: name });
  if (found.kind !== 'found') throw new Error('it was found a moment ago');
  const opened = await hands.open(found.object);
  const plan = planned(opened.live, `/shift ${name} ${type}`);
  const reads = readsOf(opened.live);
  if (plan.kind === 'refused') return { reads, writes: {}, says: [plan.refusal.reason] };

  const { moves } = plan.edit;
  const [move] = moves;
  await opened.write(plan.edit, revisionTo(move.to, { rule: move.rule, from: move.from }));
  const after = await hands.liveOf(found.object);
  const astray = await Promise.all(moves.map(async ({ rule }) => astrayOf(await mesh.following(found.object, rule))));
  return {
    reads,
    writes: { ...elsewhere(found.object, object), ...differences(opened.live.content.spec, after.content.spec) },
    says: [...plan.warnings.map((warning) => warning.kind), ...astray.flatMap((said) => said?.kind ?? [])],
  };
}

function planned(live: LiveObject, line: string) {
  const command = parseCommand(line);
  if (command.verb !== 'shift') throw new Error(`${line} is not understood: ${JSON.stringify(command)}`);
  const { wish, options } = command;
  if (options.allRules === true) return planShiftOfAll(live, wish, { startOf: () => undefined });
  return planShift(live, wish, { rule: keyOfNamed(live, options.rule) });
}

function readsOf({ rules }: LiveObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rules.map(({ key, split, unsplittable }) => {
      const parts = Object.entries(split).map(([version, weight]) => `${version} ${weight}`);
      return [key, unsplittable ?? parts.join(', ')];
    }),
  );
}

/** Where it was written, if that is not the object of the service's name. */
function elsewhere(found: ObjectRef, object: ObjectRef): Readonly<Record<string, string>> {
  return found.name === object.name ? {} : { object: found.name };
}

/** Every leaf that differs: `http/0/route/0/weight: 100 → 50`. */
function differences(before: JsonObject, after: JsonObject): Readonly<Record<string, string>> {
  const [was, is] = [new Map(leaves(before)), new Map(leaves(after))];
  const paths = [...new Set([...was.keys(), ...is.keys()])];
  return Object.fromEntries(
    paths
      .filter((path) => was.get(path) !== is.get(path))
      .map((path) => [path, `${was.get(path) ?? 'none'} → ${is.get(path) ?? 'none'}`]),
  );
}

function leaves(value: Json, path = ''): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each ?? null, path === '' ? key : `${path}/${key}`));
}

function withNames(each: Written, names: Readonly<Record<string, string>>): Written {
  const text = Object.entries(names)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(each));
  return written.element.parse(JSON.parse(text));
}
