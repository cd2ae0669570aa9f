import { describe, expect, it } from 'vitest';
import { endedWithoutEffect, isEnded, isWaiting, moveTo, type State } from '../../../src/domain/change/change.ts';
import { change } from '../../support/builders.ts';

const at = '2026-11-22T14:03:12.000Z';
const applied: State = { kind: 'applied', at, seq: 1, tookMs: 84, live: { v1: 50, v3: 50 }, warnings: [] };

describe('the life of a change', () => {
  it.each`
    state                                                        | waiting  | ended    | withoutEffect
    ${{ kind: 'queued' }}                                        | ${true}  | ${false} | ${false}
    ${{ kind: 'applying' }}                                      | ${true}  | ${false} | ${false}
    ${{ kind: 'held', at, because: 'moved', live: { v1: 100 } }} | ${false} | ${false} | ${false}
    ${applied}                                                   | ${false} | ${true}  | ${false}
    ${{ kind: 'superseded', at }}                                | ${false} | ${true}  | ${true}
    ${{ kind: 'discarded', at, by: 'U01ALICE' }}                 | ${false} | ${true}  | ${true}
    ${{ kind: 'failed', at, because: 'rejected' }}               | ${false} | ${true}  | ${true}
  `('when $state.kind: waiting $waiting, ended $ended, without effect $withoutEffect', (row) => {
    const moved = change({ state: row.state });

    expect([isWaiting(moved), isEnded(moved), endedWithoutEffect(moved)]).toEqual([
      row.waiting,
      row.ended,
      row.withoutEffect,
    ]);
  });
});

describe('moveTo', () => {
  it('changes the state, counts the transition, and leaves the rest', () => {
    const queued = Object.freeze(change({ rev: 4 }));

    expect(moveTo(queued, applied)).toEqual({ ...queued, state: applied, rev: 5 });
    expect(queued.state).toEqual({ kind: 'queued' });
  });
});
