import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentToWrite,
  isAsLeft,
  isSameContent,
  isUntouched,
  merged,
  takenBack,
} from '../../../src/domain/routing/content.ts';
import type { ObjectContent } from '../../../src/domain/routing/object.ts';

const [was, is, other] = [{ spec: { hosts: ['a'] } }, { spec: { hosts: ['b'] } }, { spec: { hosts: ['c'] } }];
const marks = fc.option(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString'), fc.constantFrom('1', '2')), {
  nil: undefined,
});
const aContent: fc.Arbitrary<ObjectContent> = fc
  .record({ labels: marks, annotations: marks, spec: fc.constantFrom(was.spec, is.spec, other.spec) })
  .map(({ labels, annotations, spec }) => merged({ labels, annotations, spec }, { spec }));

describe('a replacement and what takes it back', () => {
  it('restore what was there', () => {
    fc.assert(
      fc.property(aContent, aContent, (before, after) => {
        const done = contentToWrite({ before, after }, before);

        expect(isSameContent(done, after)).toBe(true);
        expect(isAsLeft({ before, after }, done)).toBe(true);
        expect(isSameContent(takenBack({ before, after }, done), before)).toBe(true);
      }),
    );
  });

  it('leave labels and annotations alone that others set meanwhile', () => {
    fc.assert(
      fc.property(aContent, aContent, marks, (before, after, theirs = {}) => {
        const others = Object.fromEntries(Object.entries(theirs).map(([key, value]) => [`their/${key}`, value]));
        const live = merged(before, { labels: others, spec: before.spec });
        const done = contentToWrite({ before, after }, live);

        expect(isUntouched({ before, after }, live)).toBe(true);
        expect(done?.labels ?? {}).toMatchObject(others);
        expect(isSameContent(takenBack({ before, after }, done), live)).toBe(true);
      }),
    );
  });

  it('of a creation is a deletion, and the other way round', () => {
    expect(takenBack({ after: is }, is)).toBeUndefined();
    expect(takenBack({ before: was }, undefined)).toEqual(was);
  });

  it('are known when somebody has written over them', () => {
    expect(isAsLeft({ before: was, after: is }, other)).toBe(false);
    expect(isAsLeft({ before: was, after: is }, undefined)).toBe(false);
    expect(isAsLeft({ before: was }, other)).toBe(false);
    expect(isAsLeft({ before: was }, undefined)).toBe(true);
  });
});
