import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changeIdFrom,
  isChangeId,
  isHost,
  isLabel,
  isRampId,
  rampIdFrom,
  readChangeId,
  readRampId,
  resolveHost,
  splitServiceWord,
} from '../../../src/domain/routing/names.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { aChangeId } from '../../support/arbitraries.ts';
import { reviewsObject } from '../../support/builders.ts';

const aDigest = fc.uint8Array({ minLength: 5, maxLength: 32 });

describe('a change id', () => {
  it.each`
    bytes                        | id
    ${[0, 0, 0, 0, 0]}           | ${'c-00000000'}
    ${[255, 255, 255, 255, 255]} | ${'c-ZZZZZZZZ'}
    ${[0, 0, 0, 0, 1, 99, 99]}   | ${'c-00000001'}
    ${[128, 0, 0, 0, 0]}         | ${'c-G0000000'}
  `('of the digest $bytes is $id', ({ bytes, id }) => {
    expect(changeIdFrom(Uint8Array.from(bytes))).toBe(id);
  });

  it('is always a change id, and stands for the first 40 bits of the digest', () => {
    fc.assert(
      fc.property(aDigest, aDigest, (a, b) => {
        const sameStart = a.slice(0, 5).every((byte, at) => byte === b[at]);

        expect(isChangeId(changeIdFrom(a))).toBe(true);
        expect(changeIdFrom(a)).toBe(changeIdFrom(a.slice(0, 5)));
        expect(changeIdFrom(a) === changeIdFrom(b)).toBe(sameStart);
      }),
    );
  });

  it('is read as it is, in lower case, and with O for 0 and I or L for 1', () => {
    fc.assert(
      fc.property(aChangeId, fc.constantFrom('I', 'i', 'L', 'l'), fc.constantFrom('O', 'o'), (id, one, zero) => {
        const mistyped = `c-${id.slice(2).replaceAll('1', one).replaceAll('0', zero)}`;

        for (const typed of [id, id.toLowerCase(), id.toUpperCase(), mistyped]) expect(readChangeId(typed)).toBe(id);
      }),
    );
  });

  it.each([
    '',
    'c-',
    'c',
    '7F3K2M9P',
    'c-7F3K2M9',
    'c-7F3K2M9PP',
    'c-7F3K2M9U',
    'c-7F3K 2M9',
    'c-7F3K2M9P ',
    'd-7F3K2M9P',
    'с-7F3K2M9P',
    'c-７F3K2M9P',
    'c-ß3K2M9P',
    'c_7F3K2M9P',
    'c-__proto_',
  ])('is not read from %j', (word) => {
    expect(readChangeId(word)).toBeUndefined();
  });

  it.each(['c-7f3k2m9p', 'C-7F3K2M9P', 'c-7F3K2M9O', 'c-7F3K2M9P\n'])('as we write it is not %j', (text) => {
    expect(isChangeId(text)).toBe(false);
  });
});

describe('the id of a ramp', () => {
  it('is made of a digest as that of a change is, and told apart from it', () => {
    fc.assert(
      fc.property(aDigest, (digest) => {
        const id = rampIdFrom(digest);

        expect(id.slice(1)).toBe(changeIdFrom(digest).slice(1));
        expect([isRampId(id), isChangeId(id), isRampId(changeIdFrom(digest))]).toEqual([true, false, false]);
        expect([readRampId(id.toLowerCase()), readChangeId(id)]).toEqual([id, undefined]);
      }),
    );
  });

  it.each(['', 'r-', 'c-7F3K2M9P', 'r-7F3K2M9', 'r-7F3K2M9U', 'r_7F3K2M9P', 'reviews', 'r-7F3K2M9P '])(
    'is not read from %j',
    (word) => {
      expect(readRampId(word)).toBeUndefined();
    },
  );

  it('is read with O for 0 and I or L for 1', () => {
    expect(readRampId('R-7f3koil9')).toBe('r-7F3K0119');
  });
});

