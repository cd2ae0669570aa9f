import { KubeClient } from '../cluster/client/kube-client.ts';
import { KubeConfigError, loadKubeConfigs, type PooledKubeConfig } from '../cluster/client/kube-config.ts';
import { NotFoundError } from '../cluster/client/kube-errors.ts';
import { virtualServices } from '../cluster/kinds/virtual-service.ts';
import { DependencyError } from '../workflow/errors.ts';
import { bookinfoNamespace } from './bookinfo/pods.ts';

/** A cluster that is there already, in the place of the API server of our own. */
export interface GivenCluster {
  readonly kubeconfig: string;
  readonly context: string;
  readonly cluster: string;
  readonly server: string;
}

/** The cluster cannot be used; the message goes on from the variable that names it. */
export class GivenClusterError extends Error {
  override readonly name = 'GivenClusterError';

  constructor(message: string, options?: ErrorOptions) {
    super(`SANDBOX_KUBECONFIG ${message}`, options);
  }
}

/** Looks, by reading alone, whether the current context leads to a cluster with VirtualServices that may be read. */
export async function lookAtCluster(kubeconfig: string): Promise<GivenCluster> {
  const [context, config] = currentContext(kubeconfig);
  const { name: cluster = '', server = '' } = config.getCurrentCluster() ?? {};
  const client = new KubeClient(config);
  try {
    await client.list(virtualServices, bookinfoNamespace);
  } catch (cause) {
    throw new GivenClusterError(`leads to ${server} (context ${context}), but ${whyNot(cause)}`, { cause });
  } finally {
    await client.close();
  }
  return { kubeconfig, context, cluster, server };
}

function currentContext(kubeconfig: string): readonly [string, PooledKubeConfig] {
  try {
    const [current] = loadKubeConfigs(kubeconfig, []);
    if (current !== undefined) return current;
  } catch (cause) {
    if (!(cause instanceof KubeConfigError)) throw cause;
    throw new GivenClusterError(cause.message, { cause });
  }
  throw new GivenClusterError('names a kubeconfig without contexts');
}

function whyNot(cause: unknown): string {
  if (cause instanceof NotFoundError) return 'VirtualServices are not known there: install Istio, or its CRDs alone';
  if (cause instanceof DependencyError) return cause.message;
  throw cause;
}
