import { describe, expect, it } from 'vitest';
import { findRule, pinnedRules } from '../../../src/domain/routing/route.ts';
import { jason, reviews, rule } from '../../support/builders.ts';

describe('pinnedRules', () => {
  const late = { ...jason, key: '#3' };

  it.each`
    what                                      | rules                               | pinned
    ${'those above the default rule'}         | ${[jason, rule({ v1: 100 }), late]} | ${['#1']}
    ${'none where the default rule is first'} | ${[rule({ v1: 100 }), late]}        | ${[]}
    ${'none where there is no default rule'}  | ${[jason, late]}                    | ${[]}
    ${'none where there is no rule'}          | ${[]}                               | ${[]}
  `('are $what', ({ rules, pinned }) => {
    expect(pinnedRules(reviews({}, { rules })).map(({ key }) => key)).toEqual(pinned);
  });
});

describe('findRule', () => {
  it('finds a rule by its key alone', () => {
    const route = reviews({}, { rules: [jason, rule({ v1: 100 })] });

    expect(findRule(route, '#1')).toBe(jason);
    expect(findRule(route, 'toString')).toBeUndefined();
  });
});
