import { groupOf, type ObjectKind } from '../../domain/routing/object.ts';
import type { Owner, Tool } from '../../domain/routing/owner.ts';
import { code } from './mrkdwn.ts';

/** `Argo CD (application `shop`)` */
export function ownerText({ tool, name }: Owner): string {
  if (tool === 'controller' && name !== undefined) return code(name);
  const { is, has } = words[tool];
  return name === undefined ? is : `${is} (${has} ${code(name)})`;
}

/** How to make a tool leave the weights alone, or whom to ask. */
export function howToStop(
  tool: Tool | undefined,
  manager: string | undefined,
  kind: ObjectKind = 'VirtualService',
): string {
  if (tool !== undefined) return words[tool].stop(kind);
  if (manager === undefined) return '';
  return manager.startsWith('kubectl')
    ? 'Somebody did that by hand or in a script: settle with them who shifts.'
    : `Whoever runs ${code(manager)} can say whether it will do so again.`;
}

/** How to remove the mark of a tool that no longer sets the weights. Until then we would refuse for no reason. */
export function howToLeave(tool: Tool): string {
  if (tool === 'flagger') return 'Where it no longer does, take its `ownerReferences` out of the object.';
  if (tool !== 'argo-rollouts') return '';
  return 'Where no Rollout does so any more, take `argo-rollouts.argoproj.io/managed-by-rollouts` off the DestinationRule, and change the rules of the object once by hand.';
}

interface Words {
  readonly is: string;
  /** What its name names: an application, a release. */
  readonly has: string;
  readonly stop: (kind: ObjectKind) => string;
}

/** Where the rules of a kind are, and the weights in them. */
function rulesOf(kind: ObjectKind): { readonly list: string; readonly weights: string } {
  if (kind === 'ServiceSplitter') return { list: 'splits', weights: '.spec.splits[].weight' };
  const isRoute = kind.endsWith('Route');
  return isRoute
    ? { list: 'rules', weights: '.spec.rules[].backendRefs[].weight' }
    : { list: 'http', weights: '.spec.http[].route[].weight' };
}

function argoCdSnippet(kind: ObjectKind): string {
  return `\`\`\`
spec:
  ignoreDifferences:
    - group: ${groupOf(kind)}
      kind: ${kind}
      jqPathExpressions: ['${rulesOf(kind).weights}']
  syncPolicy:
    syncOptions: [RespectIgnoreDifferences=true]
\`\`\``;
}

function fluxHelmSnippet(kind: ObjectKind): string {
  return `\`\`\`
spec:
  driftDetection:
    mode: enabled
    ignore:
      - paths: [/spec/${rulesOf(kind).list}]
        target: { kind: ${kind} }
\`\`\``;
}

const words: Record<Tool, Words> = {
  'argo-cd': {
    is: 'Argo CD',
    has: 'application',
    stop: (kind) =>
      `To have Argo CD leave the weights alone, put this into its Application:\n${argoCdSnippet(kind)}\nIt is about weights only: a destination that Git does not have is still taken out.`,
  },
  'flux-kustomize': {
    is: 'Flux',
    has: 'Kustomization',
    stop: (kind) =>
      `To have Flux leave the object alone, annotate it in Git with \`kustomize.toolkit.fluxcd.io/ssa: IfNotPresent\`. From Flux 2.9 on, \`spec.ignore\` of the Kustomization can name the path \`/spec/${rulesOf(kind).list}\` instead, and all else is still kept.`,
  },
  'flux-helm': {
    is: 'Flux',
    has: 'HelmRelease',
    stop: (kind) =>
      `To have Flux leave the rules alone, put this into the HelmRelease:\n${fluxHelmSnippet(kind)}\nAn upgrade of the chart may set them all the same.`,
  },
  helm: {
    is: 'Helm',
    has: 'release',
    stop: () =>
      'The next `helm upgrade` may set the weights that the chart has: put the split that is to stay into its values.',
  },
  flagger: {
    is: 'Flagger',
    has: 'canary',
    stop: () =>
      'Its canary sets these weights, so promote or roll back through it: its gates (`confirm-promotion`, `rollback`), or `spec.skipAnalysis: true` of the Canary to promote at once.',
  },
  controller: {
    is: 'A controller',
    has: 'object',
    stop: () => 'The controller writes this object as that one says: change the split there.',
  },
  'argo-rollouts': {
    is: 'Argo Rollouts',
    has: 'Rollout',
    stop: () =>
      'Its Rollout sets these weights, so go through it: `kubectl argo rollouts promote` or `kubectl argo rollouts abort`.',
  },
};
