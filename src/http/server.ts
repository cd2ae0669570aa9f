import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../workflow/ports/process.ts';
import { type AuditExport, AuditRoute, auditPath } from './audit-export.ts';
import { freezeHookPath } from './freeze-hook.ts';
import { slackGuard } from './slack-guard.ts';

/** Checks one thing we depend on. Resolves to what is missing, or to undefined. */
export type Check = () => Promise<string | undefined>;

/** Wraps a check: it also logs every time its answer changes. */
export function telling(check: Check, log: Pick<Log, 'info' | 'warn'>): Check {
  let before: string | undefined;
  return async () => {
    const missing = await check();
    if (missing !== before && missing !== undefined) log.warn({ missing }, 'not ready');
    if (missing === undefined && before !== undefined) log.info({ was: before }, 'a dependency is back');
    before = missing;
    return missing;
  };
}

export interface HttpOptions {
  readonly port: number;
  readonly log: Pick<Log, 'error'>;
  readonly checks: readonly Check[];
  /** What an operator should know of it though it is ready, a line each. */
  readonly notes?: readonly string[];
  /** A problem that only a restart of the process fixes, if there is one. */
  readonly stuck?: () => string | undefined;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Where Slack posts in HTTP mode. */
  readonly slack?: SlackEndpoint | undefined;
  /** Handles `/hooks/freeze`. Without it, the path does not exist. */
  readonly freezeHook?: RequestListener | undefined;
  /** Serves the audit to clients with the token. Without it, the path does not exist. */
  readonly audit?: AuditExport | undefined;
}

export interface SlackEndpoint {
  readonly path: string;
  readonly signingSecret: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  /** Gets what the guard lets through, with the body in `rawBody`. */
  readonly listener: RequestListener;
}

export interface HttpServer {
  readonly port: number;
  /** Answers 503 to everything from Slack, so that Slack tells the person. Health is still served. */
  refuseSlack(): void;
  close(): Promise<void>;
}

const checkTimeoutMs = 2_000;

/** Whoever asks more often gets the same answer, so that anybody who reaches the port cannot make the bot load Redis and the API server. */
const checkEveryMs = 1_000;

/** Limits for one request, so that a client that sends byte by byte cannot hold a connection. */
const patience = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/**
 * `/healthz`: the process serves. `/readyz`: all that it needs is there; otherwise 503 and what is missing, one a line, as it was a second
 * ago at most. Also `/metrics` and `/audit.ndjson`.
 */
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
    port: (server.address() as AddressInfo).port, // always an AddressInfo: the server listens on a port
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

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What is served, by path. */
function routesOf(options: HttpOptions, audit: AuditRoute | undefined): ReadonlyMap<string, Handler> {
  const routes = new Map<string, Handler>([
    ['/healthz', reading(saying(() => healthy(options.stuck?.())))],
    ['/readyz', reading(saying(lately(() => ready(options))))],
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
  routes: ReadonlyMap<string, Handler>,
  log: HttpOptions['log'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const route = routes.get(path) ?? reading(notFound);
  try {
    await route(request, response);
  } catch (err) {
    log.error({ err, path }, 'a request failed with an internal error');
    if (!response.headersSent) send(response, plain(500, 'failed\n'));
  }
}

interface TextReply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const notFound = saying(() => plain(404, 'not found\n'));
const notAllowed = saying(() => plain(405, 'method not allowed\n'));

function reading(route: Handler): Handler {
  return (request, response) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    return (isReading ? route : notAllowed)(request, response);
  };
}

function saying(answer: () => TextReply | Promise<TextReply>): Handler {
  return async (_, response) => send(response, await answer());
}

function send(response: ServerResponse, { status, type, text }: TextReply): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

function healthy(stuck: string | undefined): TextReply {
  return stuck === undefined ? plain(200, 'ok\n') : plain(503, `${stuck}\n`);
}

async function measured(metrics: HttpOptions['metrics']): Promise<TextReply> {
  const { contentType, text } = await metrics();
  return { status: 200, type: contentType, text };
}

async function ready({ checks, notes = [] }: Pick<HttpOptions, 'checks' | 'notes'>): Promise<TextReply> {
  const missing = (
    await Promise.all(checks.map((check) => inTime(check, 'a check did not finish in time', checkTimeoutMs)))
  ).filter((problem) => problem !== undefined);
  const told = notes.map((note) => `note: ${note}\n`).join('');
  return missing.length === 0
    ? plain(200, `ready\n${told}`)
    : plain(503, `${missing.map((problem) => `${problem}\n`).join('')}${told}`);
}

/** What was asked a second ago or less is not asked again, also while its answer is still waited for. */
function lately<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const at = performance.now();
    if (last === undefined || at - last.at > checkEveryMs) last = { at, answer: ask() };
    return last.answer;
  };
}

/** Wraps a check: if it does not answer in time, the answer names what did not. */
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

function plain(status: number, text: string): TextReply {
  return { status, type: 'text/plain; charset=utf-8', text };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
}
