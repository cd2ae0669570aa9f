import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../workflow/ports.ts';
import { freezeHookPath } from './freeze-hook.ts';
import { slackGuard } from './slack-guard.ts';

/** Looks at what we depend on; each names what is missing, or resolves to undefined. */
export type Check = () => Promise<string | undefined>;

/** The check, which tells the log whenever its answer is another than before. */
export function telling(check: Check, log: Pick<Log, 'info' | 'warn'>): Check {
  let before: string | undefined;
  return async () => {
    const missing = await check();
    if (missing !== before && missing !== undefined) log.warn({ missing }, 'not ready');
    if (missing === undefined && before !== undefined) log.info({ was: before }, 'no longer missing');
    before = missing;
    return missing;
  };
}

export interface HttpOptions {
  readonly port: number;
  readonly log: Pick<Log, 'error'>;
  readonly checks: readonly Check[];
  /** What only another process in our place would mend, if anything. */
  readonly stuck?: () => string | undefined;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Where Slack posts, in HTTP mode. */
  readonly slack?: SlackEndpoint | undefined;
  /** What `/hooks/freeze` does; without it there is no such path. */
  readonly freezeHook?: RequestListener | undefined;
}

export interface SlackEndpoint {
  readonly path: string;
  readonly signingSecret: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  /** Hears what the guard lets through, with the body in `rawBody`. */
  readonly listener: RequestListener;
}

export interface HttpServer {
  readonly port: number;
  /** Takes nothing more of Slack, which tells the person; health is still answered. */
  refuseSlack(): void;
  close(): Promise<void>;
}

const checkTimeoutMs = 2_000;

/** How long a connection may take for a request, however little of it comes at a time. */
const patience = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** `/healthz`: the process serves. `/readyz`: and so does all it needs; else 503 and what is missing, a line each. `/metrics`. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { slack } = options;
  const guarded = slack === undefined ? undefined : slackGuard(slack, slack.listener);
  let takesSlack = true;
  const server = createServer(patience, (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (guarded !== undefined && path === slack?.path) {
      if (takesSlack) return guarded(request, response);
      return void response.writeHead(503, { connection: 'close' }).end();
    }
    if (options.freezeHook !== undefined && path === freezeHookPath) return options.freezeHook(request, response);
    void respond(options, request, response);
  });
  await listening(server, options.port);
  return {
    port: (server.address() as AddressInfo).port, // a server that listens on a port has one of these
    refuseSlack: () => {
      takesSlack = false;
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
  };
}

async function respond(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const { status, type, text } = await answer(options, request.method ?? '', path).catch((err: unknown) => {
    options.log.error({ err, path }, 'a request failed on our side');
    return plain(500, 'failed\n');
  });
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function answer(options: HttpOptions, method: string, path: string): Promise<Answer> {
  if (path === freezeHookPath) return plain(404, 'not found\n');
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'method not allowed\n');
  switch (path) {
    case '/healthz': {
      const stuck = options.stuck?.();
      return stuck === undefined ? plain(200, 'ok\n') : plain(503, `${stuck}\n`);
    }
    case '/readyz':
      return ready(options.checks);
    case '/metrics': {
      const { contentType, text } = await options.metrics();
      return { status: 200, type: contentType, text };
    }
    default:
      return plain(404, 'not found\n');
  }
}

async function ready(checks: readonly Check[]): Promise<Answer> {
  const missing = (
    await Promise.all(checks.map((check) => inTime(check, 'a check did not end in time', checkTimeoutMs)))
  ).filter((problem) => problem !== undefined);
  return missing.length === 0 ? plain(200, 'ready\n') : plain(503, missing.map((problem) => `${problem}\n`).join(''));
}

/** The check, which names what it looks at when that does not answer in time. */
export function within(name: string, check: Check, timeoutMs = checkTimeoutMs - 500): Check {
  return () => inTime(check, `${name}: no answer within ${timeoutMs} ms`, timeoutMs);
}

async function inTime(check: Check, lateAnswer: string, timeoutMs: number): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(lateAnswer), timeoutMs);
  try {
    return await Promise.race([check(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', text };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
}
