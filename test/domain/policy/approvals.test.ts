import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allNeeds, countApprovals } from '../../../src/domain/policy/approvals.ts';
import type { Membership, Person, Standing, Who } from '../../../src/domain/policy/groups.ts';

const needs = {
  by: [
    { kind: 'group', name: 'sre', users: ['U01', 'U02'] },
    { kind: 'usergroup', name: 'payments', id: 'S01' },
  ] satisfies Who[],
  count: 2,
  rule: { name: 'payments', line: 3 },
};
const memberships = new Map<string, Membership>([['S01', { kind: 'known', users: new Set(['U03']) }]]);

function people(...ids: readonly string[]): readonly Person[] {
  return ids.map((id) => ({ id, standing: { kind: 'member' } }));
}

describe('approvals', () => {
  it.each`
    by                       | requester | counted                  | missing
    ${[]}                    | ${'U09'}  | ${[]}                    | ${2}
    ${['U01']}               | ${'U09'}  | ${['U01']}               | ${1}
    ${['U01', 'U02']}        | ${'U09'}  | ${['U01', 'U02']}        | ${0}
    ${['U01', 'U01', 'U01']} | ${'U09'}  | ${['U01']}               | ${1}
    ${['U01', 'U02']}        | ${'U01'}  | ${['U02']}               | ${1}
    ${['U03', 'U01']}        | ${'U09'}  | ${['U03', 'U01']}        | ${0}
    ${['U08', 'U01']}        | ${'U09'}  | ${['U01']}               | ${1}
    ${['U01', 'U02', 'U03']} | ${'U09'}  | ${['U01', 'U02', 'U03']} | ${0}
  `('by $by, with requester $requester, leave $missing missing', ({ by, requester, counted, missing }) => {
    expect(countApprovals(needs, people(...by), { requester, memberships })).toEqual({ counted, missing });
  });

  it('of an unknown group do not count', () => {
    const unknown = new Map<string, Membership>([['S01', { kind: 'unknown', why: 'Slack did not answer' }]]);

    expect(countApprovals(needs, people('U03'), { requester: 'U09', memberships: unknown }).missing).toBe(2);
    expect(countApprovals(needs, people('U03'), { requester: 'U09', memberships: new Map() }).missing).toBe(2);
  });

  it('by everyone count only from full members', () => {
    const all = { by: [{ kind: 'everyone' }] satisfies Who[], count: 1, rule: { name: 'all', line: 1 } };
    const standings: readonly Standing['kind'][] = ['guest', 'bot', 'outsider', 'deactivated'];
    const others = standings.map((kind, at): Person => ({ id: `U1${at}`, standing: { kind, why: '' } }));

    expect(countApprovals(all, others, { requester: 'U09', memberships }).counted).toEqual([]);
    expect(countApprovals(all, people('U07'), { requester: 'U09', memberships }).missing).toBe(0);
  });

  it('that several rules ask for are all needed, and one person may count for several', () => {
    const sre: Who = { kind: 'group', name: 'sre', users: ['U01', 'U02'] };
    const both: Who = { kind: 'group', name: 'both', users: ['U02', 'U03'] };
    const rules = [{ name: 'a', line: 1 } as const, { name: 'b', line: 2 } as const] as const;
    const asked = allNeeds([
      { by: [sre], count: 1, expiresMs: 60_000, rule: rules[0] },
      { by: [both], count: 1, expiresMs: 30_000, rule: rules[1] },
      { by: [sre], count: 1, expiresMs: 60_000, rule: rules[0] },
    ]);
    const tally = (...ids: readonly string[]) =>
      countApprovals(asked, people(...ids), { requester: 'U09', memberships });

    expect(asked).toMatchObject({ expiresMs: 30_000, also: [{ rule: rules[1] }] });
    expect(tally('U01')).toEqual({ counted: ['U01'], missing: 1 });
    expect(tally('U01', 'U03')).toEqual({ counted: ['U01', 'U03'], missing: 0 });
    expect(tally('U02')).toEqual({ counted: ['U02'], missing: 0 });
    expect(tally('U04')).toEqual({ counted: [], missing: 1 });
  });

  const anId = fc.constantFrom('U01', 'U02', 'U03', 'U04', 'U05');
  const someIds = fc.array(anId, { maxLength: 8 });

  it('never become fewer when one more comes, in any order', () => {
    fc.assert(
      fc.property(someIds, anId, anId, fc.integer({ min: 1, max: 4 }), (ids, more, requester, count) => {
        const asked = { ...needs, count };
        const before = countApprovals(asked, people(...ids), { requester, memberships });
        const after = countApprovals(asked, people(...ids, more), { requester, memberships });
        const turned = countApprovals(asked, people(more, ...ids.toReversed()), { requester, memberships });

        expect(after.missing).toBeLessThanOrEqual(before.missing);
        expect(after.counted).toEqual(expect.arrayContaining([...before.counted]));
        expect(turned.missing).toBe(after.missing);
      }),
    );
  });

  it('never count the requester, and count nobody twice', () => {
    fc.assert(
      fc.property(someIds, anId, (ids, requester) => {
        const { counted, missing } = countApprovals(needs, people(...ids), { requester, memberships });

        expect(counted).not.toContain(requester);
        expect(new Set(counted).size).toBe(counted.length);
        expect(missing).toBe(Math.max(0, needs.count - counted.length));
      }),
    );
  });
});
