import { KubeClient } from '../cluster/client/kube-client.ts';
import { KubeConfigError, loadKubeConfigs, type PooledKubeConfig } from '../cluster/client/kube-config.ts';
import { NotFoundError } from '../cluster/client/kube-errors.ts';
import { virtualServices } from '../cluster/kinds/virtual-service.ts';
import { DependencyError } from '../workflow/errors.ts';
import { bookinfoNamespace } from './bookinfo/pods.ts';

/** An existing cluster, used in place of our own API server. */
export interface GivenCluster {
  readonly kubeconfig: string;
  readonly context: string;
  readonly cluster: string;
  readonly server: string;
}

/** The cluster cannot be used. The message begins with the name of the variable, and `message` continues that sentence. */
export class GivenClusterError extends Error {
  override readonly name = 'GivenClusterError';

  constructor(message: string, options?: ErrorOptions) {
    super(`SANDBOX_KUBECONFIG ${message}`, options);
  }
}

/** Checks that the current context leads to a cluster whose VirtualServices we may read. Writes nothing. */
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
  if (cause instanceof NotFoundError) return 'it does not know VirtualServices: install Istio, or only its CRDs';
  if (cause instanceof DependencyError) return cause.message;
  throw cause;
}
