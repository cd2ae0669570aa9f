import { describe, expect, it } from 'vitest';
import type { Freeze, Hold } from '../../../../src/domain/policy/freeze.ts';
import type { Ask } from '../../../../src/domain/policy/judge.ts';
import { noPolicy, type PolicyRule } from '../../../../src/domain/policy/policy.ts';
import { foreseen } from '../../../../src/domain/policy/ramps/foreseen.ts';
import { ask, askOfObject, hours, namedRamp, policyRule, rampOf } from '../../../support/policies.ts';

const noon = new Date('2026-11-25T12:00:00Z'); // a Wednesday

/** Begins once, at this time. */
function freeze(begins: string, lastsMs: number, overrides: Partial<Freeze> = {}): Freeze {
  const from = new Date(begins);
  return {
    ...{ name: 'sale', target: '**', lastsMs, timezone: 'UTC', line: 9 },
    begins: { after: (at) => (at.getTime() < from.getTime() ? from : undefined) },
    except: { rollback: true, who: [] },
    ...overrides,
  };
}

interface Given {
  readonly steps?: string;
  readonly every?: string;
  readonly has?: number;
  readonly rule?: Partial<PolicyRule>;
  readonly freezes?: readonly Freeze[];
  readonly asked?: Partial<Ask>;
}

function seen({ steps = '10, 25, 50, 100', every, has = 0, rule = {}, freezes = [], asked = {} }: Given) {
  const ramp = rampOf(namedRamp('typed', steps, every ?? '10m'), { has });
  const policy = { ...noPolicy, rules: [policyRule(rule)], freezes };
  return foreseen(policy, { ...askOfObject(ask({ at: noon, ...asked })), ramp }).map(
    ({ step, percent, at, denial }) => `${step}: ${percent} % at ${at.toISOString().slice(5, 16)}, ${denial.reason}`,
  );
}

const hour = 3_600_000;

describe('what will be in the way of a ramp', () => {
  it.each<[string, Given, readonly string[]]>([
    ['nothing', {}, []],
    [
      'a freeze that will come',
      { freezes: [freeze('2026-11-25T12:15:00Z', hour)] },
      ['3: 50 % at 11-25T12:20, frozen'],
    ],
    [
      'a freeze that will come, and a second one after the wait for it',
      { freezes: [freeze('2026-11-25T12:15:00Z', hour), freeze('2026-11-25T13:20:00Z', hour)] },
      ['3: 50 % at 11-25T12:20, frozen', '4: 100 % at 11-25T13:25, frozen'],
    ],
    ['no freeze that is over in time', { freezes: [freeze('2026-11-25T12:11:00Z', 60_000)] }, []],
    ['no freeze elsewhere', { freezes: [freeze('2026-11-25T12:15:00Z', hour, { target: 'prod/**' })] }, []],
    [
      'no freeze that lets the asker through',
      {
        freezes: [
          freeze('2026-11-25T12:15:00Z', hour, { except: { rollback: true, who: [{ kind: 'user', id: 'U01ALICE' }] } }),
        ],
      },
      [],
    ],
    [
      'the end of the hours, once: the steps after it follow the next morning',
      { rule: { hours: hours('Mon-Fri 9-12:15 UTC') } },
      ['3: 50 % at 11-25T12:20, outside-hours'],
    ],
    [
      'a night for each step',
      { every: '4h', rule: { hours: hours('Mon-Fri 9-13 UTC') } },
      [
        '2: 25 % at 11-25T16:00, outside-hours',
        '3: 50 % at 11-26T13:00, outside-hours',
        '4: 100 % at 11-27T13:00, outside-hours',
      ],
    ],
    ['no hours for steps back', { steps: '50, 10', rule: { hours: hours('Mon-Fri 9-12:05 UTC') } }, []],
    [
      'a freeze that begins where the hours do',
      {
        rule: { hours: hours('Mon-Fri 9-12:15 UTC') },
        freezes: [freeze('2026-11-26T08:30:00Z', hour)],
      },
      ['3: 50 % at 11-25T12:20, outside-hours', '3: 50 % at 11-26T09:00, frozen'],
    ],
    ['no approval', { rule: { approve: { by: [{ kind: 'everyone' }], count: 1, from: 0, expiresMs: 1 } } }, []],
    ['nothing that is in the way at any time', { rule: { shift: [] } }, []],
  ])('%s', (_, given, told) => {
    expect(seen(given)).toEqual(told);
  });

  it('is a lock until it ends, and nothing is known after one without an end', () => {
    const lock: Hold = { kind: 'lock', by: 'U02BOB', except: { rollback: false, who: [] } };
    const until = new Date('2026-11-25T12:45:00Z');

    expect(seen({ asked: { holds: [{ ...lock, until }] } })).toEqual(['1: 10 % at 11-25T12:00, locked']);
    expect(seen({ asked: { holds: [lock] } })).toEqual(['1: 10 % at 11-25T12:00, locked']);
  });
});
