import { describe, expect, it } from 'vitest';
import { endedWithoutEffect, isEnded, isWaiting, moveTo } from '../../../src/domain/change/change.ts';
import type { State } from '../../../src/domain/change/state.ts';
import { applied, change } from '../../support/builders.ts';

const at = '2026-11-22T14:03:12.000Z';
const done: State = applied({ at });

describe('the life of a change', () => {
  it.each`
    state                                                           | waiting  | ended    | withoutEffect
    ${{ kind: 'queued' }}                                           | ${true}  | ${false} | ${false}
    ${{ kind: 'applying' }}                                         | ${true}  | ${false} | ${false}
    ${{ kind: 'held', at, because: 'moved', found: [], stamp: '' }} | ${false} | ${false} | ${false}
    ${done}                                                         | ${false} | ${true}  | ${false}
    ${{ kind: 'superseded', at }}                                   | ${false} | ${true}  | ${true}
    ${{ kind: 'discarded', at, by: 'U01ALICE' }}                    | ${false} | ${true}  | ${true}
    ${{ kind: 'failed', at, because: 'rejected' }}                  | ${false} | ${true}  | ${true}
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

    expect(moveTo(queued, done)).toEqual({ ...queued, state: done, rev: 5 });
    expect(queued.state).toEqual({ kind: 'queued' });
  });
});
