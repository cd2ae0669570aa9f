import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTyped, quote, toWords, truncate } from '../../../src/domain/text/typed-text.ts';
import { anyText } from '../../support/arbitraries.ts';

describe('asTyped', () => {
  it.each`
    what                              | typed                                            | text
    ${'plain words'}                  | ${'reviews v3 50'}                               | ${'reviews v3 50'}
    ${'spaces around and between'}    | ${'  reviews \t v3\n\n50 '}                      | ${'reviews v3 50'}
    ${'non-breaking spaces'}          | ${'reviews\u00A0v3\u202F50'}                     | ${'reviews v3 50'}
    ${'wide and thin spaces'}         | ${'reviews\u3000v3\u2009\u205F50'}               | ${'reviews v3 50'}
    ${'zero-width characters'}        | ${'re\u200Bvi\u200D\u2060ews v\uFEFF3 5\u00AD0'} | ${'reviews v3 50'}
    ${'marks of direction'}           | ${'\u200Freviews v3\u200E 50\u061C'}             | ${'reviews v3 50'}
    ${'smart double quotes'}          | ${'“red stars”'}                                 | ${'"red stars"'}
    ${'German quotes'}                | ${'„red stars“'}                                 | ${'"red stars"'}
    ${'French quotes'}                | ${'«red»'}                                       | ${'"red"'}
    ${'a long dash before a flag'}    | ${'reviews —dry-run'}                            | ${'reviews --dry-run'}
    ${'a long dash at the start'}     | ${'—dry-run'}                                    | ${'--dry-run'}
    ${'a short dash before a flag'}   | ${'reviews –dry-run'}                            | ${'reviews --dry-run'}
    ${'a short dash before a letter'} | ${'reviews –n bookinfo'}                         | ${'reviews -n bookinfo'}
    ${'dashes that are no flags'}     | ${'a — b a—b 10–20'}                             | ${'a — b a—b 10–20'}
    ${'an auto-link'}                 | ${'<http://reviews.default|reviews.default>'}    | ${'reviews.default'}
    ${'an auto-link without text'}    | ${'<https://reviews.default>'}                   | ${'reviews.default'}
    ${'a link with an empty text'}    | ${'<http://reviews.default|>'}                   | ${'reviews.default'}
    ${'a link that says otherwise'}   | ${'<http://evil.example|reviews>'}               | ${'reviews'}
    ${'a mail address'}               | ${'<mailto:a@b.c|a@b.c>'}                        | ${'a@b.c'}
    ${'a person'}                     | ${'<@U1|ana>'}                                   | ${'@ana'}
    ${'a person without a name'}      | ${'<@U1>'}                                       | ${'@U1'}
    ${'a channel'}                    | ${'<#C1|general>'}                               | ${'#general'}
    ${'a call to everyone'}           | ${'<!channel> <!here|here>'}                     | ${'!channel !here'}
    ${'a user group'}                 | ${'<!subteam^S1|@sre>'}                          | ${'!sre'}
    ${'entities'}                     | ${'a &lt;b&gt; &amp; c'}                         | ${'a <b> & c'}
    ${'an entity that was typed'}     | ${'&amp;lt;'}                                    | ${'&lt;'}
    ${'a mention that was typed'}     | ${'&lt;@U1|ana&gt;'}                             | ${'<@U1|ana>'}
    ${'nothing'}                      | ${' \u200B '}                                    | ${''}
  `('undoes $what', ({ typed, text }) => {
    expect(asTyped(typed)).toBe(text);
  });

  it.each(['<', '<@', '<@>', '<|>', '<!', '<http:', '<http:|', '>', '&', '&lt', '<@U1|a', '<<@U1|ana>>'])(
    'takes %j, which is cut short, without harm',
    (typed) => {
      expect(asTyped(typed)).toEqual(expect.any(String));
    },
  );

  it('leaves nothing to be undone again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '-', '—', '–', ' ', '\u00A0', '\u200B', '"', '“', "'", 'n', '\t') }),
        (typed) => {
          expect(asTyped(asTyped(typed))).toBe(asTyped(typed));
        },
      ),
    );
  });
});

