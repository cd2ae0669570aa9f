import { beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../../src/sandbox/kube-api/kinds.ts';
import { at, field, items } from '../../../src/sandbox/kube-api/object.ts';
import { flattenCrd, flattenOurs } from './flat-schema.ts';
import { realWorld } from './world.ts';

const real = process.env['TEST_KUBECONFIG'];

describe.runIf(real !== undefined)('the schemas, beside the CustomResourceDefinitions of TEST_KUBECONFIG', () => {
  const kinds = KINDS.filter(({ schema }) => schema !== undefined);
  const definitions = new Map<string, unknown>();

  beforeAll(async () => {
    const world = await realWorld(real ?? '');
    for (const { plural, group } of kinds) {
      const name = `${plural}.${group}`;
      const { text } = await world.ask('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
      definitions.set(plural, JSON.parse(text));
    }
  });

  it.each(kinds)('of $kind has the same fields, types, limits, defaults and rules', ({ plural, schema }) => {
    const published = at(versionsOf(definitions.get(plural))[0], 'schema', 'openAPIV3Schema');

    const ours = schema === undefined ? {} : flattenOurs(schema);

    expect(ours).toEqual(flattenCrd(published));
  });

  it.each(kinds)('of $kind is the same in all versions, and they are the versions served', ({ plural, versions }) => {
    const published = versionsOf(definitions.get(plural));

    expect(new Set(published.map((version) => JSON.stringify(field(version, 'schema')))).size).toBe(1);
    expect(published.filter((version) => field(version, 'served')).map((version) => field(version, 'name'))).toEqual(
      expect.arrayContaining([...versions]),
    );
  });
});

function versionsOf(definition: unknown): readonly unknown[] {
  return items(at(definition, 'spec', 'versions'));
}
