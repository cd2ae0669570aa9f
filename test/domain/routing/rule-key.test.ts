import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlaced, isTelling, placedKey, placeOfKey } from '../../../src/domain/routing/rule-key.ts';

const aPlace = fc.integer({ min: 1, max: 500 });
const aMatch = fc.string({ maxLength: 400, unit: 'grapheme' });

describe('the key of a rule without a name', () => {
  it.each`
    list         | place | match                | key
    ${undefined} | ${2}  | ${'path = /orders'}  | ${'#2 path = /orders'}
    ${undefined} | ${1}  | ${''}                | ${'#1 anything'}
    ${'tcp'}     | ${1}  | ${'port = 31400'}    | ${'tcp#1 port = 31400'}
    ${'tls'}     | ${12} | ${'sni = a.example'} | ${'tls#12 sni = a.example'}
  `('is $key', ({ list, place, match, key }) => {
    expect(placedKey({ list, place, match })).toBe(key);
    expect(placeOfKey(key)).toBe(key.split(' ')[0]);
  });

  it('tells apart rules at other places, and with other matches, however long', () => {
    fc.assert(
      fc.property(aPlace, aPlace, aMatch, aMatch, (one, other, match, another) => {
        const key = placedKey({ place: one, match });

        expect(key === placedKey({ place: other, match })).toBe(one === other);
        if (match !== another && match !== '' && another !== '')
          expect(key).not.toBe(placedKey({ place: one, match: another }));
        expect(isPlaced(key)).toBe(true);
        expect(key.length).toBeLessThan(300);
      }),
      { examples: [[1, 1, `${'a'.repeat(200)}b`, `${'a'.repeat(200)}c`]] },
    );
  });

  it('is never the name of a rule', () => {
    expect(isTelling('orders', 'default')).toBe(true);
    for (const name of ['', 'default', '#1', '#2 path = /', 'tcp#1 anything', undefined])
      expect(isTelling(name, 'default')).toBe(false);
  });

  it('is known from places alone, as histories of before have them', () => {
    expect(['#2', '#2 a', 'tcp#1 b'].map(isPlaced)).toEqual([true, true, true]);
    expect(['default', 'orders', '#x', '#', 'tcp-1'].map(isPlaced)).toEqual([false, false, false, false, false]);
  });
});
