import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import { changeInHand } from '../../src/domain/ramp/next.ts';
import { type Ramp, targetsAt } from '../../src/domain/ramp/ramp.ts';
import { atOnce } from '../../src/domain/ramp/steps.ts';
import type { RampTargets } from '../../src/domain/ramp/targets.ts';
import { rampCard } from '../../src/slack/card/ramp.ts';
import { applied, change, changeId, reviewsObject } from '../support/builders.ts';
import { checkRamps } from './check-ramps.ts';
import { checkSequence } from './check-sequence.ts';
import { readObject } from './history.ts';

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

describe('the checker of ramps, of several clusters', () => {
  /** The steps that were made and where, in order; then what another change wrote. */
  function wrong(made: Run['made'] = both, state: Ramp['state'] = ramp.state, other?: typeof us): readonly string[] {
    const changes = made.map(([step], index) => ({ step, id: changeId(index + 1) }));
    const own = { ...ramp, state, changes };
    const records = new Map(
      changes.map(({ step, id }) => [
        id,
        change({ id, acceptedAt: at, ramp: { id: ramp.id, step, of: 2 }, state: applied({ at }) }),
      ]),
    );
    const writes = made.map(([step, object], index) => ({
      id: changeId(index + 1),
      object,
      nth: index,
      after: withSplit(targetsAt(ramp, step).find((each) => each.object.cluster === object.cluster)?.split ?? {}),
    }));
    const by = other === undefined ? [] : [{ id: changeId(9), object: other, nth: 20, after: undefined }];
    const events = changes.flatMap(({ id }) =>
      (['accepted', 'applied'] as const).map((kind): AuditEvent => ({ id: `${id}.${kind}`, kind, at, changeId: id })),
    );
    const ends = (['finished', 'back'] as const).filter((kind) => kind === state.kind);
    const end = ends.map((kind): AuditEvent => {
      const told = kind === 'back' ? 'ramp-is-back' : 'ramp-finished';
      return { id: `${ramp.id}.1`, kind: told, at, rampId: ramp.id };
    });
    const id = changeInHand(own);
    const shown = rampCard({ ramp: own, change: id && records.get(id) });
    const found: string[] = [];
    checkRamps(
      {
        ...{ ramps: [own], records, audit: [...events, ...end], requests: [] },
        ...{ messages: [{ ...shown, channel: 'C01CHANNEL', ts: '1.1' }], history: new Map(), unknownPosts: new Set() },
      },
      [...writes, ...by],
      { violation: (invariant, what) => found.push(`${invariant} ${what}`), note: () => {} },
    );
    return found;
  }

  const back = { kind: 'back', why: 'aborted', by: 'U02BOB', at, step: 2, change: changeId(4) } as const;

  it('finds nothing where all steps were made, or each cluster went back', () => {
    expect(wrong()).toEqual([]);
    expect(wrong([...both, [0, us], [0, reviewsObject]], back)).toEqual([]);
  });

  it('lets one cluster go back while a step is on its way in another one, and none make a step after it went back', () => {
    const [first, second] = both;
    expect(wrong([first, [0, reviewsObject], second, [0, us]], back)).toEqual([]);
    expect(wrong([first, [0, us], second, [0, reviewsObject]], back)).toContain(
      'I1 r-00000001 made step 2 after its way back',
    );
  });

  it('finds a cluster in which nothing was made, or which did not go back, unless another change took its place', () => {
    expect(wrong(both.slice(0, 1))).toEqual(['I3 r-00000001 says that it finished, but step 1 is its last one']);
    const half = [...both, [0, us]] as const;
    const wrongly = 'I3 r-00000001 says that it went back, but step 1 is its last one';
    expect(wrong(half, back)).toEqual([wrongly]);
    expect(wrong(half, back, reviewsObject)).toEqual([]);
    expect(wrong(half, back, us)).toEqual([wrongly]);
  });
});

function withSplit(weights: Readonly<Record<string, number>>) {
  const route = Object.entries(weights).map(([subset, weight]) => ({
    destination: { host: 'reviews', subset },
    weight,
  }));
  const metadata = { namespace: 'default', name: 'reviews', uid: 'u', resourceVersion: '7' };
  return readObject({ kind: 'VirtualService', metadata, spec: { http: [{ route }] } });
}
