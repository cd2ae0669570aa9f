import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  answeredBy,
  apply,
  askReviews,
  countAnswers,
  letRead,
  objectsOf,
  remove,
  ruleFile,
  startBookinfoWorld,
} from '../../support/bookinfo.ts';
import { eventually } from '../../support/eventually.ts';

describe('the router between the services', () => {
  it('sends everything to v1 at the start of the tutorial', async () => {
    const { bookinfo } = await startBookinfoWorld();

    expect(await countAnswers(bookinfo, 100)).toEqual({ v1: 100 });
  });

  it('follows a change of weights within a second, and splits at random by them', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    await apply(kube, await ruleFile('virtual-service-reviews-50-v3'));
    await answeredBy(bookinfo, ['v1', 'v3'], 1_000);
    const { v1 = 0, v3 = 0 } = await countAnswers(bookinfo, 1_000);

    expect(v1 + v3).toBe(1_000);
    expect(Math.abs(v3 - 500)).toBeLessThan(5 * Math.sqrt(1_000 * 0.5 * 0.5));
  });

  it('follows each rule file of the tutorial, and spreads over all versions after the clean-up', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    for (const [file, versions] of [
      ['virtual-service-reviews-80-20', ['v1', 'v2']],
      ['virtual-service-reviews-v2-v3', ['v2', 'v3']],
      ['virtual-service-reviews-v3', ['v3']],
      ['virtual-service-all-v1', ['v1']],
    ] as const) {
      await apply(kube, await ruleFile(file));
      await answeredBy(bookinfo, versions);
    }
    await remove(kube, 'VirtualService', 'reviews');

    await answeredBy(bookinfo, ['v1', 'v2', 'v3']);
  });

  it('sends jason, and nobody else, to v2', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    await apply(kube, await ruleFile('virtual-service-reviews-jason-v2-v3'));
    await answeredBy(bookinfo, ['v3']);

    expect(await countAnswers(bookinfo, 50, { 'end-user': 'jason' })).toEqual({ v2: 50 });
    expect(await askReviews(bookinfo, { 'end-user': 'jasonette' })).toBe('v3');
  });

  it('answers 503 NC for the share of an undefined subset, until the subset is defined', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    await apply(kube, objectsOf(toHalf('v9')));
    await answeredBy(bookinfo, ['503 NC', 'v1']);
    const counts = await countAnswers(bookinfo, 200);
    await apply(kube, objectsOf(subsetsOfReviews({ v1: 'v1', v9: 'v3' })));

    expect(Object.keys(counts).toSorted()).toEqual(['503 NC', 'v1']);
    await answeredBy(bookinfo, ['v1', 'v3']);
  });

  it('answers 503 UH for the share of a subset without pods', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    await apply(kube, objectsOf(`${toHalf('v4')}\n---\n${subsetsOfReviews({ v1: 'v1', v4: 'v4' })}`));

    await answeredBy(bookinfo, ['503 UH', 'v1']);
  });

  it('answers 504 when the callee takes longer than the timeout of the rule, and answers with injected faults', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();

    await apply(kube, objectsOf(faulty('ratings', '{delay: {fixedDelay: 2s, percentage: {value: 100}}}')));
    await apply(kube, objectsOf(faulty('reviews', '{abort: {httpStatus: 555, percentage: {value: 100}}}')));
    await answeredBy(bookinfo, ['555 FI']);
    await apply(kube, objectsOf(ruled('reviews', 'timeout: 0.2s', 'v2')));

    await answeredBy(bookinfo, ['504 UT']);
  });

  it('keeps the last known rules while the API server is down, and follows again when another one takes its place', async () => {
    const { bookinfo, restartKube, cut, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile('virtual-service-reviews-v3'));
    await answeredBy(bookinfo, ['v3']);

    cut();
    await kube.stop();
    await answeredBy(bookinfo, ['v3']);
    const many = Array.from({ length: 50 }, (_, at) => subsetsOfReviews({ v1: 'v1' }, `filler-${at}`, `filler-${at}`));
    const objects = [...objectsOf(many.join('\n---\n')), ...(await ruleFile('destination-rule-all'))];
    await restartKube({ objects: [...objects, ...objectsOf(toHalf('v2'))], historyLength: 1 }); // so that the old resourceVersion has expired

    await answeredBy(bookinfo, ['v1', 'v2']);
  });

  it('follows a change made just after its connections were reset', async () => {
    const { bookinfo, kube, cut } = await startBookinfoWorld();

    cut();
    await apply(kube, await ruleFile('virtual-service-reviews-v3'));

    await answeredBy(bookinfo, ['v3']);
  });

  it('spreads over all versions while it may not list the routing objects, and follows them once it may', async () => {
    const { bookinfo, kube, log } = await startBookinfoWorld({ user: 'router' });

    await answeredBy(bookinfo, ['v1', 'v2', 'v3']);
    await letRead(kube, 'router');

    await answeredBy(bookinfo, ['v1']);
    expect(log.messages('warn')).toContain('the routing objects cannot be listed yet');
  });

  it('ignores parts of rules that it does not know', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    const odd = `
      kind: VirtualService
      metadata: {name: reviews}
      spec:
        hosts: [reviews]
        http:
          - match: [{authority: {exact: elsewhere}}]
            route: [{destination: {host: reviews, subset: v2}}]
          - mirror: {host: ratings}
            retries: {attempts: 3}
            headers: {request: {set: {x-odd: "1"}}}
            corsPolicy: {allowOrigins: [{exact: "*"}]}
            route: [{destination: {host: reviews, subset: v3}, headers: {response: {remove: [etag]}}}]`;

    await apply(kube, objectsOf(odd));

    await answeredBy(bookinfo, ['v3']);
  });
});

