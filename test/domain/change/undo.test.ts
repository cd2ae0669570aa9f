import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseNamed,
  chooseNewest,
  nextAfter,
  recentRollback,
  standing,
  takenBackIn,
  undoneWith,
  wholeChangeSince,
} from '../../../src/domain/change/undo.ts';
import type { Revision } from '../../../src/domain/routing/ledger.ts';
import { changeId, revision } from '../../support/builders.ts';

/** A history as people tell it, oldest first: `1`, `2 orders` (a rule), `3 takes 2`, `4 file` (more than weights), `5 default+orders`. */
function history(...told: readonly string[]): readonly Revision[] {
  return told
    .map((line, at) => {
      const [id = '', what = 'default', taken] = line.split(' ');
      const reverts = what === 'takes' ? { reverts: changeId(Number(taken)) } : {};
      const rules = what === 'takes' ? whatOf(told, taken) : what;
      const does = rules === 'file' ? { does: 'apply all' } : {};
      const [rule = 'default', ...more] = (rules === 'file' ? 'default' : rules).split('+');
      const also = more.map((each) => ({ rule: each, from: {}, to: {} }));
      const seconds = String(at).padStart(2, '0');
      return revision({
        ...{ id: changeId(Number(id)), at: `2026-11-22T14:00:${seconds}Z`, rule, ...reverts, ...does },
        ...(also.length > 0 && { also }),
      });
    })
    .toReversed();
}

/** What a change did, or the one that a chain of rollbacks is about. */
function whatOf(told: readonly string[], id: string | undefined): string {
  const [, what = 'default', taken] = told.find((line) => line.split(' ')[0] === id)?.split(' ') ?? [];
  return what === 'takes' ? whatOf(told, taken) : what;
}

const ids = (revisions: readonly Revision[]) => revisions.map(({ id }) => Number(id.slice(2)));

