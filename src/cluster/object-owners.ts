import { groupOf, type ObjectKind } from '../domain/routing/object.ts';
import { type Owner, toolOf, tools } from '../domain/routing/owner.ts';

/** The marks that other tools leave on an object. */
export interface Marked {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly controller?: boolean | undefined;
  }[];
  readonly managedFields: readonly { readonly manager: string }[];
}

/** Argo Rollouts marks the DestinationRules and Services that it uses, not the VirtualServices. */
export const rolloutAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts';

/** The other tools that manage an object. `weightsWriter`: the field manager that last set its rules. */
export function ownersOf(object: Marked, weightsWriter: string | undefined, rollout: string | undefined): Owner[] {
  const marked = [argoCd, fluxKustomize, helm, flagger, controller].flatMap((mark) => mark(object) ?? []);
  const sets = toolOf(weightsWriter);
  const isRollout = rollout !== undefined || sets === 'argo-rollouts';
  const all: Owner[] = isRollout ? [...marked, { tool: 'argo-rollouts', name: rollout }] : marked;
  return all.toSorted((a, b) => tools.indexOf(a.tool) - tools.indexOf(b.tool));
}

/**
 * `app:networking.istio.io/VirtualService:ns/name`. If it names another object, the annotation was copied, and Argo CD ignores it too. The
 * label `app.kubernetes.io/instance` alone proves nothing, because most Helm charts set it.
 */
function argoCd({ kind, annotations, labels, namespace, name, managedFields }: Marked): Owner | undefined {
  const [app, ...tracked] = annotations?.['argocd.argoproj.io/tracking-id']?.split(':') ?? [];
  if (tracked.join(':') === `${groupOf(kind)}/${kind}:${namespace}/${name}`) return { tool: 'argo-cd', name: app };

  const isWriter = managedFields.some(({ manager }) => toolOf(manager) === 'argo-cd');
  const instance = labels?.['argocd.argoproj.io/instance'];
  const label = instance ?? labels?.['app.kubernetes.io/instance'];
  return isWriter || instance !== undefined ? { tool: 'argo-cd', name: label } : undefined;
}

/** Undefined if the object tells Flux to leave it alone. */
function fluxKustomize({ annotations, labels }: Marked): Owner | undefined {
  const name = labels?.['kustomize.toolkit.fluxcd.io/name'];
  if (name === undefined) return undefined;
  const says = (key: string) => (annotations?.[key] ?? labels?.[key] ?? '').toLowerCase();
  const isLeftAlone =
    ['ifnotpresent', 'ignore'].includes(says('kustomize.toolkit.fluxcd.io/ssa')) ||
    says('kustomize.toolkit.fluxcd.io/reconcile') === 'disabled';
  return isLeftAlone ? undefined : { tool: 'flux-kustomize', name };
}

function helm({ annotations, labels }: Marked): Owner | undefined {
  const release = labels?.['helm.toolkit.fluxcd.io/name'];
  const detects = annotations?.['helm.toolkit.fluxcd.io/driftDetection'] !== 'disabled';
  if (release !== undefined) return { tool: detects ? 'flux-helm' : 'helm', name: release };
  if (labels?.['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  return { tool: 'helm', name: annotations?.['meta.helm.sh/release-name'] };
}

function flagger({ ownerReferences }: Marked): Owner | undefined {
  const canary = ownerReferences.find(isCanary);
  return canary === undefined ? undefined : { tool: 'flagger', name: canary.name };
}

/** The object that it was made for (`controller: true`): Knative, KServe and others write it again as that one says. */
function controller({ ownerReferences }: Marked): Owner | undefined {
  const found = ownerReferences.find((each) => each.controller === true && !isCanary(each));
  return found === undefined ? undefined : { tool: 'controller', name: `${found.kind} ${found.name}` };
}

function isCanary({ apiVersion, kind }: Marked['ownerReferences'][number]): boolean {
  return kind === 'Canary' && apiVersion.startsWith('flagger.app/');
}
