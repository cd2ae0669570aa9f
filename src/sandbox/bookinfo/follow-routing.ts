import { setTimeout as delay } from 'node:timers/promises';
import { KubeClient } from '../../cluster/client/kube-client.ts';
import { loadKubeConfigs } from '../../cluster/client/kube-config.ts';
import { NotFoundError } from '../../cluster/client/kube-errors.ts';
import type { MeshKind } from '../../cluster/map/read-object.ts';
import { allKinds, type WatchedKind } from '../../cluster/map/watched-kinds.ts';
import { ServedKinds } from '../../cluster/served-kinds.ts';
import { type ObjectState, WatchCache } from '../../cluster/watch-cache.ts';
import { NotPermittedError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { bookinfoNamespace } from './pods.ts';
import { RouteStatus } from './route-status.ts';
import { Routing } from './routing.ts';

export interface Follower {
  /** As the objects of the cluster are now. */
  readonly routing: Routing;
  stop(): Promise<void>;
}

/** What says where HTTP goes. The pods are ours. */
const followed: ReadonlySet<MeshKind> = new Set<MeshKind>([
  '/Service',
  'networking.istio.io/VirtualService',
  'networking.istio.io/DestinationRule',
  'networking.istio.io/Gateway',
  'networking.istio.io/ServiceEntry',
  'networking.istio.io/Sidecar',
  'gateway.networking.k8s.io/HTTPRoute',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/ReferenceGrant',
]);

/** Short, so that a changed rule shows at the next reload of the page, even if the API server was down in between. */
const longestRetryMs = 500;
/** Lists what people change again this often, in case an event was lost or another API server took the place of the first. */
const relistMs = 2_000;
const listedOften: ReadonlySet<MeshKind> = new Set<MeshKind>([
  'networking.istio.io/VirtualService',
  'networking.istio.io/DestinationRule',
  'gateway.networking.k8s.io/HTTPRoute',
]);
const listAgainMs = 500;
/** For what is not there, or not for us to see. */
const lookAgainMs = 10_000;

/**
 * Follows the cluster of the kubeconfig's current context. If its API server is not up yet, we keep trying in the background. One of the
 * sandbox's own (`isOurs`) is followed whole, and nobody else says of its routes whether they are accepted. Of another cluster only
 * Bookinfo's namespace is read.
 */
export async function followRouting(kubeconfig: string, log: Log, { isOurs = false } = {}): Promise<Follower> {
  const [config] = loadKubeConfigs(kubeconfig, []).values();
  if (config === undefined) throw new Error('the kubeconfig has no current context');
  const client = new KubeClient(config);
  const routing = new Routing();
  const stopping = new AbortController();
  const status = isOurs ? new RouteStatus(config, routing, log) : undefined;
  const around: Around = {
    ...{ client, log, signal: stopping.signal, namespace: isOurs ? undefined : bookinfoNamespace },
    onState: (kind, state) => {
      routing.take(kind, state);
      status?.hear(kind, state);
    },
  };
  const kinds = allKinds(new ServedKinds(client)).filter(({ kind }) => followed.has(kind));
  const following = kinds.map((each) => follow(each, around));
  await Promise.all(following.map(({ firstTry }) => firstTry));
  return {
    routing,
    stop: async () => {
      stopping.abort();
      await client.close();
      await Promise.all(following.map(({ started }) => started));
    },
  };
}

interface Around {
  readonly client: KubeClient;
  /** Undefined: all of the cluster. */
  readonly namespace: string | undefined;
  readonly onState: (kind: MeshKind, state: ObjectState) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Following {
  /** Settles when the first LIST has succeeded or failed. */
  readonly firstTry: Promise<unknown>;
  /** Settles when a LIST has succeeded, or when following is stopped. */
  readonly started: Promise<void>;
}

type Try = 'started' | 'failed' | 'not-there';

function follow(kind: WatchedKind, around: Around): Following {
  const firstTry = start(kind, around, (err, tried) => {
    if (tried === 'failed') around.log.warn({ err, kind: kind.kind }, 'the routing objects cannot be listed yet');
    else around.log.info({ err, kind: kind.kind }, 'the router does without a kind of objects');
  });
  return { firstTry, started: firstTry.then((tried) => keepTrying(tried, kind, around)) };
}

/** Does not log failures: the first one is in the log already. */
async function keepTrying(first: Try, kind: WatchedKind, around: Around): Promise<void> {
  const { signal } = around;
  const isOver = () => signal.aborted;
  for (let tried = first; tried !== 'started' && !isOver(); tried = await start(kind, around, () => {})) {
    await delay(tried === 'failed' ? listAgainMs : lookAgainMs, undefined, { signal }).catch(isOver);
    if (isOver()) return;
  }
}

async function start(
  { kind, resource: find }: WatchedKind,
  around: Around,
  tell: (err: unknown, tried: Try) => void,
): Promise<Try> {
  const { client, namespace, onState, log, signal } = around;
  try {
    const resource = await find();
    if (resource === undefined) return 'not-there';
    const cache = new WatchCache(client, {
      ...{ resource, namespace, log, longestRetryMs },
      ...(listedOften.has(kind) && { relistMs }),
      read: () => true as const,
      onState: (state) => onState(kind, state),
    });
    await cache.start();
    if (signal.aborted) cache.stop();
    else signal.addEventListener('abort', () => cache.stop());
    return 'started';
  } catch (err) {
    const tried = isDoneWithout(kind, err) ? 'not-there' : 'failed';
    tell(err, tried);
    return tried;
  }
}

/** A cluster may not serve a kind, and a kubeconfig of somebody's may not let us read what the tutorial does not need. */
function isDoneWithout(kind: MeshKind, err: unknown): boolean {
  return err instanceof NotFoundError || (err instanceof NotPermittedError && !listedOften.has(kind));
}
