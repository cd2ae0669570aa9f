import { describe, expect, it } from 'vitest';
import { choosePinned, withoutRule } from '../../../src/domain/routing/pinned.ts';
import { jason, rule } from '../../support/builders.ts';

const api = rule({ v3: 100 }, { key: 'api', name: 'api', match: 'path starts with /api' });
const quoted = rule({ v1: 100 }, { key: '#3', match: 'end-user = "jim"' });

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
    expect(choosePinned([jason, api, quoted], typed)).toMatchObject({ kind: 'rule', at });
  });

  it('is none of those that there are, which are named with what can be typed for each', () => {
    expect(choosePinned([jason, api], 'ap')).toEqual({
      kind: 'none',
      typed: 'ap',
      pinned: [
        { named: 'end-user=jason', does: 'end-user = jason → v2' },
        { named: 'path starts with /api', does: 'path starts with /api → v3' },
      ],
      nearest: undefined,
    });
    expect(choosePinned([jason, api], 'end-user=jaso')).toMatchObject({ nearest: 'end-user=jason' });
  });

  it('is asked for by its place where two are alike', () => {
    expect(choosePinned([jason, jason, api], 'end-user=jason')).toMatchObject({
      kind: 'several',
      pinned: [{ named: '#1' }, { named: '#2' }],
    });
  });

  it('can be named as it is suggested', () => {
    const all = [jason, api, quoted, { ...jason, key: '#4' }];
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
