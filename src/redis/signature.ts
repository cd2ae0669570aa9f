import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Signature } from '../workflow/ports/provenance.ts';

/** RECORD_KEY, and after it RECORD_KEY_PREVIOUS, if there is one: the first signs, and what any of them signed is ours. */
export type RecordKey = string | readonly [string, ...string[]];

/** With a key, records are signed. Somebody who can write to Redis can then delete records, but cannot forge one. */
export function sign(record: string, key: RecordKey | undefined): string {
  const [first] = keysOf(key);
  return first === undefined ? '' : macOf(record, first);
}

export function isSigned(
  { record, mac }: { readonly record: string; readonly mac: string },
  key: RecordKey | undefined,
): boolean {
  return key === undefined || keysOf(key).some((each) => isSame(macOf(record, each), mac));
}

/** In hexadecimal digits: 96 bits. The annotations of an object have little room, and each guess is a write to the API server. */
const shortLength = 24;

/** The same keys, for what stands elsewhere than in Redis. */
export function shortSignature(key: RecordKey): Signature {
  return {
    sign: (text) => sign(text, key).slice(0, shortLength),
    fits: (text, mac) => keysOf(key).some((each) => isSame(macOf(text, each).slice(0, shortLength), mac)),
  };
}

function keysOf(key: RecordKey | undefined): readonly string[] {
  return typeof key === 'string' ? [key] : (key ?? []);
}

function macOf(record: string, key: string): string {
  return createHmac('sha256', key).update(record).digest('hex');
}

function isSame(expected: string, actual: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(actual)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Undefined if it is not JSON; every schema refuses undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
