import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { meetsRule, ruleFault } from '../../../src/sandbox/kube-api/crds/cel.ts';
import { customResources } from '../../../src/sandbox/kube-api/crds/read.ts';
import { publishedSchema } from '../../../src/sandbox/kube-api/crds/read-schema.ts';
import { trimmed } from '../../../src/sandbox/kube-api/crds/trim.ts';
import { isObject } from '../../../src/sandbox/kube-api/object.ts';
import { realWorld } from './world.ts';

const real = process.env['TEST_KUBECONFIG'];

function definitionOf(name: string): unknown {
  return JSON.parse(readFileSync(`src/sandbox/kube-api/crds/${name}.json`, 'utf8'));
}

const withoutRules = [
  'servicesplitters.consul.hashicorp.com',
  'serviceresolvers.consul.hashicorp.com',
  'trafficsplits.split.smi-spec.io',
];

/** All validation rules in a schema. */
function rulesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(rulesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([keyword, part]) =>
    keyword === 'rule' && typeof part === 'string' ? [part] : rulesIn(part),
  );
}

describe('validation rules', () => {
  it.each(customResources)('of %s can all be evaluated', (name) => {
    const rules = rulesIn(definitionOf(name));

    expect(rules.length > 0).toBe(!withoutRules.includes(name));
    expect(rules.map(ruleFault).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it.each`
    rule                                               | self                                | holds
    ${"duration(self) >= duration('1ms')"}             | ${'1.5h'}                           | ${true}
    ${"duration(self) >= duration('1ms')"}             | ${'0'}                              | ${false}
    ${'has(self.__namespace__)'}                       | ${{ namespace: 'a' }}               | ${true}
    ${'has(self[1].matches) ? self.size() == 2: true'} | ${[{}, {}]}                         | ${true}
    ${'has(self[0].matches)'}                          | ${[{}]}                             | ${false}
    ${'self.matches(r"""^(?i)[a-z]+$""")'}             | ${'ABC'}                            | ${true}
    ${'self.all(h, !isIP(h))'}                         | ${['a.example.com', '10.0.0.1']}    | ${false}
    ${'self.numerator <= self.denominator'}            | ${{ numerator: 2, denominator: 1 }} | ${false}
    ${'self.port == 80'}                               | ${{ port: 80 }}                     | ${true}
  `('$rule is $holds for $self', ({ rule, self, holds }) => {
    expect(meetsRule(rule, self)).toBe(holds);
  });

  it.each`
    rule                                   | self      | why
    ${"duration(self) >= duration('1ms')"} | ${'soon'} | ${"type conversion error from 'string' to 'google.protobuf.Duration'"}
    ${'self.port == 80'}                   | ${{}}     | ${'no such key: port'}
  `('$rule cannot be evaluated for $self, in the words of CEL', ({ rule, self, why }) => {
    expect(() => meetsRule(rule, self)).toThrow(why);
  });
});

describe('a published schema', () => {
  it.each`
    schema                                                                          | what
    ${{ type: 'string', multipleOf: 2 }}                                            | ${'an unknown keyword'}
    ${{ type: 'object', properties: { a: { not: {} } } }}                           | ${'an unknown keyword of a field'}
    ${{ type: 'object', properties: {}, additionalProperties: { type: 'string' } }} | ${'fields of an object in a map'}
    ${{ type: 'string', pattern: '(' }}                                             | ${'a pattern that is not valid'}
    ${{ type: 'object', oneOf: [{ required: ['a'] }] }}                             | ${'a oneOf in another form than Istio writes it'}
  `('is refused for $what', ({ schema }) => {
    expect(publishedSchema.safeParse(schema).success).toBe(false);
  });
});

describe.runIf(real !== undefined)('the definitions, compared with those of TEST_KUBECONFIG', () => {
  it.for(customResources)('have the same names, versions, columns and schema for %s', async (name, { skip }) => {
    const world = await realWorld(real ?? '');

    const { status, text } = await world.ask('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);

    if (status === 404) skip(/consul|smi/.test(name), 'it does not serve this kind');
    expect(definitionOf(name)).toEqual(trimmed(JSON.parse(text)).definition);
  });
});
