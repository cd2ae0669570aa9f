import { describe, expect, it } from 'vitest';
import { planReturn, planShift } from '../../../src/domain/change/plan-weights.ts';
import { type Owner, restorers, toolOf, weightsOwner } from '../../../src/domain/routing/owner.ts';
import { reviews, revision } from '../../support/builders.ts';

const half = { kind: 'share', version: 'v3', percent: 50 } as const;
const argoCd: Owner = { tool: 'argo-cd', name: 'shop' };

describe('who else manages an object', () => {
  it.each`
    manager                            | tool
    ${'argocd-controller'}             | ${'argo-cd'}
    ${'argocd-application-controller'} | ${'argo-cd'}
    ${'kustomize-controller'}          | ${'flux-kustomize'}
    ${'helm-controller'}               | ${'flux-helm'}
    ${'helm'}                          | ${'helm'}
    ${'flagger'}                       | ${'flagger'}
    ${'rollouts-controller'}           | ${'argo-rollouts'}
    ${'kubectl-edit'}                  | ${undefined}
    ${'constructor'}                   | ${undefined}
    ${undefined}                       | ${undefined}
  `('is $tool where managedFields say $manager', ({ manager, tool }) => {
    expect(toolOf(manager)).toBe(tool);
  });

  it('sets the weights itself, or only brings back what it wants', () => {
    const canary: Owner = { tool: 'flagger', name: 'reviews' };

    expect(weightsOwner([argoCd, canary])).toBe(canary);
    expect(weightsOwner([argoCd])).toBeUndefined();
    expect(restorers([argoCd, canary])).toEqual([argoCd]);
  });
});

describe('a plan for an object that others manage', () => {
  it.each(['flagger', 'argo-rollouts'] as const)('is refused while %s sets the weights', (tool) => {
    const route = { ...reviews({ v1: 100, v3: 0 }), owners: [argoCd, { tool }] };
    const refused = { kind: 'refused', refusal: { reason: 'owned', owner: { tool } } };

    expect(planShift(route, half, {})).toEqual(refused);
    expect(planReturn(route, { rule: 'default', split: { v3: 100 } })).toEqual(refused);
  });

  it('is made all the same for whoever may override that', () => {
    const route = { ...reviews({ v1: 100, v3: 0 }), owners: [{ tool: 'flagger' } as const] };

    expect(planShift(route, half, { mayOverrideOwner: true })).toMatchObject({ kind: 'planned', warnings: [] });
    expect(planReturn(route, { rule: 'default', split: { v3: 100 } }, { mayOverrideOwner: true }).kind).toBe('planned');
  });

  it('warns before the first change, and again when ours did not stay', () => {
    const warned = { warnings: [{ kind: 'puts-back', owner: argoCd }] };
    const untouched = { ...reviews({ v1: 100 }), owners: [argoCd] };
    const putBack = { ...reviews({ v1: 100 }, { revisions: [revision()] }), owners: [argoCd] };

    expect(planShift(untouched, half, {})).toMatchObject(warned);
    expect(planShift(putBack, half, {})).toMatchObject(warned);
  });

  it('does not warn once a change of ours stands: its owner leaves the weights alone', () => {
    const route = { ...reviews({ v1: 50, v3: 50 }, { revisions: [revision()] }), owners: [argoCd] };

    expect(planShift(route, { ...half, percent: 80 }, {})).toMatchObject({ kind: 'planned', warnings: [] });
  });
});
