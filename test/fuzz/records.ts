import { isDeepStrictEqual } from 'node:util';
import type { Change, State } from '../../src/domain/change/change.ts';
import { readStoredChange, type StoredChange, storeChange } from '../../src/redis/stored-change.ts';
import { UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Random } from '../chaos/random.ts';
import { change, changeId } from '../support/builders.ts';
import { hostileText, hostileValue, mutated, mutatedText } from './hostile.ts';
import { target } from './target.ts';

const at = '2026-11-22T14:03:11.000Z';

type Output = Change | UntrustedRecordError;

/** Records that another version of the bot, or somebody else, may leave in Redis. Without a key, so that no signature keeps them out. */
export const records = target<StoredChange, Output>({
  name: 'records',
  share: 80,
  make: aRecord,
  run: (stored) => {
    try {
      return readStoredChange(stored, undefined);
    } catch (error) {
      if (error instanceof UntrustedRecordError) return error;
      throw error;
    }
  },
  judge: (_, output) => {
    if (output instanceof UntrustedRecordError) return undefined;
    const again = readStoredChange(storeChange(output, undefined), undefined);
    return isDeepStrictEqual(again, output) ? undefined : 'a record changes when it is stored again';
  },
});

function aRecord(random: Random): StoredChange {
  const states: readonly [State, ...State[]] = [
    { kind: 'queued' },
    { kind: 'applying' },
    {
      kind: 'applied',
      at,
      seq: 1,
      tookMs: 84,
      live: { v1: 50 },
      warnings: [hostileText(random, 30)],
      later: changeId(2),
    },
    {
      kind: 'held',
      at,
      because: 'moved',
      uid: 'u',
      live: { __proto__: 1, v1: 1 },
      lastWriter: hostileText(random, 30),
    },
    { kind: 'superseded', at },
    { kind: 'discarded', at, by: hostileText(random, 9) },
    { kind: 'failed', at, because: 'rejected', detail: hostileText(random, 90) },
  ];
  const whole = change({
    state: random.pick(states),
    reason: hostileText(random, 90),
    rule: hostileText(random, 9),
    rev: random.between(0, 4),
  });
  const stored = storeChange(whole, undefined);
  if (random.chance(0.2)) return stored;
  const parsed: unknown = JSON.parse(stored.record);
  const record = random.chance(0.6) ? JSON.stringify(mutated(random, parsed)) : mutatedText(random, stored.record);
  return {
    ...stored,
    record: random.chance(0.05) ? JSON.stringify(hostileValue(random, 4)) : record,
    ...(random.chance(0.1) ? { rev: hostileText(random, 3) } : {}),
    ...(random.chance(0.1) ? { kind: random.pick(['queued', 'applying', 'held', '__proto__']) } : {}),
  };
}
