import { describe, expect, it } from 'vitest';
import { choosePinned, withoutRule } from '../../../src/domain/routing/pinned.ts';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { jason, rule } from '../../support/builders.ts';

const api = rule({ v3: 100 }, { key: 'api', name: 'api', match: 'path starts with /api' });
const quoted = rule({ v1: 100 }, { key: '#3', match: 'end-user = "jim"' });

function withPinned(...pinned: readonly Rule[]): { readonly rules: readonly Rule[] } {
  return { rules: [...pinned, rule({ v1: 100 })] };
}

describe('the pinned rule that is meant', () => {
  it.each`
    typed                      | at
    ${'end-user=jason'}        | ${0}
    ${'End-User = JASON'}      | ${0}
    ${'#1'}                    | ${0}
    ${'api'}                   | ${1}
    ${'path starts with /api'} | ${1}
    ${'#2'}                    | ${1}
    ${"end-user='jim'"}        | ${2}
  `('by $typed is number $at', ({ typed, at }) => {
    expect(choosePinned(withPinned(jason, api, quoted), typed)).toMatchObject({ kind: 'rule', at });
  });

  it('is none of those that there are, which are named with what can be typed for each', () => {
    expect(choosePinned(withPinned(jason, api), 'ap')).toEqual({
      kind: 'none',
      typed: 'ap',
      pinned: [
        { named: 'end-user=jason', does: 'end-user = jason → v2' },
        { named: 'path starts with /api', does: 'path starts with /api → v3' },
      ],
      nearest: undefined,
    });
    expect(choosePinned(withPinned(jason, api), 'end-user=jaso')).toMatchObject({ nearest: 'end-user=jason' });
  });

  it('is asked for by its place where two are alike', () => {
    expect(choosePinned(withPinned(jason, { ...jason }, api), 'end-user=jason')).toMatchObject({
      kind: 'several',
      pinned: [{ named: '#1' }, { named: '#2' }],
    });
  });

  it('has the place that it has in the object, where rules are not tried in order', () => {
    const late = { ...api, isFirst: true } as const;

    expect(choosePinned({ rules: [rule({ v1: 100 }), late] }, 'api')).toMatchObject({ kind: 'rule', at: 1 });
  });

  it('can be named as it is suggested', () => {
    const all = withPinned(jason, api, quoted, { ...jason, key: '#4' });
    const answer = choosePinned(all, 'nothing like it');
    const suggested = answer.kind === 'rule' ? [] : answer.pinned.map(({ named }) => choosePinned(all, named));

    expect(suggested.map((each) => each.kind === 'rule' && each.at)).toEqual([0, 1, 2, 3]);
  });
});

it('a rule is taken out, and nothing else of the object', () => {
  const content = {
    labels: { team: 'books' },
    spec: { hosts: ['a'], http: [{ name: 'x' }, { name: 'y' }], exportTo: ['.'] },
  };

  expect(withoutRule(content, 0)).toEqual({ ...content, spec: { ...content.spec, http: [{ name: 'y' }] } });
});