describe('what still stands of a history', () => {
  it.each`
    told                                                 | stands
    ${['1', '2', '3']}                                   | ${[3, 2, 1]}
    ${['1', '2', '3 takes 2']}                           | ${[1]}
    ${['1', '2', '3 takes 2', '4 takes 1']}              | ${[]}
    ${['1', '2', '3 takes 2', '4']}                      | ${[4, 1]}
    ${['1', '2', '3', '4 takes 1']}                      | ${[]}
    ${['1', '2 orders', '3 takes 1']}                    | ${[2]}
    ${['1', '2 orders', '3 takes 2']}                    | ${[1]}
    ${['1', '2 takes 1', '3 takes 2']}                   | ${[3]}
    ${['1', '2 takes 1', '3 takes 2', '4 takes 3']}      | ${[]}
    ${['1', '2', '3 takes 2', '4 takes 3', '5 takes 4']} | ${[1]}
    ${['1', '2 file', '3', '4 takes 3']}                 | ${[2, 1]}
    ${['1', '2 file', '3 orders', '4 takes 2']}          | ${[1]}
    ${['1', '2 file', '3 takes 1']}                      | ${[2]}
    ${['1', '2 default+orders', '3 takes 2']}            | ${[1]}
    ${['1', '2 default+orders', '3 takes 1']}            | ${[2]}
    ${['5 takes 4', '6']}                                | ${[6]}
  `('after $told: $stands', ({ told, stands }) => {
    expect(ids(standing(history(...told)))).toEqual(stands);
  });

  it.each([
    { what: 'a change that takes back itself', told: ['1', '2 takes 2'] },
    { what: 'two that take back each other', told: ['1', '2 takes 3', '3 takes 2'] },
    { what: 'a circle of three', told: ['1 takes 3', '2 takes 1', '3 takes 2'] },
    { what: 'one id twice', told: ['1', '1 takes 1'] },
  ])('comes to an end where somebody wrote $what into it', ({ told }) => {
    const revisions = told
      .map((line) => line.split(' '))
      .map(([id, , taken]) =>
        revision({ id: changeId(Number(id)), ...(taken !== undefined && { reverts: changeId(Number(taken)) }) }),
      )
      .toReversed();
    const ledger = { seq: told.length, revisions };

    expect(standing(revisions).length).toBeLessThan(told.length);
    for (const each of revisions) {
      expect(() => wholeChangeSince(ledger, each)).not.toThrow();
      expect(() => undoneWith(ledger, each)).not.toThrow();
    }
    expect(() => recentRollback(ledger, new Date())).not.toThrow();
  });

  it('can be told of any history, and what is chosen from it is in it', () => {
    const anId = fc.integer({ min: 1, max: 6 }).map(changeId);
    const rules = fc.constantFrom('default', 'orders');
    const anything = fc.record(
      { id: anId, rule: rules, reverts: anId, does: fc.constant('apply all') },
      { requiredKeys: ['id', 'rule'] },
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 12 }), fc.option(rules, { nil: undefined }), (all, rule) => {
        const ledger = { seq: all.length, revisions: all.map((each) => revision(each)) };
        const chosen = [chooseNewest(ledger, rule), ...all.map(({ id }) => chooseNamed(ledger, id, rule))];

        for (const each of chosen) {
          if (each.kind === 'refused') continue;
          expect(ledger.revisions).toContain(each.revision);
          undoneWith(ledger, each.revision);
          wholeChangeSince(ledger, each.revision);
          nextAfter(ledger, each.revision);
        }
        recentRollback(ledger, new Date());
      }),
    );
  });

  it('goes one change back each time it is asked, and never forward', () => {
    const rules = fc.constantFrom('default', 'orders');
    fc.assert(
      fc.property(fc.array(rules, { minLength: 1, maxLength: 12 }), (moved) => {
        let told = moved.map((rule, at) => `${at + 1} ${rule}`);
        const taken: number[] = [];
        for (let next = moved.length + 1; next <= 2 * moved.length + 1; next += 1) {
          const chosen = chooseNewest({ seq: told.length, revisions: history(...told) }, undefined);
          if (chosen.kind === 'refused') break;
          const id = Number(chosen.revision.id.slice(2));
          taken.push(id);
          told = [...told, `${next} takes ${id}`];
        }

        expect(taken).toEqual(moved.map((_, at) => moved.length - at));
      }),
    );
  });
});

describe('the change that a rollback is about', () => {
  const ledger = (...told: readonly string[]) => ({ seq: told.length, revisions: history(...told) });

  it('is the newest that stands, whatever its rule', () => {
    expect(chooseNewest(ledger('1', '2 orders'), undefined)).toMatchObject({ revision: { id: changeId(2) } });
    expect(chooseNewest(ledger('1 orders'), undefined)).toMatchObject({ revision: { id: changeId(1) } });
  });

  it('is the newest of a rule where one is named', () => {
    expect(chooseNewest(ledger('1', '2 orders'), 'default')).toMatchObject({ revision: { id: changeId(1) } });
    expect(chooseNewest(ledger('1'), 'orders')).toMatchObject({
      refusal: { reason: 'nothing-to-roll-back', rule: 'orders' },
    });
  });

  it('is none where all is taken back, which says by what', () => {
    expect(chooseNewest(ledger('1', '2 takes 1'), undefined)).toMatchObject({
      refusal: { reason: 'nothing-left', by: { id: changeId(2) } },
    });
    expect(chooseNewest(ledger(), undefined)).toMatchObject({ refusal: { reason: 'nothing-to-roll-back' } });
  });

  it('is any that the history shows, where it is named', () => {
    const told = ledger('1', '2 orders', '3 takes 2');

    for (const id of [1, 2, 3])
      expect(chooseNamed(told, changeId(id), undefined)).toMatchObject({ revision: { id: changeId(id) } });
    expect(chooseNamed(told, changeId(9), undefined)).toMatchObject({
      refusal: { reason: 'unknown-change', known: [changeId(3), changeId(2), changeId(1)] },
    });
    expect(chooseNamed(told, changeId(1), 'orders')).toMatchObject({
      refusal: { reason: 'unknown-change', known: [changeId(3), changeId(2)], rule: 'orders' },
    });
  });
});

