import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedQuery {
  readonly path: string;
  readonly query: string;
  readonly atMs: number;
  readonly windowMs: number;
  readonly authorization: string | undefined;
}

/** One row of `sum by (destination_version, response_flags) (…)`. A query by caller has more labels. */
export interface StubRow {
  readonly destination_version: string;
  readonly response_flags: string;
  readonly response_code?: string;
  readonly source_workload?: string;
  readonly source_workload_namespace?: string;
  readonly requests: number;
}

type Rows = readonly StubRow[];

/** The query API of a Prometheus that gives the answers of a test. It recognizes our queries, and evaluates none. */
export class StubPrometheus {
  readonly asked: AskedQuery[] = [];
  #rows: (query: AskedQuery) => Rows = () => [];
  /** How long before the start of a window the last scrape was. Undefined: the service was never seen. */
  #scrapedBeforeMs: number | undefined = 0;
  #knowsMesh = true;
  #answer: 'well' | 'never' | { readonly status: number; readonly body: string } = 'well';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}`;
  }

  /** Sets the requests to report, for any window. */
  count(rows: Rows | ((query: AskedQuery) => Rows)): void {
    this.#rows = typeof rows === 'function' ? rows : () => rows;
  }

  scraped(beforeMs: number | undefined, { knowsMesh = true } = {}): void {
    this.#scrapedBeforeMs = beforeMs;
    this.#knowsMesh = knowsMesh;
  }

  /** Accepts queries and never answers them. */
  hang(): void {
    this.#answer = 'never';
  }

  answerWith(status: number, body: string): void {
    this.#answer = { status, body };
  }

  answerWell(): void {
    this.#answer = 'well';
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a stream without an encoding yields buffers
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const query = form.get('query') ?? '';
    const asked = {
      path: request.url ?? '',
      query,
      atMs: Number(form.get('time')) * 1000,
      windowMs: Number(/offset (\d+)ms/.exec(query)?.[1] ?? 0),
      authorization: request.headers.authorization,
    };
    this.asked.push(asked);
    if (this.#answer === 'never') return;
    const { status, body } =
      this.#answer === 'well' ? { status: 200, body: JSON.stringify(this.#vector(asked)) } : this.#answer;
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  #vector(asked: AskedQuery): object {
    const at = asked.atMs / 1000;
    const result = this.#result(asked).map(({ metric, value }) => ({ metric, value: [at, String(value)] }));
    return { status: 'success', data: { resultType: 'vector', result } };
  }

  #result(asked: AskedQuery): readonly { readonly metric: object; readonly value: number }[] {
    if (asked.query.startsWith('sum by'))
      return this.#rows(asked).map(({ requests, ...metric }) => ({ metric, value: requests }));
    if (asked.query.startsWith('min(timestamp('))
      return this.#scrapedBeforeMs === undefined
        ? []
        : [{ metric: {}, value: (asked.atMs - asked.windowMs - this.#scrapedBeforeMs) / 1000 }];
    return this.#knowsMesh ? [{ metric: {}, value: 12 }] : [];
  }
}
