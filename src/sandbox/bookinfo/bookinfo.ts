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
import { bookinfoWorkload, labelsOf, type Pod, type Workload, workloads } from './pods.ts';
import { RecentAnswers } from './recent-answers.ts';
import { calledHost, Router, sourceHeader } from './router.ts';
import { createRouterMetrics } from './router-metrics.ts';
import { type Call, sidecarOf } from './sidecar.ts';
import { startTraffic } from './traffic.ts';

/** A request that the sandbox makes again and again: from the product page's pod, or through the gateway. */
export interface Ask {
  readonly through: 'mesh' | 'gateway';
  readonly authority: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BookinfoOptions {
  /** The router follows the routing objects of this cluster. */
  readonly kubeconfig: string;
  /** No istiod runs there: what it would say of routes is said from here. Default: false. */
  readonly isOurs?: boolean;
  /** The product page's port; 0 takes a free one. */
  readonly port: number;
  /** Generated traffic: requests of the product page. 0 is none. */
  readonly requestsPerSecond: number;
  /** As many requests a second of these in turn. Default: none. */
  readonly asks?: readonly Ask[];
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

const asker = bookinfoWorkload('productpage', 'v1');
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
    const { routing } = await begin(followRouting(options.kubeconfig, options.log, options));
    const metrics = createRouterMetrics();
    const recent = new RecentAnswers();
    const pods: Pod[] = [];
    const router = new Router({
      routing,
      dispatcher,
      random: Math.random,
      onOutcome: (outcome) => {
        metrics.count(outcome);
        if (outcome.asked.host === calledHost('reviews')) recent.add(outcome);
      },
    });
    const between = await begin(serve(betweenServices(router, () => pods)));
    const faults = options.faults ?? new VersionFaults();
    for (const workload of workloads) {
      const call = sidecarOf(workload, between.url, dispatcher);
      const handler = handlers[workload.app]?.(workload, { call, faults: () => faults.inForce });
      if (handler === undefined) throw new Error(`nothing answers for ${workload.app}`);
      const { url } = await begin(serve(faulty(handler, { fault: () => faults.of(workload), random: Math.random })));
      pods.push({ ...workload, labels: labelsOf(workload), url });
    }
    routing.serve(pods);
    const { url: pageUrl } = await begin(
      serve(await ingress({ router, recent, faults, versions: pods }), options.port),
    );
    const { url: metricsUrl } = await begin(serve(scraped(metrics)));
    const { requestsPerSecond, asks = [] } = options;
    const page = { url: `${pageUrl}/productpage` };
    const others = asks.map(({ through, authority, path, headers }) => ({
      url: `${through === 'mesh' ? between.url : pageUrl}${path}`,
      headers: { ...headers, host: authority, [sourceHeader]: asker.name },
    }));
    if (requestsPerSecond > 0) started.push(startTraffic([page], requestsPerSecond, dispatcher));
    if (requestsPerSecond > 0 && others.length > 0) started.push(startTraffic(others, requestsPerSecond, dispatcher));
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

/** Both versions of ratings return the same stars. */
const handlers: Readonly<Record<string, (workload: Workload, around: Around) => Handler>> = {
  reviews: (workload, { call }) => reviewsService(workload.version, podName(workload), call),
  details: () => detailsService(),
  ratings: () => ratingsService(),
  productpage: (_, around) => productPageService(around),
};

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
