import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request as send } from 'undici';
import { resolveHost } from '../../domain/routing/names.ts';
import { bookinfoNamespace, type Workload } from './pods.ts';
import { type Asked, type Decision, type Forward, type OwnAnswer, type Random, routeRequest } from './route-request.ts';
import type { Outcome } from './router-metrics.ts';
import type { Routing } from './routing.ts';

export interface RouterOptions {
  readonly routing: Routing;
  readonly dispatcher: Dispatcher;
  readonly random: Random;
  readonly onOutcome: (outcome: Outcome) => void;
}

export interface Caller {
  /** Fully qualified host of the service that is called. */
  readonly host: string;
  readonly source: Workload;
  /** May send the router's own answer in another form. Returns true if it did. */
  readonly tell?: (answer: OwnAnswer, request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Why the router answered without a pod. Envoy writes this only to its access log. */
export const responseFlagsHeader = 'x-response-flags';
/** Envoy's header for the workload that sent the request. */
export const sourceHeader = 'x-envoy-downstream-service-node';

/** Headers of one connection. A proxy does not pass them on. */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
const notForwarded = new Set([...hopByHop, 'expect', sourceHeader, responseFlagsHeader]);

type End = Pick<Outcome, 'status' | 'flag'>;

/** Stands in for the callers' proxies: sends each request where the live routing objects say, and reports how it ended. */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse, { host, source, tell }: Caller): Promise<Outcome> {
    const startedMs = performance.now();
    const { method = 'GET', url: path = '/', headers } = request;
    const asked: Asked = { host, source, method, path, headers };
    const decision = routeRequest(this.#options.routing, asked, this.#options.random);
    const gone = new AbortController();
    response.once('close', () => gone.abort());

    const end = await this.#carryOut(decision, { request, response, tell, signal: gone.signal });
    const went = decision.kind === 'forward' ? { pod: decision.pod, to: decision.host } : { pod: undefined, to: host };
    const outcome = { asked, ...went, ...end, tookMs: performance.now() - startedMs };
    this.#options.onOutcome(outcome);
    return outcome;
  }

  async #carryOut(decision: Decision, exchange: Exchange): Promise<End> {
    const { signal } = exchange;
    if (decision.delayMs > 0) await delay(decision.delayMs, undefined, { signal }).catch(() => {}); // aborted: checked in the next line
    if (signal.aborted) return { status: 0, flag: 'DC' };
    if (decision.kind === 'answer') return answer(exchange, decision);
    return forward(decision, exchange, this.#options.dispatcher);
  }
}

/** Resolves a host as callers write it (`reviews:9080`) in Bookinfo's namespace. */
export function calledHost(authority = ''): string {
  return resolveHost(authority.replace(/:\d+$/, '').toLowerCase(), bookinfoNamespace);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly tell: Caller['tell'];
  /** Aborted when the caller disconnects. */
  readonly signal: AbortSignal;
}

async function forward({ pod, path, timeoutMs }: Forward, exchange: Exchange, dispatcher: Dispatcher): Promise<End> {
  const { request, response, signal } = exchange;
  const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const { method = 'GET', headers } = request;
  try {
    const reply = await send(`${pod.url}${path}`, {
      method: method as Dispatcher.HttpMethod, // may be any word that the caller sent; undici refuses unknown methods
      headers: passedOn(headers),
      body: method === 'GET' || method === 'HEAD' ? null : request,
      signal: late === undefined ? signal : AbortSignal.any([signal, late]),
      dispatcher,
    });
    response.writeHead(reply.statusCode, passedOn(reply.headers));
    await pipeline(reply.body, response);
    return { status: reply.statusCode, flag: '-' };
  } catch (error) {
    if (signal.aborted && !response.writableFinished && late?.aborted !== true) return { status: 0, flag: 'DC' };
    const isLate = late?.aborted === true;
    return answer(exchange, isLate ? upstreamTimeout : upstreamFailure(error));
  }
}

const upstreamTimeout: OwnAnswer = { kind: 'answer', status: 504, flag: 'UT', body: 'upstream request timeout' };

function upstreamFailure(error: unknown): OwnAnswer {
  const body = `upstream connect error or disconnect/reset before headers: ${String(error)}`;
  return { kind: 'answer', status: 503, flag: 'UF', body };
}

function answer({ request, response, tell }: Exchange, own: OwnAnswer): End {
  const { status, flag, body, location } = own;
  if (response.headersSent) {
    response.destroy();
    return { status, flag };
  }
  if (tell?.(own, request, response) === true) return { status, flag };
  response.writeHead(status, {
    'content-type': 'text/plain',
    ...(flag === '-' ? {} : { [responseFlagsHeader]: flag }),
    ...(location === undefined ? {} : { location }),
  });
  response.end(body);
  return { status, flag };
}

function passedOn(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !notForwarded.has(name));
  return Object.fromEntries(kept.map(([name, value = '']) => [name, value]));
}
