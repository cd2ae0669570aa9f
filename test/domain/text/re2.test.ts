import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { re2, re2Fault } from '../../../src/domain/text/re2.ts';

describe('a regular expression of RE2', () => {
  it.each`
    regex                              | text                 | finds    | matches
    ${'a'}                             | ${'cat'}             | ${true}  | ${false}
    ${'/api/v[12]'}                    | ${'/api/v2'}         | ${true}  | ${true}
    ${'^(.*?;)?(user=jason)(;.*)?$'}   | ${'a=b;user=jason'}  | ${true}  | ${true}
    ${'(?i)JASON'}                     | ${'jason'}           | ${true}  | ${true}
    ${'(?P<who>ja)son'}                | ${'jason'}           | ${true}  | ${true}
    ${'\\Q.*\\E'}                      | ${'.*'}              | ${true}  | ${true}
    ${'[[:alpha:]]+\\z'}               | ${'abc'}             | ${true}  | ${true}
    ${'a|ab'}                          | ${'ab'}              | ${true}  | ${true}
    ${'.'}                             | ${'\n'}              | ${false} | ${false}
    ${'x*x*x*x*x*x*x*x*x*x*x*x*x*x*y'} | ${'x'.repeat(5_000)} | ${false} | ${false}
  `('$regex: finds $finds, matches $matches', ({ regex, text, finds, matches }) => {
    const compiled = re2(regex);

    expect({ finds: compiled?.finds(text), matches: compiled?.matches(text) }).toEqual({ finds, matches });
  });

  it.each`
    regex          | text             | by            | result
    ${'^/v(\\d)/'} | ${'/v2/reviews'} | ${'/\\1/'}    | ${'/2/reviews'}
    ${'a'}         | ${'banana'}      | ${'[\\0]'}    | ${'b[a]n[a]n[a]'}
    ${'(a)|(b)'}   | ${'ab'}          | ${'<\\2\\9>'} | ${'<><b>'}
    ${'z'}         | ${'banana'}      | ${'$1'}       | ${'banana'}
  `('$regex by $by makes $result of $text', ({ regex, text, by, result }) => {
    expect(re2(regex)?.replaced(text, by)).toBe(result);
  });

  it.each`
    regex        | fault
    ${'(?=a)'}   | ${'invalid or unsupported Perl syntax: `(?=`'}
    ${'(?<=a)b'} | ${'invalid named capture: `(?<=a)b`'}
    ${'(a)\\1'}  | ${'invalid escape sequence: `\\1`'}
    ${'(a'}      | ${'missing closing ): `(a`'}
    ${'a\\'}     | ${'trailing backslash at end of expression: ``'}
  `('is refused for $fault', ({ regex, fault }) => {
    expect(re2(regex)).toBeUndefined();
    expect(re2Fault(regex)).toBe(`error parsing regexp: ${fault}`);
  });

  it('is refused as a whole if it nests too deeply', () => {
    const nested = '('.repeat(1_001) + ')'.repeat(1_001);

    expect(re2Fault(nested)).toBe(`error parsing regexp: expression nests too deeply: \`${nested}\``);
  });

  it('either has a fault or compiles, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (regex) => (re2(regex) === undefined) === (re2Fault(regex) !== undefined)));
  });
});
