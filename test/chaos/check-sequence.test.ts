import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { atOnce } from '../../src/domain/ramp/steps.ts';
import type { RampTargets } from '../../src/domain/ramp/targets.ts';
import { changeId, reviewsObject } from '../support/builders.ts';
import { checkSequence } from './check-sequence.ts';

const at = '2026-11-22T14:00:00.000Z';
const us = { ...reviewsObject, cluster: 'us' };

/** What both clusters have, with these shares of v3. */
function shares(inFirst: number, inSecond: number): RampTargets {
  const split = (v3: number) => ({ v1: 100 - v3, v3 });
  return [
    { object: reviewsObject, rule: 'default', split: split(inFirst) },
    { object: us, rule: 'default', split: split(inSecond) },
  ];
}

const ramp: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  before: shares(0, 0),
  steps: [
    { percent: 50, stay: atOnce, to: shares(50, 0) },
    { percent: 50, stay: atOnce, to: shares(50, 50) },
  ],
  changes: [],
  acceptedAt: at,
  state: { kind: 'finished', at },
  rev: 4,
};

interface Run {
  /** The step of each change, and where it wrote. */
  readonly made?: readonly (readonly [number, typeof us])[];
  /** What the audit tells: the number of a change, and what became of it. */
  readonly told?: readonly (readonly [number, AuditKind])[];
  readonly typed?: string;
  readonly steps?: Ramp['steps'];
}

const both = [
  [1, reviewsObject],
  [2, us],
] as const;
const inTurn = [
  [1, 'accepted'],
  [1, 'applied'],
  [2, 'accepted'],
  [2, 'applied'],
] as const;

function wrongIn({ made = both, told = inTurn, typed = 'sandbox,us', steps = ramp.steps }: Run = {}) {
  const changes = made.map(([step], index) => ({ step, id: changeId(index + 1) }));
  const writes = made.map(([, object], index) => ({ id: changeId(index + 1), object }));
  const audit = told.map(
    ([number, kind]): AuditEvent => ({ id: `${number}.${kind}`, kind, at, changeId: changeId(number) }),
  );
  const what = `reviews v3 50 --cluster ${typed}`;
  const requests = [{ what, by: 'U01ALICE', answer: `Accepted: ${ramp.id}, …`, atMs: 0 }];
  const found: string[] = [];
  checkSequence(
    { ...ramp, steps, changes },
    writes,
    { audit, requests },
    {
      violation: (invariant, violated) => found.push(`${invariant} ${violated}`),
      note: () => {},
    },
  );
  return found;
}

describe('the checker of sequences', () => {
  it('finds nothing where one cluster comes after the other', () => {
    expect(wrongIn()).toEqual([]);
  });

  it('lets each cluster go back once, also while a step is on its way in another one', () => {
    const made = [...both, [0, us], [0, reviewsObject]] as const;
    const told = [...inTurn, [3, 'accepted'], [4, 'accepted'], [3, 'applied'], [4, 'applied']] as const;

    expect(wrongIn({ made, told })).toEqual([]);
  });

  it.each<[string, string, Run]>([
    [
      'a step in line while the one before is on its way',
      'r-00000001 put step 2 in line before step 1 had ended',
      {
        told: [
          [1, 'accepted'],
          [2, 'accepted'],
          [1, 'applied'],
          [2, 'applied'],
        ],
      },
    ],
    [
      'a step after one of which nothing is known',
      'r-00000001 put step 2 in line before step 1 had ended',
      {
        told: [
          [1, 'accepted'],
          [2, 'accepted'],
          [2, 'applied'],
        ],
      },
    ],
    [
      'a step in the cluster of another one',
      'r-00000001 made step 1 in us and not in sandbox',
      {
        made: [
          [1, us],
          [2, us],
        ],
      },
    ],
    [
      'a cluster that goes back twice',
      'r-00000001 went back 2 times in us',
      { made: [...both, [0, us], [0, us]], told: [...inTurn, [3, 'accepted'], [3, 'applied']] },
    ],
    [
      'clusters in another order than they were typed',
      'r-00000001 goes to sandbox,us, and us,sandbox was typed',
      { typed: 'us,sandbox' },
    ],
    [
      'a plan that begins with the second cluster',
      'r-00000001 gives a share in another order than sandbox,us',
      {
        made: [],
        steps: [
          { percent: 50, stay: atOnce, to: shares(0, 50) },
          { percent: 50, stay: atOnce, to: shares(50, 50) },
        ],
      },
    ],
  ])('finds %s', (_, violation, run) => {
    expect(wrongIn(run)).toEqual([`I1 ${violation}`]);
  });
});
