import { describe, expect, it } from 'vitest';
import type { ObjectEdit } from '../../src/domain/change/edit.ts';
import { readStoredChange, storeChange } from '../../src/redis/records/stored-change.ts';
import { planHash } from '../../src/workflow/audit.ts';
import { change, changeId, contentEdit, weightsEdit } from '../support/builders.ts';

describe('the hash of a plan', () => {
  const plan = weightsEdit({ seq: 3 });
  const [move] = plan.moves;
  const hashOf = (edit: ObjectEdit) => planHash({ edits: [edit] });

  it('is the same in whatever order the versions stand', () => {
    expect(hashOf({ ...plan, moves: [{ ...move, to: { v3: 50, v1: 50 } }] })).toBe(hashOf(plan));
  });

  it('is the same of a record that was stored and read', () => {
    const stored = change({ edits: [plan] });

    expect(planHash(readStoredChange(storeChange(stored, undefined), undefined))).toBe(planHash(stored));
  });

  it.each<ObjectEdit>([
    { ...plan, moves: [{ ...move, rule: 'other' }] },
    { ...plan, moves: [{ ...move, from: { v1: 99, v2: 1 } }] },
    { ...plan, moves: [{ ...move, to: { v1: 49, v3: 51 } }] },
    { ...plan, moves: [move, { ...move, rule: 'other' }] },
    { ...plan, object: { ...plan.object, name: 'other' } },
    { ...plan, uid: 'another' },
    { ...plan, seq: 4 },
    { ...plan, behind: changeId(1) },
    contentEdit({ object: plan.object, seq: 3, after: { spec: { hosts: ['reviews'] } } }),
  ])('is another for another plan: %o', (other) => {
    expect(hashOf(other)).not.toBe(hashOf(plan));
    expect(hashOf(other)).toMatch(/^[0-9a-f]{16}$/);
  });
});
