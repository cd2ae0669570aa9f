import { setTimeout as delay } from 'node:timers/promises';
import { KubeClient, type Resource } from '../../cluster/client/kube-client.ts';
import { loadKubeConfigs } from '../../cluster/client/kube-config.ts';
import { destinationRules } from '../../cluster/kinds/destination-rule.ts';
import { virtualServices } from '../../cluster/kinds/virtual-service.ts';
import { WatchCache } from '../../cluster/watch-cache.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { bookinfoNamespace } from './pods.ts';
import type { Mesh } from './route-request.ts';
import { readDestinationRule, readVirtualService } from './routing-objects.ts';

/** The routing objects of Bookinfo's namespace as they are now. */
export type FollowedRouting = Pick<Mesh, 'virtualServices' | 'destinationRules'>;

export interface Follower {
  /** Returns a new object at each call. */
  current(): FollowedRouting;
  stop(): Promise<void>;
}

/** Short, so that a changed rule shows at the next reload of the page, even if the API server was down in between. */
const longestRetryMs = 500;
/** Lists again this often, in case an event was lost or another API server took the place of the first. */
const relistMs = 2_000;
const listAgainMs = 500;

/** Follows the cluster of the kubeconfig's current context. If its API server is not up yet, we keep trying in the background. */
export async function followRouting(kubeconfig: string, log: Log): Promise<Follower> {
  const [config] = loadKubeConfigs(kubeconfig, []).values();
  if (config === undefined) throw new Error('the kubeconfig has no current context');
  const client = new KubeClient(config);
  const stopping = new AbortController();
  const watched = <T>(resource: Resource, read: (object: unknown) => T) =>
    new WatchCache<T>(client, { resource, namespace: bookinfoNamespace, read, log, relistMs, longestRetryMs });
  const services = watched(virtualServices, readVirtualService);
  const rules = watched(destinationRules, readDestinationRule);
  const following = [services, rules].map((cache) => follow(cache, { log, signal: stopping.signal }));
  await Promise.all(following.map(({ firstTry }) => firstTry));
  return {
    current: () => ({ virtualServices: services.objects, destinationRules: rules.objects }),
    stop: async () => {
      stopping.abort();
      services.stop();
      rules.stop();
      await client.close();
      await Promise.all(following.map(({ started }) => started));
    },
  };
}

interface Following {
  /** Settles when the first LIST has succeeded or failed. */
  readonly firstTry: Promise<unknown>;
  /** Settles when a LIST has succeeded, or when following is stopped. */
  readonly started: Promise<void>;
}

function follow(
  cache: Pick<WatchCache<unknown>, 'start'>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Following {
  const firstTry = cache.start().then(
    () => true,
    (err: unknown) => {
      log.warn({ err }, 'the routing objects cannot be listed yet');
      return false;
    },
  );
  return { firstTry, started: firstTry.then((isStarted) => (isStarted ? undefined : keepTrying(cache, signal))) };
}

/** Does not log failures: the first one is in the log already. */
async function keepTrying(cache: Pick<WatchCache<unknown>, 'start'>, signal: AbortSignal): Promise<void> {
  const isOver = () => signal.aborted;
  while (!isOver()) {
    await delay(listAgainMs, undefined, { signal }).catch(isOver);
    const isStarted = await cache.start().then(
      () => true,
      () => false,
    );
    if (isStarted) return;
  }
}
