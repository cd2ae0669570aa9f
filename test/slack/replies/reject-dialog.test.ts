import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRejection, rejectDialog } from '../../../src/slack/replies/reject-dialog.ts';

const value = { id: 'c-7F3K9QXZ', seen: '0000019e5b6f0a98' } as const;
const place = { channel: 'C01REVIEWS', thread: '1700000000.000100' };
const typed = (reason: unknown) => ({ values: { reason: { reason: { type: 'plain_text_input', value: reason } } } });

describe('the dialog that asks why', () => {
  it('comes back as it went out, with what was typed', () => {
    const { private_metadata = '' } = rejectDialog({ value, ...place });

    expect(readRejection(private_metadata, typed(' not today '))).toEqual({ value, ...place, reason: 'not today' });
  });

  it('keeps to what Slack takes of a dialog', () => {
    const { title, submit, close, private_metadata = '' } = rejectDialog({ value, ...place });

    for (const each of [title, submit, close]) expect(each?.text.length).toBeLessThanOrEqual(24);
    expect(private_metadata.length).toBeLessThanOrEqual(3_000);
  });

  it.each([undefined, null, '', '  \n ', 7])('may be left empty: %j', (reason) => {
    const { private_metadata = '' } = rejectDialog({ value, channel: 'C01REVIEWS' });

    expect(readRejection(private_metadata, typed(reason))).toEqual({
      value,
      channel: 'C01REVIEWS',
      thread: undefined,
      reason: undefined,
    });
  });

  it('takes no more of a reason than the card has room for', () => {
    const { private_metadata = '' } = rejectDialog({ value, ...place });

    expect(readRejection(private_metadata, typed('💥'.repeat(3_000)))?.reason?.length).toBeLessThan(900);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"value":"c-7F3K9QXZ"}',
    '{"value":"c-1","channel":"C01REVIEWS"}',
    '{"value":7,"channel":"C01REVIEWS"}',
    '{"value":"c-7F3K9QXZ@-1","channel":"C01REVIEWS"}',
    '{"value":"c-7F3K9QXZ","channel":"#general"}',
    '{"value":"c-7F3K9QXZ","channel":"C01\\nREVIEWS"}',
    '{"value":"c-7F3K9QXZ","channel":{"id":"C01REVIEWS"}}',
    '{"value":"c-7F3K9QXZ","channel":"C01REVIEWS","thread":"now"}',
  ])('is none of ours when it holds %s', (metadata) => {
    expect(readRejection(metadata, typed('no'))).toBeUndefined();
  });

  it('never throws, and changes nothing that all objects share', () => {
    const anyMetadata = fc.oneof(fc.string(), fc.json(), fc.constant('{"__proto__":{"value":"c-7F3K9QXZ"}}'));
    fc.assert(
      fc.property(anyMetadata, fc.jsonValue(), (metadata, view) => {
        readRejection(metadata, view);

        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});
