import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlackCall {
  readonly method: string;
  readonly arguments: Readonly<Record<string, string>>;
}

export type StubAnswer =
  | { readonly body: object }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Closes the connection without an answer, after Slack took the call. */
  | 'reset';

/** A Web API of Slack that does what a test says: limits, refusals and faults that the local Slack does not have. */
export class StubSlack {
  readonly calls: SlackCall[] = [];
  readonly #answers = new Map<string, StubAnswer[]>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get apiUrl(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}/api/`;
  }

  /** Sets the answers to the next calls of a method, one after the other. After them `ok`. */
  answer(method: string, ...answers: readonly StubAnswer[]): void {
    this.#answers.set(method, [...answers]);
  }

  callsOf(method: string): readonly SlackCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a stream without an encoding yields buffers
    const method = (request.url ?? '').replace('/api/', '');
    const fields = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    this.calls.push({ method, arguments: fields });

    const answer = this.#answers.get(method)?.shift() ?? {
      body: { ok: true, channel: fields['channel'], ts: `${this.calls.length}.0` },
    };
    if (answer === 'reset') request.socket.destroy();
    else if ('status' in answer) response.writeHead(answer.status, answer.headers).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }
}
