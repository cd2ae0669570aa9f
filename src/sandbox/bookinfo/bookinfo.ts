import { randomBytes } from 'node:crypto';
import { Agent } from 'undici';
import type { Log } from '../../workflow/ports/process.ts';
import { detailsService, ratingsService, reviewsService } from './backends.ts';
import { faulty } from './faults/faulty.ts';
import { type Faults, VersionFaults } from './faults/version-faults.ts';
import { followRouting } from './follow-routing.ts';
import { type Handler, serve } from './http-service.ts';
import { ingress } from './ingress.ts';
import { productPageService } from './page/product-page.ts';
import { bookinfoWorkload, labelsOf, type Pod, type Workload } from './pods.ts';
import { RecentAnswers } from './recent-answers.ts';
import { calledHost, Router, sourceHeader } from './router.ts';
import { createRouterMetrics } from './router-metrics.ts';
import { type Call, sidecarOf } from './sidecar.ts';
import { startTraffic } from './traffic.ts';

export interface BookinfoOptions {
  /** The router follows the routing objects of this cluster. */
  readonly kubeconfig: string;
  /** The product page's port; 0 takes a free one. */
  readonly port: number;
  /** Generated traffic; 0 is none. */
  readonly requestsPerSecond: number;
  /** The faults to begin with, set on the page. Default: none. */
  readonly faults?: VersionFaults;
  readonly log: Log;
}

export interface Bookinfo {
  readonly pageUrl: string;
  /** Where Prometheus scrapes the router's metrics. */
  readonly metricsUrl: string;
  /** The router between the services. The Host header of a request names the service that is called. */
  readonly routerUrl: string;
  stop(): Promise<void>;
}

const unknownCaller: Workload = { name: 'unknown', namespace: 'unknown', app: 'unknown', version: 'unknown' };

/** Starts Bookinfo's services on the loopback interface, and the router between them. */
export async function startBookinfo(options: BookinfoOptions): Promise<Bookinfo> {
  const started: { stop(): Promise<void> }[] = [];
  const begin = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    started.push(one);
    return one;
  };
  const stop = async () => {
    for (const each of started.splice(0).toReversed()) await each.stop();
  };
  try {
    const dispatcher = new Agent();
    started.push({ stop: () => dispatcher.destroy() });
    const routing = await begin(followRouting(options.kubeconfig, options.log));
    const metrics = createRouterMetrics();
    const recent = new RecentAnswers();
    const pods: Pod[] = [];
    const router = new Router({
      mesh: () => ({ ...routing.current(), pods }),
      dispatcher,
      random: Math.random,
      onOutcome: (outcome) => {
        metrics.count(outcome);
        if (outcome.asked.host === calledHost('reviews')) recent.add(outcome);
      },
    });
    const between = await begin(serve(betweenServices(router, () => pods)));
    const faults = options.faults ?? new VersionFaults();
    for (const [workload, handlerOf] of deployments) {
      const call = sidecarOf(workload, between.url, dispatcher);
      const handler = handlerOf({ call, faults: () => faults.inForce });
      const { url } = await begin(serve(faulty(handler, { fault: () => faults.of(workload), random: Math.random })));
      pods.push({ ...workload, labels: labelsOf(workload), url });
    }
    const { url: pageUrl } = await begin(
      serve(await ingress({ router, recent, faults, versions: pods }), options.port),
    );
    const { url: metricsUrl } = await begin(serve(scraped(metrics)));
    if (options.requestsPerSecond > 0)
      started.push(startTraffic(`${pageUrl}/productpage`, options.requestsPerSecond, dispatcher));
    return { pageUrl: `${pageUrl}/productpage`, metricsUrl: `${metricsUrl}/metrics`, routerUrl: between.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Around {
  readonly call: Call;
  readonly faults: () => Faults;
}

/**
 * What Istio's tutorial deploys, one pod each. ratings has a second version, so that a shift of it can wait for an approval. Both
 * versions return the same stars.
 */
const deployments: readonly (readonly [Workload, (around: Around) => Handler])[] = [
  ...['v1', 'v2', 'v3'].map((version) => {
    const workload = bookinfoWorkload('reviews', version);
    return [workload, ({ call }: Around) => reviewsService(version, podName(workload), call)] as const;
  }),
  [bookinfoWorkload('details', 'v1'), () => detailsService()],
  [bookinfoWorkload('ratings', 'v1'), () => ratingsService()],
  [bookinfoWorkload('ratings', 'v2'), () => ratingsService()],
  [bookinfoWorkload('productpage', 'v1'), productPageService],
];

/** `reviews-v3-6d4f9c2b-x7k2p`, as a ReplicaSet would name it. */
function podName({ name }: Workload): string {
  return `${name}-${randomBytes(4).toString('hex')}-${randomBytes(3).toString('hex').slice(0, 5)}`;
}

function betweenServices(router: Router, pods: () => readonly Pod[]): Handler {
  return async (request, response) => {
    const source = pods().find(({ name }) => name === request.headers[sourceHeader]) ?? unknownCaller;
    await router.handle(request, response, { host: calledHost(request.headers.host), source });
  };
}

function scraped(metrics: Pick<ReturnType<typeof createRouterMetrics>, 'scrape'>): Handler {
  return async (_, response) => {
    const { contentType, text } = await metrics.scrape();
    response.writeHead(200, { 'content-type': contentType }).end(text);
  };
}
