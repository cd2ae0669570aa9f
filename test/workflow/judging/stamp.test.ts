import { describe, expect, it } from 'vitest';
import { stampOf } from '../../../src/workflow/judging/stamp.ts';
import { contentEdit, live, reviews, reviewsObject, rule, weightsEdit } from '../../support/builders.ts';

describe('the stamp of objects as they are', () => {
  const weights = weightsEdit();
  const ofWeights = (...args: Parameters<typeof reviews>) => stampOf([{ edit: weights, live: live(reviews(...args)) }]);

  it.each`
    what                              | now                          | same
    ${'the same'}                     | ${{ v1: 70, v3: 30 }}        | ${true}
    ${'the same shares'}              | ${{ v1: 7, v3: 3 }}          | ${true}
    ${'in another order'}             | ${{ v3: 30, v1: 70 }}        | ${true}
    ${'with a version that has none'} | ${{ v1: 70, v2: 0, v3: 30 }} | ${true}
    ${'another share'}                | ${{ v1: 71, v3: 29 }}        | ${false}
    ${'another version'}              | ${{ v1: 70, v2: 30 }}        | ${false}
    ${'nothing at all'}               | ${{ v1: 0 }}                 | ${false}
  `('of a weights edit looks at the shares alone: $what', ({ now, same }) => {
    expect(ofWeights(now) === ofWeights({ v1: 70, v3: 30 })).toBe(same);
  });

  it('of a weights edit looks at the rules that it moves, and not at other rules, the history or the rest', () => {
    const before = ofWeights({ v1: 1 });
    const other = rule({ v2: 1 }, { key: 'orders' });

    expect(ofWeights({}, { rules: [rule({ v1: 1 }), other], seq: 7 })).toBe(before);
    expect(stampOf([{ edit: weights, live: live(reviews({ v1: 1 }), { content: { spec: {} } }) }])).toBe(before);
    expect(ofWeights({ v1: 1 }, { uid: 'another' })).not.toBe(before);
    expect(ofWeights({}, { rules: [other] })).not.toBe(before);
    expect(stampOf([{ edit: weights, live: undefined }])).not.toBe(before);
  });

  it('of a content edit looks at all that there is', () => {
    const edit = contentEdit({ object: reviewsObject });
    const of = (overrides: Parameters<typeof live>[1], seq = 0) =>
      stampOf([{ edit, live: live(reviews({ v1: 1 }, { seq }), overrides) }]);

    expect(of({})).toBe(of({}));
    expect(of({})).not.toBe(of({ content: { spec: {} } }));
    expect(of({})).not.toBe(of({ uid: 'another' }));
    expect(of({})).not.toBe(of({}, 1));
    expect(of({})).not.toBe(stampOf([{ edit, live: undefined }]));
  });

  it('stands for all objects', () => {
    const [one, two] = [
      { edit: weights, live: live(reviews({ v1: 1 })) },
      { edit: weights, live: undefined },
    ];

    expect(new Set([stampOf([one]), stampOf([two]), stampOf([one, two]), stampOf([two, one])]).size).toBe(4);
    expect(stampOf([one])).toMatch(/^[0-9a-f]{16}$/);
  });
});