describe('toWords', () => {
  it.each`
    text                        | words
    ${''}                       | ${[]}
    ${'reviews v3 50'}          | ${['reviews', 'v3', '50']}
    ${'--reason "red stars" x'} | ${['--reason', 'red stars', 'x']}
    ${"--reason 'red stars'"}   | ${['--reason', 'red stars']}
    ${'--reason ‘red stars’'}   | ${['--reason', 'red stars']}
    ${'--reason="red stars"'}   | ${['--reason=red stars']}
    ${'"it\'s"'}                | ${["it's"]}
    ${'\'say "hi"\''}           | ${['say "hi"']}
    ${"don't v3"}               | ${["don't", 'v3']}
    ${'don’t v3'}               | ${['don’t', 'v3']}
    ${'don’t isn’t'}            | ${['don’t', 'isn’t']}
    ${'5" v3'}                  | ${['5"', 'v3']}
    ${'""'}                     | ${['']}
    ${'a=b=c'}                  | ${['a=b=c']}
    ${'v1="50"'}                | ${['v1=50']}
  `('reads $text as $words', ({ text, words }) => {
    expect(toWords(text)).toEqual({
      kind: 'words',
      words: words.map((word: string) => expect.objectContaining({ text: word })),
    });
  });

  it.each([
    '"red',
    '--reason "red stars',
    "--reason 'red",
    "'don't do it'",
    '--reason="red stars',
    '"',
    '"red"stars"',
    '‘red',
  ])('finds the open quote in %j', (text) => {
    expect(toWords(text)).toEqual({ kind: 'open-quote' });
  });

  it('tells a word in quotes from a flag', () => {
    expect(toWords('"--dry-run" --dry-run --a="b"')).toEqual({
      kind: 'words',
      words: [
        { text: '--dry-run', quoted: true },
        { text: '--dry-run', quoted: false },
        { text: '--a=b', quoted: false },
      ],
    });
  });

  it('ends whatever it is given, and loses no word outside quotes', () => {
    fc.assert(
      fc.property(anyText(), (typed) => {
        const text = asTyped(typed);
        const split = toWords(text);

        if (split.kind === 'words' && !/["'‘’]/.test(text))
          expect(split.words.map((word) => word.text).join(' ')).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe('truncate', () => {
  it.each`
    text          | limit | short
    ${'abc'}      | ${3}  | ${'abc'}
    ${'abcd'}     | ${3}  | ${'abc… +1'}
    ${'🌟🌟🌟'}   | ${3}  | ${'🌟🌟🌟'}
    ${'🌟🌟🌟🌟'} | ${1}  | ${'🌟… +3'}
    ${''}         | ${3}  | ${''}
  `('cuts $text at $limit to $short', ({ text, limit, short }) => {
    expect(truncate(text, limit)).toBe(short);
  });

  it('never cuts a character in half', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
        expect(truncate(text, limit).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('quote', () => {
  it.each`
    what                     | word              | shown
    ${'plain words'}         | ${'reviews'}      | ${'`reviews`'}
    ${'Cyrillic letters'}    | ${'rеviews'}      | ${'`rеviews` (with U+0435)'}
    ${'an emoji'}            | ${'v🌟'}          | ${'`v🌟` (with U+1F31F)'}
    ${'back-ticks'}          | ${'a`b``c'}       | ${'`a b c`'}
    ${'line breaks'}         | ${'a\r\nb'}       | ${'`a b` (with U+000D, U+000A)'}
    ${'a zero byte'}         | ${'a\0b'}         | ${'`a\uFFFDb` (with U+0000)'}
    ${'text turned around'}  | ${'a\u202Eb'}     | ${'`a\uFFFDb` (with U+202E)'}
    ${'half a character'}    | ${'a\uD83D'}      | ${'`a\uFFFD` (with U+D83D)'}
    ${'a decomposed letter'} | ${'e\u0301'}      | ${'`e\u0301` (with U+0301)'}
    ${'an ellipsis'}         | ${'v…'}           | ${'`v…` (with U+2026)'}
    ${'no more than three'}  | ${'абвгд'}        | ${'`абвгд` (with U+0430, U+0431, U+0432)'}
    ${'forty characters'}    | ${'x'.repeat(50)} | ${`\`${'x'.repeat(40)}… +10\``}
    ${'mark-up as it is'}    | ${'<!channel>'}   | ${'`<!channel>`'}
  `('shows $what', ({ word, shown }) => {
    expect(quote(word)).toBe(shown);
  });

  it('is one short line in one pair of back-ticks, whatever was typed', () => {
    fc.assert(
      fc.property(anyText(100), (word) => {
        expect(quote(word)).toMatch(
          /^`[^`\p{C}\n\r\u2028\u2029]*`(?: \(with U\+[0-9A-F]{4,6}(?:, U\+[0-9A-F]{4,6}){0,2}\))?$/u,
        );
        expect([...quote(word)].length).toBeLessThan(100);
      }),
      { numRuns: 300 },
    );
  });
});
