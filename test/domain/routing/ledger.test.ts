import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyLedger,
  findRevision,
  formatLedger,
  type Ledger,
  movesIn,
  type Revision,
  readLedger,
  record,
} from '../../../src/domain/routing/ledger.ts';
import { aChangeId, aLabel, anyText, aWeight } from '../../support/arbitraries.ts';
import { changeId, revision } from '../../support/builders.ts';
import { processorMs } from '../../support/processor-time.ts';

const aSplit = fc.dictionary(aLabel, aWeight, { maxKeys: 4 }).map((split) => ({ ...split }));
const aText = anyText(260);

const aRevision: fc.Arbitrary<Revision> = fc.record(
  {
    id: aChangeId,
    at: fc
      .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    by: fc.constantFrom('U01ALICE', 'W0BOB'),
    rule: fc.oneof(fc.constantFrom('default', '#2'), aText),
    from: aSplit,
    to: aSplit,
    reason: aText,
    reverts: aChangeId,
  },
  { requiredKeys: ['id', 'at', 'by', 'rule', 'from', 'to'] },
);

function ledgerOf(...revisions: readonly Revision[]): Ledger {
  return revisions.toReversed().reduce(record, emptyLedger);
}

function written(ledger: Ledger): Ledger {
  const reading = readLedger(formatLedger(ledger));
  if (reading.kind === 'unreadable') throw new Error(reading.why);
  return reading.ledger;
}

describe('the ledger', () => {
  it('of an object that we never changed is empty', () => {
    expect(readLedger(undefined)).toEqual({ kind: 'ledger', ledger: emptyLedger });
  });

  it('is compact JSON with a version of its form', () => {
    const text = formatLedger(ledgerOf(revision({ reason: 'red stars', reverts: changeId(9) })));

    expect(text).toBe(
      '{"v":1,"seq":1,"revisions":[{"id":"c-00000001","at":"2026-11-22T14:03:11Z","by":"U01ALICE","rule":"default",' +
        '"from":{"v1":100},"to":{"v1":50,"v3":50},"reason":"red stars","reverts":"c-00000009"}]}',
    );
  });

  it('is read as it was written, whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(aRevision, { maxLength: 5 }), (revisions) => {
        const ledger = ledgerOf(...revisions);

        expect(written(ledger)).toEqual(JSON.parse(JSON.stringify(ledger)));
      }),
    );
  });

  it('reads what it keeps of any length, and never loses the newest or its number', () => {
    fc.assert(
      fc.property(aRevision, fc.integer({ min: 1, max: 60 }), fc.nat(1000), (each, count, seq) => {
        const revisions = Array.from({ length: count }, (_, at) => ({ ...each, id: changeId(at) }));
        const text = formatLedger({ seq: count + seq, revisions });
        const kept = written({ seq: count + seq, revisions });

        expect(kept.seq).toBe(count + seq);
        expect(kept.revisions.map(({ id }) => id)).toEqual(
          revisions.slice(0, kept.revisions.length).map(({ id }) => id),
        );
        expect(kept.revisions.length).toBeGreaterThanOrEqual(1);
        expect(kept.revisions.length).toBeLessThanOrEqual(30);
        expect(kept.revisions.length === 1 || Buffer.byteLength(text) <= 12 * 1024).toBe(true);
      }),
    );
  });

  it('keeps the 30 newest of short revisions', () => {
    const revisions = Array.from({ length: 40 }, (_, at) => revision({ id: changeId(40 - at) }));

    const kept = written({ seq: 40, revisions });

    expect(kept.seq).toBe(40);
    expect(kept.revisions).toHaveLength(30);
    expect(kept.revisions[0]?.id).toBe(changeId(40));
    expect(kept.revisions.at(-1)?.id).toBe(changeId(11));
  });

  it('counts bytes and not characters', () => {
    const revisions = Array.from({ length: 30 }, (_, at) => revision({ id: changeId(at), reason: '🌟'.repeat(200) }));

    const text = formatLedger({ seq: 30, revisions });

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(12 * 1024);
    expect(written({ seq: 30, revisions }).revisions.length).toBeGreaterThan(10);
  });

  it('keeps the newest even where it alone is too large', () => {
    const wide = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`version-${at}-${'x'.repeat(40)}`, 1]));

    const kept = written(ledgerOf(revision({ id: changeId(2), from: wide, to: wide }), revision()));

    expect(kept).toMatchObject({ seq: 2, revisions: [{ id: changeId(2) }] });
  });

  it('reads back the longest name a rule may have', () => {
    const rule = 'r'.repeat(1000);

    expect(written(ledgerOf(revision({ rule }))).revisions[0]?.rule).toBe(rule);
  });

  it('reads back the largest weights the object may have', () => {
    const from = { v1: 2_147_483_647, v2: 2_147_483_647 };

    expect(written(ledgerOf(revision({ from }))).revisions[0]?.from).toEqual(from);
  });
});

describe('record', () => {
  it('puts the newest first and gives it the next number', () => {
    const ledger = ledgerOf(revision({ id: changeId(2) }), revision({ id: changeId(1) }));

    expect(ledger.seq).toBe(2);
    expect(ledger.revisions.map(({ id }) => id)).toEqual([changeId(2), changeId(1)]);
    expect(findRevision(ledger, changeId(1))).toBe(ledger.revisions[1]);
    expect(findRevision(ledger, changeId(3))).toBeUndefined();
  });

  it('goes on counting where old revisions have been dropped', () => {
    expect(record({ seq: 41, revisions: [] }, revision()).seq).toBe(42);
  });

  it('cuts a reason at 200 code points and never through an emoji', () => {
    const { revisions } = record(emptyLedger, revision({ reason: '🌟'.repeat(201) }));

    expect(revisions[0]?.reason).toBe('🌟'.repeat(200));
  });

  it('leaves the ledger it is given as it was', () => {
    const before = Object.freeze({ seq: 1, revisions: Object.freeze([revision()]) });

    record(before, revision({ id: changeId(2) }));

    expect(before.revisions).toHaveLength(1);
  });
});

