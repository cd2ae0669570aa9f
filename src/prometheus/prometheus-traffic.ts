import type { CountedRequests } from '../domain/change/seen.ts';
import type { Traffic, TrafficCount, TrafficQuery } from '../workflow/ports/traffic.ts';
import { anyRequests, oldestSample, requestsTo } from './promql.ts';
import { QueryApi, type Sample } from './query-api.ts';

/** Counts requests with the metrics of Istio's proxies, from one Prometheus a cluster. */
export class PrometheusTraffic implements Traffic {
  readonly clusters: readonly string[];
  readonly #apis: ReadonlyMap<string, QueryApi>;

  constructor(addresses: ReadonlyMap<string, URL>) {
    this.clusters = [...addresses.keys()];
    this.#apis = new Map([...addresses].map(([cluster, address]) => [cluster, new QueryApi(address)]));
  }

  async count({ cluster, host, since, from, until }: TrafficQuery): Promise<TrafficCount> {
    const api = this.#apis.get(cluster);
    if (api === undefined) return { kind: 'unknown', because: 'not-counted' };
    const windowMs = until.getTime() - from.getTime();
    const [rows, oldest] = await Promise.all([
      api.ask(requestsTo(host, windowMs), until),
      api.ask(oldestSample(host, windowMs), until),
    ]);

    const oldestMs = oldest[0] === undefined ? undefined : oldest[0].value * 1000;
    if (oldestMs === undefined) return (await knows(api, windowMs, until)) ? counted(host, rows) : notCounted;
    const isFine = oldestMs >= since.getTime() && rows.length > 0;
    return isFine ? counted(host, rows) : { kind: 'unknown', because: 'too-seldom' };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#apis.values()].map((api) => api.close()));
  }
}

const notCounted: TrafficCount = { kind: 'unknown', because: 'not-counted' };

/** No samples for a host can mean no traffic, or that nothing scrapes it, or that Prometheus started only now. */
async function knows(api: QueryApi, windowMs: number, until: Date): Promise<boolean> {
  return (await api.ask(anyRequests(windowMs), until)).length > 0;
}

function counted(host: string, rows: readonly Sample[]): TrafficCount {
  return { kind: 'counted', requests: rows.map((row) => toRequests(host, row)).filter(({ requests }) => requests > 0) };
}

/** Istio writes `unknown` for an unknown version, and `-` for no flags. */
function toRequests(host: string, { labels, value }: Sample): CountedRequests {
  const { destination_version: version = '', response_flags: flags = '' } = labels;
  return {
    host,
    version: ['', 'unknown'].includes(version) ? undefined : version,
    flags: ['', '-'].includes(flags) ? undefined : flags,
    requests: Math.round(value),
  };
}
