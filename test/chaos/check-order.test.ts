import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change/change.ts';
import type { State } from '../../src/domain/change/state.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { change as buildChange, changeId, contentEdit, reviewsObject, weightsEdit } from '../support/builders.ts';
import { checkOrder } from './check-order.ts';

const ratingsObject: ObjectRef = { ...reviewsObject, name: 'ratings' };
const at = '2026-11-22T14:05:00.000Z';
const failed: State = { kind: 'failed', at, because: 'half-applied', written: [reviewsObject] };
const superseded: State = { kind: 'superseded', at, by: changeId(2) };

/** Accepted first: a rule file of reviews and ratings. */
const file = accepted(1, { edits: [contentEdit({ object: reviewsObject }), contentEdit({ object: ratingsObject })] });
/** Accepted behind it: a shift of ratings. */
const shift = accepted(2, { edits: [weightsEdit({ object: ratingsObject })] });
const rollback: Change = { ...shift, deed: 'rollback' };

/** The number says when, too. */
function accepted(number: number, overrides: Partial<Change>): Change {
  return buildChange({ id: changeId(number), acceptedAt: `2026-11-22T14:03:0${number}.000Z`, ...overrides });
}

/** These writes, one after the other. */
function wrong(records: readonly Change[], ...writes: readonly (readonly [Change, ObjectRef])[]): readonly string[] {
  const found: string[] = [];
  checkOrder(
    writes.map(([{ id }, object], version) => ({ id, object, version })),
    { records: new Map(records.map((each) => [each.id, each])) },
    { violation: (invariant, what) => found.push(`${invariant} ${what}`), note: () => {} },
  );
  return found;
}

describe('the checker of the order', () => {
  it('finds nothing where what was accepted first is applied first', () => {
    expect(wrong([file, shift], [file, reviewsObject], [file, ratingsObject], [shift, ratingsObject])).toEqual([]);
  });

  it('lets changes of other objects come first', () => {
    const elsewhere = accepted(2, { edits: [weightsEdit({ object: { ...reviewsObject, name: 'details' } })] });

    expect(wrong([file, elsewhere], [elsewhere, elsewhere.edits[0].object], [file, reviewsObject])).toEqual([]);
  });

  it('lets a rollback go ahead', () => {
    expect(wrong([file, rollback], [rollback, ratingsObject], [file, reviewsObject])).toEqual([]);
    expect(wrong([{ ...file, state: superseded }, rollback], [rollback, ratingsObject])).toEqual([]);
  });

  it('leaves the order of the changes of one ramp to the checker of ramps', () => {
    const ramp = { id: 'r-00000001', of: 2 } as const;
    const edits = [weightsEdit({ object: ratingsObject })] as const;
    const [back, step] = [
      accepted(1, { edits, ramp: { ...ramp, step: 0 } }),
      accepted(2, { edits, ramp: { ...ramp, step: 1 } }),
    ];

    expect(wrong([back, step], [step, ratingsObject], [back, ratingsObject])).toEqual([]);
  });

  it('lets the next one begin as soon as one has ended in the middle', () => {
    expect(wrong([{ ...file, state: failed }, shift], [file, reviewsObject], [shift, ratingsObject])).toEqual([]);
  });

  const early = 'I1 c-00000001 was accepted before c-00000002, which came first on VirtualService default/ratings';

  it.each([
    ['was applied first on one object', [file, shift], [shift, file, file]],
    ['came in between two objects', [file, shift], [file, shift, file]],
    ['superseded what waited before it', [{ ...file, state: superseded }, shift], [shift]],
    ['came before what ended in the middle', [{ ...file, state: failed }, shift], [shift, file]],
  ] as const)('finds what was accepted later and %s', (_, records, order) => {
    const left = [reviewsObject, ratingsObject];
    const writes = order.map(
      (each) => [each, each === file ? (left.shift() ?? reviewsObject) : ratingsObject] as const,
    );

    expect(wrong(records, ...writes)).toEqual([early]);
  });

  it('finds a rollback that let others go ahead', () => {
    const first: Change = { ...file, deed: 'rollback' };

    expect(wrong([first, shift], [shift, ratingsObject], [first, ratingsObject])).toEqual([early]);
  });
});
