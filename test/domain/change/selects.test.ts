import { describe, expect, it } from 'vitest';
import { isRelabelled, selectsOf } from '../../../src/domain/change/selects.ts';

const host = 'reviews.default.svc.cluster.local';

function read(selects: Readonly<Record<string, string>> | undefined, to = { v1: 0, v3: 100 }) {
  const backends = [
    { version: 'v1', host, selects: { version: 'v1' } },
    { version: 'v3', host, selects },
  ];
  const moves = [{ rule: 'default', from: { v1: 100 }, to }] as const;
  return selectsOf([{ edit: { kind: 'weights', moves }, rules: [{ key: 'default', backends }] }]);
}

describe('what the versions of a change select', () => {
  it('is told by all labels of those that get traffic', () => {
    expect(read({ version: 'v3', app: 'reviews' })).toEqual([`${host} v3 app=reviews,version=v3`]);
    expect(read({ version: 'v3' }, { v1: 50, v3: 50 })).toEqual([`${host} v1 version=v1`, `${host} v3 version=v3`]);
  });

  it.each`
    before                               | now                                  | changed
    ${{ version: 'v3', app: 'reviews' }} | ${{ app: 'reviews', version: 'v3' }} | ${false}
    ${{ version: 'v3' }}                 | ${{ version: 'v4' }}                 | ${true}
    ${{ version: 'v3' }}                 | ${{ version: 'v3', track: 'x' }}     | ${true}
    ${{ version: 'v3' }}                 | ${undefined}                         | ${true}
    ${undefined}                         | ${{ version: 'v3' }}                 | ${true}
  `('is another from $before to $now: $changed', ({ before, now, changed }) => {
    expect(isRelabelled(read(before), read(now))).toBe(changed);
  });

  it('is told by what chooses the pods where there are no subsets', () => {
    const as = (chosenBy: string | undefined) =>
      selectsOf([
        {
          edit: { kind: 'weights', moves: [{ rule: 'default', to: { 'reviews-v3': 100 } }] },
          rules: [{ key: 'default', backends: [{ version: 'reviews-v3', host, chosenBy }] }],
        },
      ]);

    expect(as('app=reviews')).toEqual([`${host} reviews-v3 by app=reviews`]);
    expect(isRelabelled(as('app=reviews'), as('app=other'))).toBe(true);
    expect(isRelabelled(as('app=reviews'), as(undefined))).toBe(true);
    expect(isRelabelled(as(undefined), as('app=reviews'))).toBe(false); // it was not known then
  });

  it('binds only what was approved', () => {
    expect(isRelabelled(undefined, read({ version: 'v3' }))).toBe(false);
  });
});
