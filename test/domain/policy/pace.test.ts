import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { risesIn, tooSoon } from '../../../src/domain/policy/pace.ts';
import type { Revision } from '../../../src/domain/routing/ledger.ts';
import { changeId, revision } from '../../support/builders.ts';

const start = Date.parse('2026-11-30T07:00:00Z');
const minute = 60_000;
const maxStep = { points: 25, everyMs: 10 * minute };

const at = (minutes: number) => new Date(start + minutes * minute);
const split = (percent: number) => ({ v1: 100 - percent, v3: percent });

/** `0 20 @1` as people tell it, oldest first: from 0 to 20 % in minute 1. */
function history(...told: readonly string[]): readonly Revision[] {
  return told
    .map((line, index) => {
      const [from = 0, to = 0, when = 0] = line.replace('@', '').split(' ').map(Number);
      const times = { at: at(when).toISOString() };
      return revision({ id: changeId(index + 1), ...times, from: split(from), to: split(to) });
    })
    .toReversed();
}

/** What policy has against a shift in minute 10. */
function against(told: readonly string[], from: number, to: number, cut = 0) {
  const revisions = history(...told);
  const moves = [{ rule: 'default', from: split(from), to: split(to) }];
  return tooSoon(risesIn({ seq: revisions.length + cut, revisions }, moves), maxStep, at(10));
}

describe('a step after others', () => {
  it.each`
    told                                   | from  | to    | grew         | left         | free
    ${[]}                                  | ${0}  | ${25} | ${undefined} | ${undefined} | ${undefined}
    ${['0 20 @7']}                         | ${20} | ${25} | ${undefined} | ${undefined} | ${undefined}
    ${['0 20 @7']}                         | ${20} | ${26} | ${20}        | ${5}         | ${17}
    ${['0 20 @7']}                         | ${20} | ${45} | ${20}        | ${5}         | ${17}
    ${['0 20 @0']}                         | ${20} | ${45} | ${undefined} | ${undefined} | ${undefined}
    ${['0 10 @1', '10 20 @4', '20 25 @7']} | ${25} | ${35} | ${25}        | ${0}         | ${11}
    ${['0 10 @1', '10 20 @4', '20 25 @7']} | ${25} | ${45} | ${25}        | ${0}         | ${14}
    ${['0 10 @1', '10 20 @4', '20 25 @7']} | ${25} | ${50} | ${25}        | ${0}         | ${17}
    ${['0 25 @2', '25 0 @3']}              | ${0}  | ${25} | ${undefined} | ${undefined} | ${undefined}
    ${['0 25 @2', '25 5 @3']}              | ${5}  | ${26} | ${5}         | ${20}        | ${12}
    ${['50 0 @2', '0 20 @3']}              | ${20} | ${45} | ${20}        | ${5}         | ${13}
    ${['0 20 @7']}                         | ${60} | ${65} | ${undefined} | ${undefined} | ${undefined}
    ${['0 20 @10', '20 25 @10']}           | ${25} | ${26} | ${25}        | ${0}         | ${20}
  `('from $from to $to % after $told: $left more now, the rest from minute $free', ({ told, from, to, ...says }) => {
    const found = against(told, from, to);
    expect(found && [found.grew, found.left, found.from]).toEqual(
      says.free === undefined ? undefined : [says.grew, says.left, at(says.free)],
    );
  });

  it('tells which version, since when, and how much is asked for', () => {
    expect(against(['0 20 @7'], 20, 30)).toMatchObject({ version: 'v3', since: at(7), points: 10 });
  });

  it('may not be made while the history does not tell what was made within the time', () => {
    const found = against(['25 24 @4', '24 25 @5'], 25, 26, 1);
    expect(found).toMatchObject({ left: 0, from: at(14) });
    expect(found).not.toHaveProperty('grew');
    expect(against(['0 5 @-1', '5 6 @5'], 6, 10, 1)).toBeUndefined();
  });

  it('is looked at in each rule by itself', () => {
    const revisions = history('0 20 @7').map((each) => ({ ...each, rule: 'orders' }));
    const moves = [{ rule: 'default', from: split(0), to: split(25) }];
    expect(tooSoon(risesIn({ seq: 1, revisions }, moves), maxStep, at(10))).toBeUndefined();
  });

  it('at no time lets a version have more than so many points over what it had within the time', () => {
    const aStep = fc.record({ to: fc.nat(100), wait: fc.nat(8 * minute) });
    fc.assert(
      fc.property(fc.array(aStep, { minLength: 1, maxLength: 12 }), (steps) => {
        const made = [{ share: 0, at: start - maxStep.everyMs }];
        let revisions: readonly Revision[] = [];
        let nowMs = start;
        for (const { to, wait } of steps) {
          nowMs += wait;
          const from = made.at(-1)?.share ?? 0;
          const move = { rule: 'default', from: split(from), to: split(to) };
          if (to === from || Math.max(to - from, 0) > maxStep.points) continue;
          const rises = risesIn({ seq: revisions.length, revisions }, [move]).filter(({ version }) => version === 'v3');
          const found = tooSoon(rises, maxStep, new Date(nowMs));
          if (found !== undefined) {
            expect(tooSoon(rises, maxStep, found.from)).toBeUndefined();
            continue;
          }
          revisions = [revision({ ...move, at: new Date(nowMs).toISOString() }), ...revisions];
          made.push({ share: to, at: nowMs });
          for (const [index, each] of made.entries()) {
            const isLive = (made[index + 1]?.at ?? Number.POSITIVE_INFINITY) > nowMs - maxStep.everyMs + 1_000;
            if (isLive) expect(to - each.share).toBeLessThanOrEqual(maxStep.points);
          }
        }
      }),
    );
  });
});