describe('what goes with a change that is taken back', () => {
  const undone = (id: number, ...told: readonly string[]) => {
    const revisions = history(...told);
    const target = revisions.find((each) => each.id === changeId(id)) ?? revision({ id: changeId(id) });
    return ids(undoneWith({ seq: told.length, revisions }, target));
  };

  it('is what came after it on its rules and still stands', () => {
    expect(undone(1, '1', '2', '3 orders', '4')).toEqual([4, 2]);
    expect(undone(1, '1', '2', '3 takes 2')).toEqual([]);
    expect(undone(1, '1', '2 default+orders')).toEqual([2]);
    expect(undone(7, '8', '9')).toEqual([9, 8]); // a history that has outgrown it
    expect(undone(3, '1', '2', '3 takes 2', '4 takes 1')).toEqual([4]); // who brings 2 back undoes that 1 was taken back
  });
});

describe('what took a change back', () => {
  it.each`
    told                                                 | id   | by
    ${['1', '2']}                                        | ${1} | ${undefined}
    ${['1', '2 takes 1']}                                | ${1} | ${2}
    ${['1', '2', '3 takes 1']}                           | ${2} | ${3}
    ${['1', '2 orders', '3 takes 1']}                    | ${2} | ${undefined}
    ${['1', '2 file', '3 orders', '4 takes 2']}          | ${3} | ${4}
    ${['1', '2 file', '3 takes 1']}                      | ${2} | ${undefined}
    ${['1', '2', '3 takes 1', '4']}                      | ${4} | ${undefined}
    ${['1', '2', '3 takes 1', '4 takes 3']}              | ${2} | ${undefined}
    ${['1', '2', '3 takes 2', '4 takes 1']}              | ${3} | ${undefined}
    ${['1', '2', '3 takes 2', '4 takes 3', '5 takes 1']} | ${4} | ${5}
    ${['8', '9']}                                        | ${7} | ${undefined}
  `('of $told the change $id: $by', ({ told, id, by }) => {
    const revisions = history(...told);

    expect(takenBackIn({ seq: told.length, revisions }, changeId(id))?.id).toBe(by && changeId(by));
  });
});

describe('a change of more than weights', () => {
  it('that holds stands between weights and what they were', () => {
    const since = (id: number, ...told: readonly string[]) => {
      const revisions = history(...told);
      const target = revisions.find((each) => each.id === changeId(id)) ?? revision();
      return wholeChangeSince({ seq: told.length, revisions }, target)?.id;
    };

    expect(since(1, '1', '2 file', '3 file')).toBe(changeId(2));
    expect(since(2, '1', '2 file', '3 takes 2')).toBe(changeId(3));
    expect(since(1, '1', '2 file', '3 takes 2')).toBeUndefined();
    expect(since(1, '1', '2 file', '3 takes 2', '4 takes 3')).toBe(changeId(4));
    expect(since(2, '1', '2 file', '3')).toBeUndefined();
  });
});

describe('a rollback of a moment ago', () => {
  const at = (seconds: number) => new Date(Date.parse('2026-11-22T14:00:01Z') + seconds * 1000);
  const told = { seq: 2, revisions: history('1', '2 takes 1') };

  it('is told for a minute', () => {
    expect(recentRollback(told, at(59))).toMatchObject({ id: changeId(2) });
    expect(recentRollback(told, at(61))).toBeUndefined();
  });

  it('is no shift, and nothing that brings something back', () => {
    expect(recentRollback({ seq: 1, revisions: history('1') }, at(0))).toBeUndefined();
    expect(recentRollback({ seq: 3, revisions: history('1', '2 takes 1', '3 takes 2') }, at(70))).toBeUndefined();
  });
});
