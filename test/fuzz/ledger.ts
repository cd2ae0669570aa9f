import { isDeepStrictEqual } from 'node:util';
import { formatLedger, type LedgerReading, readLedger, record } from '../../src/domain/routing/ledger.ts';
import type { Random } from '../chaos/random.ts';
import { changeId, revision } from '../support/builders.ts';
import { hostileText, hostileValue, items, mutated, mutatedText, name } from './hostile.ts';
import { target } from './target.ts';

interface Output {
  readonly reading: LedgerReading;
  /** The annotation after one more change. */
  readonly next: string | undefined;
}

/** The annotation, as anybody with an editor may leave it, up to the size that the API server stores. */
export const ledger = target<string, Output>({
  name: 'ledger',
  share: 100,
  make: (random) => annotation(random).slice(0, 256 * 1024),
  run: (text) => {
    const reading = readLedger(text);
    return { reading, next: reading.kind === 'ledger' ? formatLedger(record(reading.ledger, revision())) : undefined };
  },
  judge: (_, { reading, next }) => {
    if (reading.kind === 'unreadable')
      return reading.why === '' || reading.why.length > 200 ? 'gives a bad reason why it is unreadable' : undefined;
    const again = readLedger(next);
    if (again.kind !== 'ledger') return 'writes an annotation that it cannot read';
    if (again.ledger.seq !== reading.ledger.seq + 1) return 'has a wrong seq';
    const [newest, ...older] = again.ledger.revisions;
    if (!isDeepStrictEqual(newest, JSON.parse(JSON.stringify(revision())))) return 'loses the newest revision';
    const kept = reading.ledger.revisions.slice(0, older.length);
    return isDeepStrictEqual(JSON.parse(JSON.stringify(kept)), JSON.parse(JSON.stringify(older)))
      ? undefined
      : 'changes older revisions';
  },
});

function annotation(random: Random): string {
  if (random.chance(0.1)) return hostileText(random, 400);
  if (random.chance(0.1)) return JSON.stringify(hostileValue(random, 4));
  const whole: unknown = {
    v: random.chance(0.9) ? 1 : 2,
    seq: random.between(0, 50),
    revisions: items(random, 35, () => aRevision(random)),
  };
  if (random.chance(0.01)) return huge(random);
  const shape = random.chance(0.5) ? mutated(random, whole) : whole;
  const text = JSON.stringify(shape) ?? '';
  return random.chance(0.3) ? mutatedText(random, text) : text;
}

function aRevision(random: Random): unknown {
  return revision({
    id: changeId(random.between(0, 99_999_999)),
    rule: name(random),
    from: { [name(random)]: random.between(0, 100), v1: 100 },
    ...(random.chance(0.5) ? { reason: hostileText(random, 100) } : {}),
    ...(random.chance(0.2) ? { by: hostileText(random, 10) } : {}),
  });
}

/** Long repetitions, which cost the most to read or to cut. */
function huge(random: Random): string {
  const each = random.pick([
    '0',
    '{}',
    JSON.stringify(revision()),
    JSON.stringify(revision({ rule: 'x'.repeat(8_000) })),
    JSON.stringify(revision({ reason: '"'.repeat(5_000) })),
    '[[[[]]]]',
  ]);
  const body = Array.from({ length: Math.floor(200_000 / each.length) }, () => each).join(',');
  return random.chance(0.2) ? '['.repeat(250_000) : `{"v":1,"seq":5,"revisions":[${body}]}`;
}
