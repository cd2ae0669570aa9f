import { isDeepStrictEqual } from 'node:util';
import { type AuditEvent, auditKinds } from '../../src/domain/change/audit.ts';
import { readStoredEvent, type StoredEvent, storeEvent } from '../../src/redis/records/stored-event.ts';
import type { AuditEntry } from '../../src/workflow/ports/audit.ts';
import type { Random } from '../chaos/random.ts';
import { changeId, reviewsObject } from '../support/builders.ts';
import { hostileText, hostileValue, mutated, mutatedText } from './hostile.ts';
import { target } from './target.ts';

const at = '2026-11-22T14:03:11.000Z';

/** Events that another version of the bot, or somebody else, may leave in Redis. Without a key, so that no signature keeps them out. */
export const events = target<StoredEvent, AuditEntry>({
  name: 'events',
  share: 80,
  make: anEvent,
  run: (stored) => readStoredEvent(stored, at, undefined),
  judge: (_, entry) => {
    if (entry.kind === 'untrusted') return undefined;
    const again = readStoredEvent(storeEvent(entry.event, undefined), at, undefined);
    return isDeepStrictEqual(again, entry) ? undefined : 'an event changes when it is stored again';
  },
});

function anEvent(random: Random): StoredEvent {
  const told: AuditEvent = {
    id: hostileText(random, 9),
    kind: random.pick(auditKinds),
    at,
    by: { user: hostileText(random, 9) },
    changeId: changeId(1),
    object: reviewsObject,
    from: { v1: 100 },
    to: { __proto__: 1, v1: 1 },
    reason: hostileText(random, 90),
    detail: hostileText(random, 90),
    rule: { name: hostileText(random, 9), line: random.between(0, 9) },
  };
  const stored = storeEvent(told, undefined);
  if (random.chance(0.2)) return stored;
  if (random.chance(0.05)) return { ...stored, event: JSON.stringify(hostileValue(random, 4)) };
  const parsed: unknown = JSON.parse(stored.event);
  return {
    ...stored,
    event: random.chance(0.6) ? JSON.stringify(mutated(random, parsed)) : mutatedText(random, stored.event),
  };
}
