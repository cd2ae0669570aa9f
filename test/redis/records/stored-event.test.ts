import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readStoredEvent, storeEvent } from '../../../src/redis/records/stored-event.ts';

/** Events that each version of the bot has written. Files here never change: a new format is a new file. */
const written = ['audit-v1', 'audit-v1-objects'].flatMap((name) =>
  z.array(z.string()).parse(JSON.parse(readFileSync(join(import.meta.dirname, `../formats/${name}.json`), 'utf8'))),
);

const at = '2026-11-22T14:03:11.000Z';
const key = 'a key of sixteen characters';

describe('an event of every format', () => {
  it.each(written)('keeps its meaning: %s', (text) => {
    const { v: _, ...event } = z.looseObject({ v: z.literal(1) }).parse(JSON.parse(text));

    expect(readStoredEvent({ event: text, mac: '' }, at, undefined)).toEqual({ kind: 'event', event });
  });

  it.each(written)('is trusted only with the key that signed it: %s', (text) => {
    const entry = readStoredEvent({ event: text, mac: '' }, at, undefined);
    const stored = entry.kind === 'event' ? storeEvent(entry.event, key) : { event: '', mac: '' };

    expect(readStoredEvent(stored, at, key)).toEqual(entry);
    expect(readStoredEvent(stored, at, `${key}!`)).toMatchObject({ kind: 'untrusted', at });
    expect(readStoredEvent({ ...stored, mac: '' }, at, key)).toMatchObject({ kind: 'untrusted' });
    expect(readStoredEvent({ ...stored, mac: stored.mac.slice(1) }, at, key)).toMatchObject({ kind: 'untrusted' });
  });
});
