import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DiffLine, diff, withContext, yamlLines } from '../../../src/domain/text/line-diff.ts';
import { processorMs } from '../../support/processor-time.ts';

const someLines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

describe('a difference of lines', () => {
  it('names what is taken away, what comes new, and what stays', () => {
    expect(shown(diff(['hosts:', '- a', 'http:'], ['hosts:', '- b', '- c', 'http:']))).toEqual([
      '  hosts:',
      '- - a',
      '+ - b',
      '+ - c',
      '  http:',
    ]);
  });

  it('makes the one of the other', () => {
    fc.assert(
      fc.property(someLines, someLines, (before, after) => {
        const lines = diff(before, after);

        expect(lines.filter(({ sign }) => sign !== '+').map(({ text }) => text)).toEqual(before);
        expect(lines.filter(({ sign }) => sign !== '-').map(({ text }) => text)).toEqual(after);
      }),
    );
  });

  it('is nothing but what stays where nothing differs', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        expect(withContext(diff(lines, lines))).toEqual([]);
      }),
    );
  });

  it('keeps every line that differs when it is cut down to what is around them', () => {
    fc.assert(
      fc.property(someLines, someLines, fc.nat(3), (before, after, around) => {
        const all = diff(before, after);
        const changed = (lines: readonly DiffLine[]) => lines.filter(({ sign }) => sign === '+' || sign === '-');

        expect(changed(withContext(all, around))).toEqual(changed(all));
      }),
    );
  });

  it('says where lines are left out', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

    expect(shown(withContext(diff(before, ['x', ...before.slice(1, 6), 'y']), 1))).toEqual([
      '- a',
      '+ x',
      '  b',
      '…',
      '  f',
      '- g',
      '+ y',
    ]);
  });

  it('shows one block in place of the other where too much differs, between what both begin and end with', () => {
    const [before, after] = [numbered('a', 1_000), numbered('b', 1_000)];

    expect(diff(['head', ...before, 'tail'], ['head', ...after, 'tail'])).toEqual([
      { sign: ' ', text: 'head' },
      ...before.map((text) => ({ sign: '-', text })),
      ...after.map((text) => ({ sign: '+', text })),
      { sign: ' ', text: 'tail' },
    ]);
  });

  it('finds two small changes far apart, however long the object is', () => {
    const lines = numbered('line ', 5_000);

    expect(shown(withContext(diff(['first', ...lines, 'last'], ['1st', ...lines]), 0))).toEqual([
      '- first',
      '+ 1st',
      '…',
      '- last',
    ]);
  });

  // As many lines as a request of 256 KB holds.
  it.each`
    what                                     | before                                      | after
    ${'everything differs'}                  | ${numbered('a', 40_000)}                    | ${numbered('b', 40_000)}
    ${'few lines are all there is'}          | ${repeated((at) => (at % 2 ? 'a' : 'b'))}   | ${repeated((at) => (at % 3 ? 'a' : 'b'))}
    ${'long runs are shared, and shifted'}   | ${repeated((at) => (at % 199 ? 'a' : 'x'))} | ${repeated((at) => (at % 200 ? 'a' : 'y'))}
    ${'one is nearly as often as the other'} | ${repeated(() => 'a')}                      | ${[...repeated(() => 'a').slice(599), 'b']}
  `('takes no longer than a person waits where $what', ({ before, after }) => {
    expect(processorMs(() => diff(before, after))).toBeLessThan(2_000);
  });
});

describe('an object in lines', () => {
  it('reads as an operator writes it', () => {
    expect(
      yamlLines({ hosts: ['reviews'], http: [{ route: [{ weight: 50, to: { host: 'reviews' } }], timeout: '3s' }] }),
    ).toEqual([
      'hosts:',
      '  - reviews',
      'http:',
      '  - route:',
      '      - weight: 50',
      '        to:',
      '          host: reviews',
      '    timeout: "3s"',
    ]);
  });

  it('is YAML that reads as the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        fc.pre(Object.keys(json).length > 0 && !JSON.stringify(json).includes('__proto__'));

        expect(parse(yamlLines(json).join('\n'), { uniqueKeys: false })).toEqual(json);
      }),
    );
  });
});

function shown(lines: readonly DiffLine[]): readonly string[] {
  return lines.map(({ sign, text }) => (sign === 'gap' ? '…' : `${sign} ${text}`));
}

function numbered(text: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${text}${at}`);
}

function repeated(text: (at: number) => string): readonly string[] {
  return Array.from({ length: 128 * 1024 }, (_, at) => text(at));
}