describe("the router's metrics", () => {
  it('have the names and labels of Istio; a failure without a backend has an unknown version', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile('virtual-service-reviews-v3'));
    await answeredBy(bookinfo, ['v3']);
    await apply(kube, objectsOf(toHalf('v9')));
    await answeredBy(bookinfo, ['503 NC', 'v1']);

    const text = await metricsOf(bookinfo.metricsUrl);

    const requests = text.split('\n').filter((line) => line.startsWith('istio_requests_total{'));
    const reviews = {
      reporter: 'source',
      source_workload: 'productpage-v1',
      source_workload_namespace: 'default',
      destination_service: 'reviews.default.svc.cluster.local',
      destination_service_name: 'reviews',
      destination_service_namespace: 'default',
      request_protocol: 'http',
    };
    expect(requests.map(labelsOf)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...reviews,
          destination_workload: 'reviews-v3',
          destination_version: 'v3',
          destination_canonical_service: 'reviews',
          destination_canonical_revision: 'v3',
          response_code: '200',
          grpc_response_status: '',
          response_flags: '-',
        }),
        expect.objectContaining({
          ...reviews,
          destination_workload: 'unknown',
          destination_version: 'unknown',
          response_code: '503',
          response_flags: 'NC',
        }),
        expect.objectContaining({ source_workload: 'reviews-v3', destination_workload: 'ratings-v1' }),
      ]),
    );
    expect(text).toMatch(/^# TYPE istio_requests_total counter$/m);
    expect(text).toMatch(/^# TYPE istio_request_duration_milliseconds histogram$/m);
    const ofV3 = text
      .split('\n')
      .filter((line) => /^istio_request_duration_\w+\{.*destination_version="v3"/.test(line));
    expect(bounds(ofV3)).toEqual(
      '0.5 1 5 10 25 50 100 250 500 1000 2500 5000 10000 30000 60000 300000 600000 1800000 3600000 +Inf'.split(' '),
    );
    expect([...new Set(ofV3.map((line) => /milliseconds_(\w+)/.exec(line)?.[1]))]).toEqual(['bucket', 'sum', 'count']);
    expect(Object.keys(labelsOf(ofV3.at(-1) ?? ''))).toEqual(Object.keys(labelsOf(requests[0] ?? '')));
  });

  it('count each request once, and nothing else', async () => {
    const { bookinfo } = await startBookinfoWorld();

    await countAnswers(bookinfo, 30);

    await eventually(async () =>
      expect(await metricsOf(bookinfo.metricsUrl)).toMatch(/^istio_requests_total\{.*\} 30$/m),
    );
    expect((await metricsOf(bookinfo.metricsUrl)).match(/^istio_requests_total\{/gm)).toHaveLength(1);
  });
});

function toHalf(subset: string): string {
  return `
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
    - route:
        - {destination: {host: reviews, subset: v1}, weight: 50}
        - {destination: {host: reviews, subset: ${subset}}, weight: 50}`;
}

function subsetsOfReviews(versions: Readonly<Record<string, string>>, name = 'reviews', host = 'reviews'): string {
  const subsets = Object.entries(versions).map(([subset, version]) => ({ name: subset, labels: { version } }));
  return `
kind: DestinationRule
metadata: {name: ${name}}
spec: {host: ${host}, subsets: ${JSON.stringify(subsets)}}`;
}

function ruled(service: string, rule: string, subset = 'v1'): string {
  return `
kind: VirtualService
metadata: {name: ${service}}
spec:
  hosts: [${service}]
  http:
    - ${rule}
      route: [{destination: {host: ${service}, subset: ${subset}}}]`;
}

/** A rule with a fault, and a timeout that is longer than any delay. */
function faulty(service: string, fault: string): string {
  return ruled(service, `timeout: 10s\n      fault: ${fault}`);
}

/** The upper bounds of the buckets, in the order in which they are written. */
function bounds(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.map((line) => labelsOf(line)['le'] ?? ''))].filter(Boolean);
}

async function metricsOf(url: string): Promise<string> {
  const { body } = await request(url);
  return body.text();
}

function labelsOf(line: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}
