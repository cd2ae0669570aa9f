import { describe, expect, it } from 'vitest';
import { fitted } from '../../../src/slack/words/mrkdwn.ts';

describe('markup that is too long', () => {
  it.each`
    what                     | text                                     | shown
    ${'as it is'}            | ${'short'}                               | ${'short'}
    ${'at a character'}      | ${'x'.repeat(40)}                        | ${'xxxxxxxxxxx… +29'}
    ${'before a mention'}    | ${`12345 <@U01ALICE> ${'x'.repeat(20)}`} | ${'12345 … +32'}
    ${'before an entity'}    | ${`123456789 &amp; ${'x'.repeat(20)}`}   | ${'123456789 … +26'}
    ${'before a code'}       | ${`12345 \`a b c d\` ${'x'.repeat(20)}`} | ${'12345 … +30'}
    ${'before bold words'}   | ${`12345 *a \`*\` b* ${'x'.repeat(20)}`} | ${'12345 … +30'}
    ${'not at an underline'} | ${`1234567890_${'x'.repeat(20)}`}        | ${'1234567890… +21'}
  `('is cut $what', ({ text, shown }) => {
    expect(fitted(text, 20)).toBe(shown);
  });
});
