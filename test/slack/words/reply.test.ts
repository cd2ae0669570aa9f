import { expect, it } from 'vitest';
import { helpText } from '../../../src/slack/replies/help.ts';
import { saysInParts } from '../../../src/slack/words/reply.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';

it('a text of many lines has as many blocks as it needs, and nothing of help is cut', () => {
  const services = Array.from({ length: 12 }, (_, at) => `service-${'x'.repeat(40)}-${at}`);
  const help = helpText(undefined, 'shiftbot', services);

  const reply = saysInParts(help);

  const shown = reply.blocks?.map((block) => (block.type === 'section' ? block.text?.text : '')).join('\n');
  expect(shown).toBe(help);
  expect(reply.text).toBe(help);
  expect(wrongInMessage({ blocks: [], ...reply })).toBeUndefined();
});

it('a single line that is too long is cut, and says how much is missing', () => {
  const reply = saysInParts(`short\n${'x'.repeat(9_000)}`);

  expect(reply.blocks).toHaveLength(2);
  expect(reply.text).toMatch(/… \+\d+$/);
  expect(wrongInMessage({ blocks: [], ...reply })).toBeUndefined();
});
