import { createHmac, timingSafeEqual } from 'node:crypto';

/** With a key, records are signed. Somebody who can write to Redis can then delete records, but cannot forge one. */
export function sign(record: string, key: string | undefined): string {
  return key === undefined ? '' : createHmac('sha256', key).update(record).digest('hex');
}

export function isSigned(
  { record, mac }: { readonly record: string; readonly mac: string },
  key: string | undefined,
): boolean {
  const expected = Buffer.from(sign(record, key));
  const actual = Buffer.from(key === undefined ? '' : mac);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** Undefined if it is not JSON; every schema refuses undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
