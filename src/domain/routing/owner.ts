/** Our own name in `managedFields`. */
export const ourManager = 'shiftbot';

/** Those that keep a routing object as they want it. */
export const tools = [
  'argo-cd',
  'flux-kustomize',
  'flux-helm',
  'helm',
  'flagger',
  'argo-rollouts',
  'controller',
] as const;
export type Tool = (typeof tools)[number];

/** Who else manages a routing object, as its marks tell. */
export interface Owner {
  readonly tool: Tool;
  /** Its application, Kustomization, release or canary; of a controller the object that it follows, with its kind. */
  readonly name?: string | undefined;
}

const managers: Readonly<Record<string, Tool>> = {
  'argocd-controller': 'argo-cd',
  'argocd-application-controller': 'argo-cd',
  'kustomize-controller': 'flux-kustomize',
  'helm-controller': 'flux-helm',
  helm: 'helm',
  flagger: 'flagger',
  'rollouts-controller': 'argo-rollouts',
};

/** Whose name in `managedFields` this is, where it is one of those. */
export function toolOf(manager: string | undefined): Tool | undefined {
  return manager !== undefined && Object.hasOwn(managers, manager) ? managers[manager] : undefined;
}

/** Whoever sets the weights itself and would set them again at its next step. */
export function weightsOwner(owners: readonly Owner[]): Owner | undefined {
  return owners.find(({ tool }) => tool === 'flagger' || tool === 'argo-rollouts');
}

/** Those that bring back what Git or a chart says; where nothing stops them, that is the weights too. */
export function restorers(owners: readonly Owner[]): readonly Owner[] {
  return owners.filter((owner) => owner !== weightsOwner([owner]));
}
