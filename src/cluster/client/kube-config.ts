import { KubeConfig, type RequestContext } from '@kubernetes/client-node';
import type { Agent } from 'undici';

/** The name of the cluster that the bot runs in, where there is no kubeconfig. */
export const inCluster = 'in-cluster';

/** The kubeconfig could not be used. The message continues after the name of the variable, and shows no value. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
  readonly variable: 'KUBECONFIG' | 'CLUSTERS';

  constructor(variable: 'KUBECONFIG' | 'CLUSTERS', message: string, cause?: unknown) {
    super(message, { cause });
    this.variable = variable;
  }
}

/** Long enough to save the work for nearly all requests, short enough to use a rotated token before the old one expires. */
const credentialsKeptMs = 10_000;

interface Credentials {
  readonly authorization: string | undefined;
  readonly untilMs: number;
}

/**
 * Keeps the connections to its one cluster. Without this, the library opens a new TLS connection for every request and never closes it. One
 * object serves one context forever, because a client of the library takes the credentials of the current context.
 */
export class PooledKubeConfig extends KubeConfig {
  #agent: Agent | undefined;
  #credentials: Credentials | undefined;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    if (this.#credentials === undefined || performance.now() > this.#credentials.untilMs) await this.#renew(context);
    const authorization = this.#credentials?.authorization;
    if (authorization !== undefined) context.setHeaderParam('Authorization', authorization);
    if (this.#agent !== undefined) context.setDispatcher(this.#agent);
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #renew(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    this.#credentials = {
      authorization: context.getHeaders()['Authorization'],
      untilMs: performance.now() + credentialsKeptMs,
    };
    const fresh = context.getDispatcher() as Agent | undefined; // the library declares it as the common ancestor
    if (this.#agent === undefined) this.#agent = fresh;
    else if (fresh !== undefined && fresh !== this.#agent) await fresh.close();
  }
}

/** One configuration for each named context, or the current context if none is named. Without a kubeconfig, the cluster we run in. */
export function loadKubeConfigs(
  file: string | undefined,
  contexts: readonly string[],
): ReadonlyMap<string, PooledKubeConfig> {
  if (file === undefined && contexts.length > 0)
    throw new KubeConfigError('CLUSTERS', 'names contexts, but KUBECONFIG is not set');
  if (file === undefined) return new Map([[inCluster, loadInCluster()]]);
  const all = loadFile(file);
  const names = contexts.length > 0 ? contexts : [all.getCurrentContext()];
  return new Map(names.map((name) => [name, forContext(all, name)]));
}

function loadInCluster(): PooledKubeConfig {
  const config = new PooledKubeConfig();
  if (process.env['KUBERNETES_SERVICE_HOST'] === undefined) {
    throw new KubeConfigError(
      'KUBECONFIG',
      'is missing, and this process does not run in a pod: set it to a kubeconfig file',
    );
  }
  config.loadFromCluster();
  return config;
}

function loadFile(file: string): PooledKubeConfig {
  const config = new PooledKubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw new KubeConfigError('KUBECONFIG', 'names a file that cannot be read as a kubeconfig', cause);
  }
  return config;
}

function forContext(all: KubeConfig, name: string): PooledKubeConfig {
  const context = all.getContextObject(name);
  if (context === null || all.getCluster(context.cluster) === null) {
    throw new KubeConfigError(
      name === all.getCurrentContext() ? 'KUBECONFIG' : 'CLUSTERS',
      'names a context that the kubeconfig does not have, or it has no current context',
    );
  }
  const own = new PooledKubeConfig();
  own.loadFromOptions({
    clusters: all.getClusters(),
    contexts: all.getContexts(),
    users: all.getUsers(),
    currentContext: name,
  });
  return own;
}