describe('splitServiceWord', () => {
  it.each`
    word                                    | namespace     | service
    ${'reviews'}                            | ${undefined}  | ${'reviews'}
    ${'bookinfo/reviews'}                   | ${'bookinfo'} | ${'reviews'}
    ${'reviews.bookinfo'}                   | ${'bookinfo'} | ${'reviews'}
    ${'reviews.bookinfo.svc'}               | ${'bookinfo'} | ${'reviews'}
    ${'reviews.bookinfo.svc.cluster.local'} | ${'bookinfo'} | ${'reviews'}
    ${'reviews.bookinfo.svc.e vil\0'}       | ${undefined}  | ${'reviews.bookinfo.svc.e vil\0'}
    ${'www.example.com'}                    | ${undefined}  | ${'www.example.com'}
    ${'bookinfo/www.example.com'}           | ${'bookinfo'} | ${'www.example.com'}
    ${'a/b/c'}                              | ${'a'}        | ${'b/c'}
    ${'/reviews'}                           | ${''}         | ${'reviews'}
    ${'reviews.'}                           | ${''}         | ${'reviews'}
    ${'bookinfo/'}                          | ${'bookinfo'} | ${''}
    ${''}                                   | ${undefined}  | ${''}
  `('reads $word as $service in $namespace', ({ word, namespace, service }) => {
    expect(splitServiceWord(word)).toEqual({ namespace, service });
  });
});

describe('resolveHost', () => {
  it.each`
    host                                   | resolved
    ${'reviews'}                           | ${'reviews.bookinfo.svc.cluster.local'}
    ${'reviews.default'}                   | ${'reviews.default'}
    ${'reviews.default.svc.cluster.local'} | ${'reviews.default.svc.cluster.local'}
    ${'www.example.com'}                   | ${'www.example.com'}
    ${'*.example.com'}                     | ${'*.example.com'}
    ${'*'}                                 | ${'*'}
  `('completes $host to $resolved', ({ host, resolved }) => {
    expect(resolveHost(host, 'bookinfo')).toBe(resolved);
    expect(resolveHost(resolved, 'elsewhere')).toBe(resolved);
  });
});

describe('isLabel and isHost', () => {
  it.each`
    text                | label    | host
    ${'reviews'}        | ${true}  | ${true}
    ${'v1'}             | ${true}  | ${true}
    ${'1'}              | ${true}  | ${true}
    ${'constructor'}    | ${true}  | ${true}
    ${'a-b'}            | ${true}  | ${true}
    ${'a.b.c'}          | ${false} | ${true}
    ${'a..b'}           | ${false} | ${false}
    ${'.a'}             | ${false} | ${false}
    ${'-a'}             | ${false} | ${false}
    ${'a-'}             | ${false} | ${false}
    ${'A'}              | ${false} | ${false}
    ${'a_b'}            | ${false} | ${false}
    ${'__proto__'}      | ${false} | ${false}
    ${'*'}              | ${false} | ${false}
    ${''}               | ${false} | ${false}
    ${'a\n'}            | ${false} | ${false}
    ${'гeviews'}        | ${false} | ${false}
    ${'a'.repeat(63)}   | ${true}  | ${true}
    ${'a'.repeat(64)}   | ${false} | ${false}
    ${'a.a'.repeat(84)} | ${false} | ${true}
    ${'a.a'.repeat(85)} | ${false} | ${false}
  `('$text is a label: $label, a host: $host', ({ text, label, host }) => {
    expect([isLabel(text), isHost(text)]).toEqual([label, host]);
  });
});

describe('objectKey', () => {
  it('tells apart objects that differ in any one part', () => {
    const keys = [
      reviewsObject,
      { ...reviewsObject, cluster: 'prod' },
      { ...reviewsObject, namespace: 'bookinfo' },
      { ...reviewsObject, name: 'ratings' },
    ].map(objectKey);

    expect(new Set(keys).size).toBe(4);
  });
});
