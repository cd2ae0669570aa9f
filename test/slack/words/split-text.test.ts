import { expect, it } from 'vitest';
import { moveText, shownNames, splitText } from '../../../src/slack/words/split-text.ts';

const host = (version: string) => `${version}.a-very-long-name-of-a-service.shop.svc.cluster.local`;

it.each`
  what                                      | versions                                                                          | shown
  ${'short ones whole'}                     | ${['v1', 'v2']}                                                                   | ${['v1', 'v2']}
  ${'long ones cut at the end'}             | ${[`a${'x'.repeat(40)}`, `b${'x'.repeat(40)}`]}                                   | ${[`a${'x'.repeat(35)}… +5`, `b${'x'.repeat(35)}… +5`]}
  ${'those that begin alike by their ends'} | ${[`${'x'.repeat(40)}-v1`, `${'x'.repeat(40)}-v2`]}                               | ${[`${'x'.repeat(17)}…${'x'.repeat(14)}-v1`, `${'x'.repeat(17)}…${'x'.repeat(14)}-v2`]}
  ${'those that differ inside whole'}       | ${[`${'x'.repeat(40)}1${'x'.repeat(40)}`, `${'x'.repeat(40)}2${'x'.repeat(40)}`]} | ${[`${'x'.repeat(40)}1${'x'.repeat(40)}`, `${'x'.repeat(40)}2${'x'.repeat(40)}`]}
`('versions are named so that no two look alike: $what', ({ versions, shown }) => {
  expect(versions.map(shownNames(versions))).toEqual(shown);
});

it('a split of hosts tells them apart wherever it is written', () => {
  const long = { [`${'reviews-'.repeat(6)}v1`]: 90, [`${'reviews-'.repeat(6)}v2`]: 10 };

  expect(splitText(long)).toMatch(/v1 90 %, .*v2 10 %/);
  expect(moveText(long, { ...long, [`${'reviews-'.repeat(6)}v1`]: 10 })).toMatch(/v1 90 → .*v2 10 → /);
  expect(splitText({ [host('v1')]: 100 })).toContain('v1.a-very-long-name');
});
