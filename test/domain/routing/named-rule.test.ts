import { describe, expect, it } from 'vitest';
import { keyOfNamed, rulesNamed } from '../../../src/domain/routing/named-rule.ts';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { rule } from '../../support/builders.ts';

const orders = rule({ v1: 100 }, { key: 'orders', name: 'orders', match: 'path starts with /orders' });
const twin = (place: number, match: string) => rule({ v1: 100 }, { key: `#${place} ${match}`, name: 'twin', match });
const users = rule({ v1: 100 }, { key: '#2 end-user = jason', match: 'end-user = jason' });
const rest = rule({ v1: 100 }, { name: 'primary' });
const ofTcp = rule({ v1: 100 }, { key: 'tcp#1 port = 9000', match: 'port = 9000' });
const redirect = rule({}, { key: '#1 path = /old', match: 'path = /old', unsplittable: 'redirect' });

describe('the rule that is named', () => {
  const all = { rules: [orders, users, rest, ofTcp] };

  it.each`
    typed                         | key
    ${'orders'}                   | ${'orders'}
    ${'#1'}                       | ${'orders'}
    ${'1'}                        | ${'orders'}
    ${'2'}                        | ${users.key}
    ${'#2'}                       | ${users.key}
    ${users.key}                  | ${users.key}
    ${'End-User=jason'}           | ${users.key}
    ${'path starts with /orders'} | ${'orders'}
    ${'primary'}                  | ${'default'}
    ${'3'}                        | ${'default'}
    ${'tcp#1'}                    | ${ofTcp.key}
    ${'4'}                        | ${'4'}
    ${'nobody'}                   | ${'nobody'}
    ${'toString'}                 | ${'toString'}
  `('by $typed is $key', ({ typed, key }) => {
    expect(keyOfNamed(all, typed)).toBe(key);
  });

  it('is none where several have the name', () => {
    const twins = { rules: [twin(1, 'path = /a'), twin(2, 'path = /b'), rest] };

    expect(keyOfNamed(twins, 'twin')).toBe('twin');
    expect(rulesNamed(twins, 'twin').map(({ key }) => key)).toEqual(['#1 path = /a', '#2 path = /b']);
    expect(keyOfNamed(twins, '2')).toBe('#2 path = /b');
  });

  it('by a number is the rule with that name before the rule at that place', () => {
    const numbered = rule({ v1: 100 }, { key: '1', name: '1', match: 'path = /b' });

    expect(keyOfNamed({ rules: [orders, numbered] }, '1')).toBe('1');
  });
});

describe('the rule that is meant where nobody names one', () => {
  it.each`
    what                                            | rules                                        | key
    ${'the default one'}                            | ${[orders, rest, ofTcp]}                     | ${'default'}
    ${'the only one'}                               | ${[users]}                                   | ${users.key}
    ${'the only one that can be split'}             | ${[redirect, users]}                         | ${users.key}
    ${'the default one, though it cannot be split'} | ${[orders, { ...redirect, key: 'default' }]} | ${'default'}
    ${'none of several'}                            | ${[orders, users]}                           | ${undefined}
    ${'none where none can be split'}               | ${[redirect]}                                | ${undefined}
    ${'none where there is none'}                   | ${[]}                                        | ${undefined}
  `('is $what', ({ rules, key }: { readonly rules: readonly Rule[]; readonly key: string | undefined }) => {
    expect(keyOfNamed({ rules }, undefined)).toBe(key);
  });
});
