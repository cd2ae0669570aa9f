import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Aim, Change } from '../../src/domain/change/change.ts';
import type { Edits } from '../../src/domain/change/edit.ts';
import type { State } from '../../src/domain/change/state.ts';
import { readStoredChange, type StoredChange, storeChange } from '../../src/redis/records/stored-change.ts';
import { UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Random } from '../chaos/random.ts';
import { applied, change, changeId, contentEdit, found, reviewsObject, weightsEdit } from '../support/builders.ts';
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
  const stored = random.chance(0.3) ? ofVersion1(random) : ofToday(random);
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

function ofToday(random: Random): StoredChange {
  const edits = someEdits(random);
  const whole = change({
    aim: anAim(random),
    edits,
    state: aState(random, edits),
    reason: hostileText(random, 90),
    rev: random.between(0, 4),
  });
  return storeChange(whole, undefined);
}

function someEdits(random: Random): Edits {
  const weights = weightsEdit({ rule: hostileText(random, 9), from: { __proto__: 1, v1: 1 } });
  const content = contentEdit({
    object: { ...reviewsObject, kind: 'DestinationRule', name: hostileText(random, 9) },
    before: { labels: { [hostileText(random, 9)]: hostileText(random, 9) }, spec: { host: hostileText(random, 9) } },
    from: { v1: 1 },
  });
  return random.pick<Edits>([[weights], [content], [content, weights]]);
}

function anAim(random: Random): Aim {
  const unpin = { kind: 'unpin', rule: hostileText(random, 9) } as const;
  const file = { kind: 'file', verb: 'apply', file: hostileText(random, 9) } as const;
  return random.pick<Aim>([
    { kind: 'split', focus: hostileText(random, 9) },
    unpin,
    { kind: 'init', service: hostileText(random, 9) },
    file,
    { kind: 'back', before: file },
  ]);
}

function aState(random: Random, edits: Edits): State {
  const moved = [found({ __proto__: 1, v1: 1 }, { lastWriter: hostileText(random, 30) })];
  return random.pick<State>([
    { kind: 'queued' },
    { kind: 'applying' },
    applied({ warnings: [hostileText(random, 30)], later: changeId(2) }, edits),
    { kind: 'held', at, because: 'moved', found: moved, stamp: hostileText(random, 9) },
    { kind: 'void', at, because: 'moved', moved, stamp: hostileText(random, 9) },
    { kind: 'superseded', at },
    { kind: 'discarded', at, by: hostileText(random, 9) },
    { kind: 'failed', at, because: 'rejected', detail: hostileText(random, 90) },
  ]);
}

const version1 = ['v1', 'v1-objects', 'v1-decisions', 'v1-moved'].flatMap((name) => {
  const file = readFileSync(join(import.meta.dirname, `../redis/formats/${name}.json`), 'utf8');
  return Object.values(z.looseObject({ records: z.record(z.string(), z.string()) }).parse(JSON.parse(file)).records);
});
const indexed = z.looseObject({ rev: z.number(), state: z.looseObject({ kind: z.string() }) });

function ofVersion1(random: Random): StoredChange {
  const [first = '', ...more] = version1;
  const record = random.pick([first, ...more]);
  const { rev, state } = indexed.parse(JSON.parse(record));
  return { rev: String(rev), kind: state.kind, record, mac: '' };
}
