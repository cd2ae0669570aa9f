import { describe, expect, it } from 'vitest';
import { rampInHistory, unfinishedIn } from '../../../src/domain/ramp/in-history.ts';
import type { Revision } from '../../../src/domain/routing/ledger.ts';
import { changeId, revision } from '../../support/builders.ts';

const id = 'r-00000001';
const step = (number: number, more: Partial<Revision> = {}) =>
  revision({ id: changeId(number + 1), ramp: { id, step: number, of: 4 }, ...more });
const ledger = (...revisions: readonly Revision[]) => ({ seq: revisions.length, revisions });

describe('a ramp in the history of an object', () => {
  it('is its newest step, and its oldest one that is still there', () => {
    const [third, second] = [step(3), step(2)];

    expect(rampInHistory(ledger(third, second, revision({ id: changeId(9) })), id)).toEqual({
      ...{ id, step: 3, of: 4 },
      first: second,
      last: third,
    });
    expect(rampInHistory(ledger(third), 'r-00000002')).toBeUndefined();
  });

  it.each`
    history                                         | what
    ${ledger(step(2), step(1))}                     | ${[id]}
    ${ledger(revision({ rule: 'other' }), step(2))} | ${[id]}
    ${ledger(revision({}), step(2))}                | ${[]}
    ${ledger(step(4), step(3))}                     | ${[]}
    ${ledger(step(0), step(2))}                     | ${[]}
    ${ledger(revision({}))}                         | ${[]}
  `('is unfinished only if its newest change is the newest of its rule and not its end', ({ history, what }) => {
    expect(unfinishedIn(history)).toEqual(what);
  });
});
