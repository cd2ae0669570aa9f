import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What can happen to one request. */
export type HttpFault =
  /** The request does not reach the server, and the proxy answers this. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The request does not reach the server, and gets no answer until the client gives up. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** The server handles the request, and the client sees a reset. */
  | { readonly kind: 'lose-reply' }
  /** The server handles the request, and the client gets no answer. */
  | { readonly kind: 'hang-after' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Options {
  /** Called for every request whose outcome its sender cannot know. */
  readonly onUnknown?: (seen: Seen) => void;
}

/** Fires once, at the next matching request: before it is sent on, or after the server answered and before that is passed back. */
export interface Trap {
  readonly fits: (seen: Seen) => boolean;
  readonly when: 'before' | 'after';
  readonly spring: () => Promise<void>;
}

/** A proxy between the bot and an HTTP API that makes things go wrong. */
export class HttpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #options: Options;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #streams = new Set<ServerResponse>();
  #fault: (seen: Seen) => HttpFault | undefined = () => undefined;
  #traps: readonly Trap[] = [];

  private constructor(target: string, options: Options) {
    this.#target = new URL(target);
    this.#options = options;
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string, options: Options = {}): Promise<HttpProxy> {
    const proxy = new HttpProxy(target, options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen on a port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Calls `fault` for each request, until `calm`. */
  disturb(fault: (seen: Seen) => HttpFault | undefined): void {
    this.#fault = fault;
  }

  /** Replaces the traps. */
  setTrap(trap: Trap): void {
    this.#traps = [trap];
  }

  /** Adds a trap. Returns a function that removes it. */
  addTrap(trap: Trap): () => void {
    this.#traps = [...this.#traps, trap];
    return () => this.#removeTrap(trap);
  }

  /** Ends streams, such as watches. */
  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  calm(): void {
    this.#fault = () => undefined;
    this.#traps = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const seen = { method: request.method ?? 'GET', path: request.url ?? '/', body: body.toString() };
    const trap = this.#takeTrap(seen);
    if (trap?.when === 'before') {
      await trap.spring();
      if (request.socket.destroyed) return;
    }
    const fault = this.#fault(seen);
    switch (fault?.kind) {
      case 'answer':
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body);
        return;
      case 'hang':
        return;
      case 'reset':
        return void request.socket.resetAndDestroy();
      case 'delay':
        await delay(fault.ms);
    }
    const reply = await this.#forward(request, body);
    if (isStream(seen)) return this.#stream(reply, response);

    const answer = await bytesOf(reply);
    if (trap?.when === 'after') {
      this.#options.onUnknown?.(seen);
      await trap.spring();
    }
    if (fault?.kind === 'lose-reply' || fault?.kind === 'hang-after') {
      this.#options.onUnknown?.(seen);
      if (fault.kind === 'lose-reply') request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(reply.statusCode ?? 502, withoutHops(reply.headers)).end(answer);
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, url: path } = request;
      const headers = { ...withoutHops(request.headers), host: this.#target.host, 'content-length': body.length };
      const { hostname, port } = this.#target;
      send({ hostname, port, method, path, headers, agent: this.#agent }, resolve).on('error', reject).end(body);
    });
  }

  #stream(reply: IncomingMessage, response: ServerResponse): void {
    this.#streams.add(response);
    response.on('close', () => {
      this.#streams.delete(response);
      reply.destroy();
    });
    reply.on('error', () => response.destroy());
    response.writeHead(reply.statusCode ?? 502, withoutHops(reply.headers));
    response.flushHeaders();
    reply.pipe(response);
  }

  #takeTrap(seen: Seen): Trap | undefined {
    const trap = this.#traps.find(({ fits }) => fits(seen));
    if (trap !== undefined) this.#removeTrap(trap);
    return trap;
  }

  #removeTrap(trap: Trap): void {
    this.#traps = this.#traps.filter((each) => each !== trap);
  }
}

function isStream({ path }: Seen): boolean {
  return /[?&]watch=(true|1)/.test(path);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Without the headers that are for one connection only. */
function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...others } = headers;
  return others;
}
