import type { CountedRequests } from '../domain/change/seen.ts';
import type { Bucket } from '../domain/guard/latency-bound.ts';
import type { LabelledRequests } from '../domain/guard/requests.ts';
import type { TimedRequests } from '../domain/guard/sides.ts';
import type {
  CountedOr,
  OwnNumber,
  OwnQuery,
  ScrapedCounters,
  ScrapedQuery,
  Traffic,
  TrafficCount,
  TrafficQuery,
  TrafficUnknown,
} from '../workflow/ports/traffic.ts';
import { toBucket, toLabelled, toRequests, toTimed } from './labels.ts';
import {
  anyRequests,
  durations,
  fastRequests,
  leastRecentSample,
  oldestSample,
  requestsByCaller,
  requestsTo,
  sampled,
  timedRequests,
} from './promql.ts';
import { QueryApi, type Sample } from './query-api.ts';

const notCounted: TrafficUnknown = { kind: 'unknown', because: 'not-counted' };
const tooSeldom: TrafficUnknown = { kind: 'unknown', because: 'too-seldom' };

/** Counts requests with the metrics of Istio's proxies, from one Prometheus a cluster. */
export class PrometheusTraffic implements Traffic {
  readonly clusters: readonly string[];
  readonly #apis: ReadonlyMap<string, QueryApi>;

  constructor(addresses: ReadonlyMap<string, URL>) {
    this.clusters = [...addresses.keys()];
    this.#apis = new Map([...addresses].map(([cluster, address]) => [cluster, new QueryApi(address)]));
  }

  async count(query: TrafficQuery): Promise<TrafficCount> {
    const api = this.#apis.get(query.cluster);
    if (api === undefined) return notCounted;
    const { host, until } = query;
    const windowMs = lengthOf(query);
    const [rows, oldest] = await Promise.all([
      api.ask(requestsTo(host, windowMs), until),
      api.ask(oldestSample(host, windowMs), until),
    ]);
    const unknown = await whyUnknown(api, query, { oldest, isSampled: rows.length > 0 });
    return unknown ?? counted<CountedRequests>(rows.map((row) => toRequests(host, row)));
  }

  async scraped({ cluster, host, at }: ScrapedQuery): Promise<ScrapedCounters> {
    const api = this.#apis.get(cluster);
    if (api === undefined) return notCounted;
    return (await lastScrape(api, host, at)) ?? (await lastScrape(api, undefined, at)) ?? notCounted;
  }

  countByCaller(query: TrafficQuery): Promise<CountedOr<LabelledRequests>> {
    const { host } = query;
    return this.#measure(query, [requestsByCaller(host, lengthOf(query))], ([rows = []]) =>
      rows.map((row) => toLabelled(host, row)),
    );
  }

  countSlow(query: TrafficQuery & { readonly slowerThanMs: number }): Promise<CountedOr<TimedRequests>> {
    const { host, slowerThanMs } = query;
    const windowMs = lengthOf(query);
    const queries = [timedRequests(host, windowMs), fastRequests(host, windowMs, slowerThanMs)];
    return this.#measure(query, queries, ([all = [], fast = []]) => toTimed(host, all, fast));
  }

  durations(query: TrafficQuery): Promise<CountedOr<Bucket>> {
    const { host } = query;
    return this.#measure(query, [durations(host, lengthOf(query))], ([rows = []]) =>
      rows.map((row) => toBucket(host, row)),
    );
  }

  async evaluate({ cluster, query, at }: OwnQuery): Promise<OwnNumber> {
    const api = this.#apis.get(cluster);
    if (api === undefined) return { kind: 'unknown', because: 'not-counted' };
    const [value, ...more] = await api.values(query, at);
    if (value === undefined) return { kind: 'unknown', because: 'no-row' };
    if (more.length > 0) return { kind: 'unknown', because: 'several-rows' };
    return Number.isFinite(value) ? { kind: 'number', value } : { kind: 'unknown', because: 'no-number' };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#apis.values()].map((api) => api.close()));
  }

  /** Asks these queries for the period, and what tells whether their answers mean anything. */
  async #measure<Of extends { readonly requests: number }>(
    query: TrafficQuery,
    queries: readonly string[],
    read: (answers: readonly (readonly Sample[])[]) => readonly Of[],
  ): Promise<CountedOr<Of>> {
    const api = this.#apis.get(query.cluster);
    if (api === undefined) return notCounted;
    const { host, until } = query;
    const windowMs = lengthOf(query);
    const [oldest = [], inWindow = [], ...answers] = await Promise.all(
      [oldestSample(host, windowMs), sampled(host, windowMs), ...queries].map((each) => api.ask(each, until)),
    );
    const unknown = await whyUnknown(api, query, { oldest, isSampled: inWindow.length > 0 });
    return unknown ?? counted(read(answers));
  }
}

function lengthOf({ from, until }: TrafficQuery): number {
  return until.getTime() - from.getTime();
}

/** No samples for a host can mean no traffic, or that nothing scrapes it, or that Prometheus started only now. */
async function whyUnknown(
  api: QueryApi,
  query: TrafficQuery,
  { oldest, isSampled }: { readonly oldest: readonly Sample[]; readonly isSampled: boolean },
): Promise<TrafficUnknown | undefined> {
  const [first] = oldest;
  if (first !== undefined) return isSampled && toMs(first) >= query.since.getTime() ? undefined : tooSeldom;
  const knowsTheMesh = (await api.ask(anyRequests(lengthOf(query)), query.until)).length > 0;
  return knowsTheMesh ? undefined : notCounted;
}

/**
 * Of a host, or of the whole mesh. Each proxy is scraped at another time, so the counters are complete up to the last scrape of the proxy
 * that was not scraped for the longest.
 */
async function lastScrape(api: QueryApi, host: string | undefined, at: Date): Promise<ScrapedCounters | undefined> {
  const query = leastRecentSample(host);
  const [last] = await api.ask(query, at);
  if (last === undefined) return undefined;
  const untilMs = toMs(last);
  const [[oldest], [before]] = await Promise.all([
    api.ask(query, new Date(untilMs)),
    api.ask(query, new Date(untilMs - 1)),
  ]);
  return {
    kind: 'scraped',
    until: new Date(untilMs),
    since: new Date(oldest === undefined ? untilMs : toMs(oldest)),
    everyMs: before === undefined ? undefined : untilMs - toMs(before),
  };
}

function toMs({ value }: Sample): number {
  return Math.round(value * 1000);
}

function counted<Of extends { readonly requests: number }>(requests: readonly Of[]): CountedOr<Of> {
  return { kind: 'counted', requests: requests.filter((each) => each.requests > 0) };
}
