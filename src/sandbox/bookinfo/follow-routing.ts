import { setTimeout as delay } from 'node:timers/promises';
import { KubeClient, type Resource } from '../../cluster/client/kube-client.ts';
import { loadKubeConfigs } from '../../cluster/client/kube-config.ts';
import { destinationRules, virtualServices } from '../../cluster/kinds/virtual-service.ts';
import { WatchCache } from '../../cluster/watch-cache.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { bookinfoNamespace } from './pods.ts';
import type { Mesh } from './route-request.ts';
import { readDestinationRule, readVirtualService } from './routing-objects.ts';

/** The routing objects of Bookinfo's namespace as they are now. */
export type FollowedRouting = Pick<Mesh, 'virtualServices' | 'destinationRules'>;

export interface Follower {
  /** Made anew at each call. */
  current(): FollowedRouting;
  stop(): Promise<void>;
}

/** Whoever changes a rule and reloads the page must not wait, even when the API server was away meanwhile. */
const longestRetryMs = 500;
/** Makes up for an event that never came, and for an API server that came back as another. */
const relistMs = 2_000;
const listAgainMs = 500;

/** Follows the cluster of a kubeconfig's current context. An API server that is not there yet is waited for in the background. */
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
  /** Settles when the first LIST came or failed. */
  readonly firstTry: Promise<unknown>;
  /** Settles when one came, or nobody waits for it any more. */
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

/** Says nothing at each further failure: the first one was told. */
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
