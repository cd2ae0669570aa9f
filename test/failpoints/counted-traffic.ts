import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canary, others, perSecond, type TrafficKind } from './made-traffic.ts';

interface Lane {
  kind: TrafficKind;
  /** Nothing is scraped after that, so that guards come to rest. */
  untilMs: number;
}

interface Row {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The query API of a Prometheus that scrapes every second, for the bots of each lane under a path of their own. It recognizes our queries
 * and evaluates none. What was counted depends on the time alone, so that a judge can count again.
 */
export class CountedTraffic {
  readonly #lanes = new Map<string, Lane>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Where the bots of a lane ask. */
  urlFor(lane: string): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    this.#lanes.set(lane, { kind: 'well', untilMs: Number.POSITIVE_INFINITY });
    return `http://127.0.0.1:${port}/${lane}`;
  }

  /** What comes from now on, and up to when it is scraped. */
  flow(lane: string, kind: TrafficKind, untilMs = Number.POSITIVE_INFINITY): void {
    this.#lanes.set(lane, { kind, untilMs });
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a stream without an encoding gives buffers
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const lane = this.#lanes.get((request.url ?? '').split('/')[1] ?? '');
    const atMs = Number(form.get('time')) * 1000;
    const rows = lane === undefined ? [] : rowsOf(form.get('query') ?? '', atMs, lane);
    const result = rows.map(({ metric, value }) => ({ metric, value: [atMs / 1000, String(value)] }));
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  }
}

function rowsOf(query: string, atMs: number, { kind, untilMs }: Lane): readonly Row[] {
  const windowMs = Number(/offset (\d+)ms/.exec(query)?.[1] ?? 0);
  const scrapedSeconds = (ms: number) => Math.floor(Math.min(ms, untilMs) / 1000);
  if (query.startsWith('min(timestamp(')) return [{ metric: {}, value: scrapedSeconds(atMs - windowMs) }];
  if (!query.startsWith('sum by')) return [{ metric: {}, value: 1 }];
  const seconds = scrapedSeconds(atMs) - scrapedSeconds(atMs - windowMs);
  return requestsOf(kind, seconds).filter(({ value }) => value > 0);
}

function requestsOf(kind: TrafficKind, seconds: number): readonly Row[] {
  const row = (version: string, code: string, requests: number, flags = '-'): Row => ({
    metric: {
      destination_version: version,
      response_code: code,
      response_flags: flags,
      ...{ source_workload: 'gateway', source_workload_namespace: 'default' },
    },
    value: requests * seconds,
  });
  const { good, bad, unreached } = perSecond[kind];
  return [
    row(canary, '200', good),
    row(canary, '503', bad),
    row(others.version, '200', others.perSecond),
    row('unknown', '503', unreached, 'NC'),
  ];
}
