import { describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { atOnce } from '../../../src/domain/ramp/steps.ts';
import type { RampTargets } from '../../../src/domain/ramp/targets.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { changeId, reviewsObject } from '../../support/builders.ts';
import { aRampTo } from '../../support/ramp-builders.ts';

const at = '2026-11-22T14:28:11.000Z';
const start = { v1: 100, v3: 0 };
const half = { v1: 50, v3: 50 };

function targets(eu: Split, us: Split): RampTargets {
  const target = (cluster: string, split: Split) => ({ object: { ...reviewsObject, cluster }, rule: 'default', split });
  return [target('eu', eu), target('us', us)];
}

function sequence(overrides: Partial<Ramp>): Ramp {
  return aRampTo({
    before: targets(start, start),
    steps: [
      { percent: 50, stay: atOnce, to: targets(half, start) },
      { percent: 50, stay: atOnce, to: targets(half, half) },
    ],
    ...overrides,
  });
}

function buttonsOf(ramp: Ramp): readonly string[] {
  const { blocks } = rampCard({ ramp, change: undefined });
  const actions = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  return actions.flatMap((each) => (each.type === 'button' ? [each.text.text] : []));
}

describe('the card of a change in one cluster after the other', () => {
  const held = sequence({
    state: {
      kind: 'held',
      ...{ step: 1, since: at, at, leftMs: 0 },
      hold: { because: 'step-failed', reason: 'not-permitted' },
    },
  });

  it('has a line for each cluster', () => {
    const { text } = rampCard({ ramp: held, change: undefined });
    expect(text).toContain('reviews · ramp to v3 in eu, us, step 1 of 2');
    expect(text).toContain('`eu`: *50 % now*\n`us`: 50 %');
  });

  it('offers to go on without the one that is in the way, and to take all back', () => {
    expect(buttonsOf(held)).toEqual(['Go on', 'Go on without us', 'Roll back to v1 100 %', 'History']);
    expect(rampCard({ ramp: held, change: undefined }).text).toContain('leaves us as it is, and ends here.');
    const first = sequence({ ...held, state: { ...held.state, step: 0 } as Ramp['state'], changes: [] });
    expect(buttonsOf(first)).toContain('Go on without eu');
    expect(rampCard({ ramp: first, change: undefined }).text).toContain(
      '*Go on without eu* leaves eu as it is, and goes on in the others.',
    );
  });

  it('takes each cluster back by itself once it is over', () => {
    const changes = [1, 2].map((step) => ({ step, id: changeId(step) }));
    expect(buttonsOf(sequence({ state: { kind: 'finished', at }, changes }))).toEqual([
      'Roll back eu',
      'Roll back us',
      'History',
    ]);
  });

  it('names the cluster of what is live where they differ', () => {
    const back = sequence({
      before: targets(start, half),
      steps: [{ percent: 50, stay: atOnce, to: targets(half, half) }],
      state: { kind: 'back', step: 1, why: 'aborted', by: 'U01ALICE', at },
    });
    expect(rampCard({ ramp: back, change: undefined }).text).toContain('`eu`');
  });
});
