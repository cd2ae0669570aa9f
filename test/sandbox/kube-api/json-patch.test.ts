import fc from 'fast-check';
import { createPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { GoJsonReader, GoSyntaxError } from '../../../src/sandbox/kube-api/go-json.ts';
import { applyJsonPatch } from '../../../src/sandbox/kube-api/json-patch.ts';
import { applyMergePatch } from '../../../src/sandbox/kube-api/merge-patch.ts';

/** JSON without null, since a merge patch cannot set null. */
const anyDocument = fc.jsonValue({ maxDepth: 4 }).map((value) => withoutNull(value));

describe('a JSON patch', () => {
  it('turns any document into any other', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (one, other) => {
        const patch = createPatch({ value: one }, { value: other });

        expect(applyJsonPatch({ value: structuredClone(one) }, patch)).toEqual({ value: other });
      }),
    );
  });

  it('does not set the prototype', () => {
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);

    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  });
});

describe('a merge patch', () => {
  it('turns an empty document into its value', () => {
    fc.assert(
      fc.property(anyDocument, (value) => {
        expect(applyMergePatch({}, { value })).toEqual({ value });
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (one, other) => {
        const once = applyMergePatch({ value: one }, { value: other });

        expect(applyMergePatch(once, { value: other })).toEqual(once);
      }),
    );
  });
});

describe("the check that imitates Go's JSON decoder", () => {
  it('accepts all JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);

        expect(new GoJsonReader(spaced).duplicates()).toEqual([]);
      }),
    );
  });

  it('refuses what JavaScript refuses', () => {
    const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '{', '}', ',', '"', 'x', '\\', '0', '.', '-'));
    fc.assert(
      fc.property(damaged, ([text, where, char]) => {
        const at = where % (text.length + 1);
        const broken = text.slice(0, at) + char + text.slice(at + 1);

        expect(isGo(broken)).toBe(isJavaScript(broken));
      }),
      { numRuns: 500 },
    );
  });
});

function isGo(text: string): boolean {
  try {
    new GoJsonReader(text).duplicates();
    return true;
  } catch (cause) {
    if (cause instanceof GoSyntaxError) return false;
    throw cause;
  }
}

function isJavaScript(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (cause) {
    if (cause instanceof SyntaxError) return false;
    throw cause;
  }
}

function withoutNull(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object') return value;
  // Like JSON.parse, Object.fromEntries keeps a field called __proto__.
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutNull(part)]));
}
