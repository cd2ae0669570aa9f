import type { ModalView } from '@slack/types';
import { z } from 'zod';
import { truncate } from '../../domain/text/typed-text.ts';
import type { ButtonValue } from '../words/button.ts';
import { formatButtonValue, readButtonValue } from '../words/button.ts';

export const rejectDialogId = 'reject_change';

/** Where the clicked card is. The answer goes there. */
export interface RejectedFrom {
  readonly value: ButtonValue;
  readonly channel: string;
  readonly thread?: string | undefined;
}

const from = z.object({
  value: z.string(),
  channel: z.string().regex(/^[A-Z0-9]{1,40}$/),
  thread: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
});
const maxReason = 400;
const state = z.object({
  values: z.object({ reason: z.object({ reason: z.object({ value: z.string().nullish() }) }) }),
});

/** Asks why a change is rejected. The reason is optional. */
export function rejectDialog({ value, channel, thread }: RejectedFrom): ModalView {
  return {
    type: 'modal',
    callback_id: rejectDialogId,
    private_metadata: JSON.stringify({ value: formatButtonValue(value), channel, thread }),
    title: { type: 'plain_text', text: 'Reject the change?' },
    submit: { type: 'plain_text', text: 'Reject' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        optional: true,
        label: { type: 'plain_text', text: `Why? It stands on the card of ${value.id}.` },
        element: { type: 'plain_text_input', action_id: 'reason', max_length: maxReason, multiline: true },
      },
    ],
  };
}

/** The typed reason, and what it is about. Undefined if the dialog is not ours. */
export function readRejection(
  metadata: string,
  view: unknown,
): (RejectedFrom & { readonly reason: string | undefined }) | undefined {
  const place = from.safeParse(parseJson(metadata)).data;
  const value = readButtonValue(place?.value);
  if (place === undefined || value === undefined) return undefined;
  const reason = state.safeParse(view).data?.values.reason.reason.value?.trim();
  return {
    value,
    channel: place.channel,
    thread: place.thread,
    reason: reason ? truncate(reason, maxReason) : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
