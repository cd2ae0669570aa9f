import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../workflow/ports/process.ts';
import { type AuditExport, AuditRoute, auditPath } from './audit-export.ts';
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
  /** Who decided what, for whoever has the token; absent where there is none. */
  readonly audit?: AuditExport | undefined;
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

/** `/healthz`: the process serves. `/readyz`: and so does all it needs; else 503 and what is missing, a line each. `/metrics`. `/audit.ndjson`. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { slack } = options;
  const guarded = slack === undefined ? undefined : slackGuard(slack, slack.listener);
  const audit = options.audit === undefined ? undefined : new AuditRoute(options.audit);
  const routes = routesOf(options, audit);
  let takesSlack = true;
  const server = createServer(patience, (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (guarded !== undefined && path === slack?.path) {
      if (takesSlack) return guarded(request, response);
      return void response.writeHead(503, { connection: 'close' }).end();
    }
    void respond(routes, options.log, request, response);
  });
  await listening(server, options.port);
  return {
    port: (server.address() as AddressInfo).port, // a server that listens on a port has one of these
    refuseSlack: () => {
      takesSlack = false;
    },
    close: () => {
      audit?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
  };
}

type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What is served, by its path. */
function routesOf(options: HttpOptions, audit: AuditRoute | undefined): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>([
    ['/healthz', reading(saying(() => healthy(options.stuck?.())))],
    ['/readyz', reading(saying(() => ready(options.checks)))],
    ['/metrics', reading(saying(() => measured(options.metrics)))],
    [freezeHookPath, options.freezeHook ?? notFound],
  ]);
  if (audit !== undefined)
    routes.set(
      auditPath,
      reading((request, response) => audit.answer(request, response)),
    );
  return routes;
}

async function respond(
  routes: ReadonlyMap<string, Route>,
  log: HttpOptions['log'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const route = routes.get(path) ?? reading(notFound);
  try {
    await route(request, response);
  } catch (err) {
    log.error({ err, path }, 'a request failed on our side');
    if (!response.headersSent) send(response, plain(500, 'failed\n'));
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const notFound = saying(() => plain(404, 'not found\n'));
const notAllowed = saying(() => plain(405, 'method not allowed\n'));

function reading(route: Route): Route {
  return (request, response) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    return (isReading ? route : notAllowed)(request, response);
  };
}

function saying(answer: () => Answer | Promise<Answer>): Route {
  return async (_, response) => send(response, await answer());
}

function send(response: ServerResponse, { status, type, text }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

function healthy(stuck: string | undefined): Answer {
  return stuck === undefined ? plain(200, 'ok\n') : plain(503, `${stuck}\n`);
}

async function measured(metrics: HttpOptions['metrics']): Promise<Answer> {
  const { contentType, text } = await metrics();
  return { status: 200, type: contentType, text };
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