describe('an annotation that we did not write', () => {
  const good = { v: 1, seq: 1, revisions: [revision()] };
  const withRevision = (overrides: object) => ({ ...good, revisions: [{ ...revision(), ...overrides }] });

  it.each`
    what                          | annotation
    ${'nothing'}                  | ${''}
    ${'no JSON'}                  | ${'seq: 1'}
    ${'JSON cut short'}           | ${JSON.stringify(good).slice(0, -1)}
    ${'JSON and more'}            | ${`${JSON.stringify(good)} x`}
    ${'null'}                     | ${'null'}
    ${'an array'}                 | ${'[]'}
    ${'a string'}                 | ${'"v1"'}
    ${'deep brackets'}            | ${'['.repeat(100_000)}
    ${'deep nesting'}             | ${'['.repeat(10_000) + ']'.repeat(10_000)}
    ${'a later form'}             | ${JSON.stringify({ ...good, v: 2 })}
    ${'no form'}                  | ${JSON.stringify({ seq: 1, revisions: [] })}
    ${'a form in words'}          | ${JSON.stringify({ ...good, v: '1' })}
    ${'a negative seq'}           | ${JSON.stringify({ ...good, seq: -1 })}
    ${'a broken seq'}             | ${JSON.stringify({ ...good, seq: 1.5 })}
    ${'a seq in words'}           | ${JSON.stringify({ ...good, seq: '1' })}
    ${'a huge seq'}               | ${'{"v":1,"seq":1e400,"revisions":[]}'}
    ${'a seq no number can hold'} | ${'{"v":1,"seq":9007199254740993,"revisions":[]}'}
    ${'no revisions'}             | ${JSON.stringify({ v: 1, seq: 1 })}
    ${'revisions as an object'}   | ${JSON.stringify({ v: 1, seq: 1, revisions: { 0: revision() } })}
    ${'an id that is none'}       | ${JSON.stringify(withRevision({ id: 'c-7f3k' }))}
    ${'an id as a number'}        | ${JSON.stringify(withRevision({ id: 7 }))}
    ${'a time that is none'}      | ${JSON.stringify(withRevision({ at: 'yesterday' }))}
    ${'a negative weight'}        | ${JSON.stringify(withRevision({ from: { v1: -1 } }))}
    ${'a broken weight'}          | ${JSON.stringify(withRevision({ to: { v1: 33.3 } }))}
    ${'a huge weight'}            | ${JSON.stringify(withRevision({ to: { v1: 2 ** 31 } }))}
    ${'a weight in words'}        | ${JSON.stringify(withRevision({ to: { v1: '50' } }))}
    ${'a split as an array'}      | ${JSON.stringify(withRevision({ to: [50, 50] }))}
    ${'a reason that is no text'} | ${JSON.stringify(withRevision({ reason: { text: 'x' } }))}
    ${'a name of 300 letters'}    | ${JSON.stringify(withRevision({ to: { ['v'.repeat(300)]: 1 } }))}
  `('is unreadable when it holds $what', ({ annotation }) => {
    const reading = readLedger(annotation);

    expect(reading.kind).toBe('unreadable');
    expect(reading).toHaveProperty('why', expect.stringMatching(/^.{1,200}$/s));
  });

  it('never makes reading throw, nor touches what all objects share', () => {
    const shared = Object.getOwnPropertyNames(Object.prototype);

    fc.assert(
      fc.property(fc.oneof(fc.json(), anyText()), (annotation) => {
        expect(['ledger', 'unreadable']).toContain(readLedger(annotation).kind);
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(shared);
  });

  it('cannot reach the prototype of a split', () => {
    const text = JSON.stringify(withRevision({})).replace(
      '"v1":100',
      '"__proto__":{"v9":7},"constructor":{"prototype":{"v9":7}}',
    );

    expect(readLedger(text).kind).toBe('unreadable');
    expect({}).not.toHaveProperty('v9');
  });

  it('names each rule of a revision once, whatever somebody has written there', () => {
    const [move, other] = [
      { rule: 'default', from: {}, to: {} },
      { rule: 'api', from: {}, to: {} },
    ];

    expect(movesIn(revision({ also: [other, move, other] })).map(({ rule }) => rule)).toEqual(['default', 'api']);
  });

  it('may hold versions that are named like a property of every object', () => {
    const split = { constructor: 50, tostring: 50 };

    expect(readLedger(JSON.stringify(withRevision({ to: split })))).toMatchObject({
      ledger: { revisions: [{ to: split }] },
    });
  });

  it.each([
    '['.repeat(250_000),
    `{"v":1,"seq":5,"revisions":[${'0,'.repeat(100_000)}0]}`,
    `{"v":1,"seq":5,"revisions":[${'[[[[]]]],'.repeat(7_000)}0]}`,
    `{"v":1,"seq":5,"revisions":[${'{},'.repeat(199)}0]}`,
    JSON.stringify({ v: 1, seq: 1, revisions: [revision({ reason: 'x'.repeat(200_000) })] }),
  ])('is refused in the time in which as much JSON is parsed, however much somebody put there: %#', (text) => {
    const flat = `[${'0,'.repeat(125_000)}0]`;
    const refusing = () =>
      expect(readLedger(text)).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(/^.{1,200}$/s) });
    const parsedMs = processorMs(() => JSON.parse(flat), { times: 20 });
    const refusedMs = processorMs(refusing, { times: 20 });

    expect(refusedMs / parsedMs).toBeLessThan(5);
  });
});
