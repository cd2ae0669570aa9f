import { expect } from 'vitest';
import { z } from 'zod';
import { PrometheusTraffic } from '../../src/prometheus/prometheus-traffic.ts';
import { type PrometheusBinary, preparePrometheus } from '../../src/sandbox/prometheus-server.ts';
import type { OwnNumber, Traffic, TrafficQuery } from '../../src/workflow/ports/traffic.ts';
import { InMemoryTraffic } from '../support/in-memory-traffic.ts';
import { MeshExporter } from '../support/mesh-exporter.ts';
import type { SentRequests } from '../support/sent-requests.ts';

export interface Course {
  readonly host: string;
  readonly before?: readonly SentRequests[];
  readonly after?: readonly SentRequests[];
  /** The client restarts in between. */
  readonly restarts?: boolean;
}

export interface World {
  readonly traffic: Traffic;
  /** A port whose server does not answer. */
  readonly away: Traffic;
  /** Sends requests before and after a change. Returns the query for those after it. */
  play(course: Course): Promise<TrafficQuery>;
  /** Gives an operator's own query an answer, unless the server works it out. */
  knows(query: string, answer: OwnNumber): void;
  /** A window that starts with counts from before the change. */
  tooFine(query: TrafficQuery): TrafficQuery;
  /** A window without any data. */
  unknownTime(query: TrafficQuery): TrafficQuery;
  stop(): Promise<void>;
}

export const cluster = 'sandbox';
const t0 = Date.parse('2026-11-22T14:03:11.000Z');

export function queryFor(host: string, at = t0): TrafficQuery {
  return { cluster, host, since: new Date(at), from: new Date(at + 2_000), until: new Date(at + 12_000) };
}

export async function inMemoryWorld(): Promise<World> {
  const traffic = new InMemoryTraffic();
  const away = new InMemoryTraffic();
  traffic.countFor(cluster);
  away.goAway();
  let nowMs = t0;
  return {
    traffic,
    away,
    play: async ({ host, before = [], after = [] }) => {
      traffic.knowNothing(undefined);
      nowMs += 60_000;
      for (const each of before) traffic.send(new Date(nowMs - 1), each);
      for (const each of after) traffic.send(new Date(nowMs + 3_000), each);
      return queryFor(host, nowMs);
    },
    knows: (query, answer) => traffic.answerOwn(query, answer),
    tooFine: (query) => {
      traffic.knowNothing('too-seldom');
      return query;
    },
    unknownTime: (query) => {
      traffic.knowNothing('not-counted');
      return query;
    },
    stop: async () => {},
  };
}

export async function realWorld(binary: PrometheusBinary | undefined): Promise<World> {
  if (binary === undefined) throw new Error('no Prometheus');
  const exporter = new MeshExporter();
  await exporter.start();
  const source = { kind: 'here', binary } as const;
  const server = await preparePrometheus({ source, metricsUrl: exporter.url, everyMs: 200 });
  expect(await server.start()).toEqual({ kind: 'running' });
  const traffic = new PrometheusTraffic(new Map([[cluster, new URL(server.url)]]));
  const away = new PrometheusTraffic(new Map([[cluster, new URL('http://127.0.0.1:1')]]));
  const elsewhere = { host: 'elsewhere.default.svc.cluster.local', version: 'v1', requests: 1 };
  exporter.send(elsewhere);
  return {
    traffic,
    away,
    play: async ({ host, before = [], after = [], restarts = false }) => {
      for (const each of before) exporter.send(each);
      const since = await scrapedAfter(server.url, Date.now());
      const from = await scrapedAfter(server.url, since.getTime());
      if (restarts) exporter.restart();
      for (const each of after) exporter.send(each);
      exporter.send(elsewhere);
      const until = await scrapedAfter(server.url, Date.now());
      return { cluster, host, since, from, until };
    },
    knows: () => {},
    tooFine: (query) => ({ ...query, since: query.until }),
    unknownTime: (query) => ({
      ...query,
      from: new Date(query.from.getTime() - 3_600_000),
      until: new Date(query.until.getTime() - 3_600_000),
    }),
    stop: async () => {
      await Promise.all([traffic.close(), away.close()]);
      await server.stop();
      await exporter.stop();
    },
  };
}

const timeAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** The time just after a complete scrape that started later than the given one. */
async function scrapedAfter(url: string, sinceMs: number): Promise<Date> {
  const query = `min(timestamp(istio_requests_total))`;
  const at = await expect
    .poll(
      async () => {
        const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
        const [first] = timeAnswer.parse(await response.json()).data.result;
        return Number(first?.value[1] ?? 0) * 1000;
      },
      { interval: 50 },
    )
    .toBeGreaterThan(sinceMs)
    .then(() => Date.now());
  return new Date(at);
}
