import { expect, it } from 'vitest';
import { type Marked, ownersOf } from '../../src/cluster/object-owners.ts';

const trackingId = 'argocd.argoproj.io/tracking-id';
const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
const helmRelease = { 'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm' };

it.each<[string, Partial<Marked>, object]>([
  ['nothing', {}, []],
  [
    'a tracking id of Argo CD',
    { annotations: { [trackingId]: 'shop:networking.istio.io/VirtualService:default/reviews' } },
    [{ tool: 'argo-cd', name: 'shop' }],
  ],
  [
    'a tracking id that was copied from another object',
    { annotations: { [trackingId]: 'shop:networking.istio.io/VirtualService:default/ratings' } },
    [],
  ],
  [
    'a tracking id of Argo CD on a DestinationRule',
    {
      kind: 'DestinationRule',
      annotations: { [trackingId]: 'shop:networking.istio.io/DestinationRule:default/reviews' },
    },
    [{ tool: 'argo-cd', name: 'shop' }],
  ],
  ['the label that most charts set', { labels: { 'app.kubernetes.io/instance': 'shop' } }, []],
  [
    'that label beside a write of Argo CD',
    { labels: { 'app.kubernetes.io/instance': 'shop' }, managedFields: [{ manager: 'argocd-controller' }] },
    [{ tool: 'argo-cd', name: 'shop' }],
  ],
  ["Argo CD's own label", { labels: { 'argocd.argoproj.io/instance': 'shop' } }, [{ tool: 'argo-cd', name: 'shop' }]],
  ['a Kustomization of Flux', { labels: flux }, [{ tool: 'flux-kustomize', name: 'apps' }]],
  [
    'one that leaves the object alone',
    { labels: flux, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } },
    [],
  ],
  [
    'one that does not reconcile it',
    { labels: flux, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
    [],
  ],
  ['a HelmRelease of Flux', { labels: helmRelease }, [{ tool: 'flux-helm', name: 'shop' }]],
  [
    'one without drift detection',
    { labels: helmRelease, annotations: { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' } },
    [{ tool: 'helm', name: 'shop' }],
  ],
  [
    'a release of Helm',
    { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'shop' } },
    [{ tool: 'helm', name: 'shop' }],
  ],
  [
    'a Canary of Flagger',
    { ownerReferences: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'reviews' }] },
    [{ tool: 'flagger', name: 'reviews' }],
  ],
  [
    'the object that a controller made it for',
    {
      ownerReferences: [
        { apiVersion: 'serving.kserve.io/v1beta1', kind: 'InferenceService', name: 'model', controller: true },
      ],
    },
    [{ tool: 'controller', name: 'InferenceService model' }],
  ],
  [
    'an owner that is no controller',
    { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'shop', controller: false }] },
    [],
  ],
  [
    "somebody else's Canary",
    { ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Canary', name: 'reviews' }] },
    [],
  ],
])('knows the owner by %s', (_, marks, owners) => {
  expect(ownersOf(marked(marks), 'kubectl-edit', undefined)).toEqual(owners);
});

it('knows Argo Rollouts by the weights that it wrote, and by the DestinationRule that it uses', () => {
  expect(ownersOf(marked(), 'rollouts-controller', undefined)).toEqual([{ tool: 'argo-rollouts' }]);
  expect(ownersOf(marked(), 'shiftbot', 'reviews')).toEqual([{ tool: 'argo-rollouts', name: 'reviews' }]);
});

it('lists all owners', () => {
  const marks = { labels: { ...flux, 'argocd.argoproj.io/instance': 'shop' } };

  expect(ownersOf(marked(marks), 'flagger', 'reviews').map(({ tool }) => tool)).toEqual([
    'argo-cd',
    'flux-kustomize',
    'argo-rollouts',
  ]);
});

function marked(marks: Partial<Marked> = {}): Marked {
  return {
    kind: 'VirtualService',
    name: 'reviews',
    namespace: 'default',
    ownerReferences: [],
    managedFields: [],
    ...marks,
  };
}
