import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { actingUser, authorize } from './authorize.ts';
import { readBody } from './body.ts';
import { DISCOVERY } from './discovery.ts';
import { handle } from './handle.ts';
import type { Tokens } from './identity.ts';
import type { Kind } from './kinds.ts';
import type { JsonObject } from './object.ts';
import { OPENAPI } from './openapi.ts';
import { type Answer, json } from './representation.ts';
import { type Api, kindServed, type ResourceRequest } from './request.ts';
import { type PathInfo, type ResourceInfo, requestInfo } from './request-info.ts';
import { answerSelfReview, selfReviewAt } from './self-reviews.ts';
import { methodNotAllowed, PageNotFound, StatusError } from './status.ts';
import { prepareWatch, type WatchLimits } from './watch.ts';

export interface ResponderOptions extends WatchLimits {
  readonly tokens: Tokens;
  readonly onRequest: (request: ResourceInfo) => void;
}

const HEALTH = ['/healthz', '/readyz', '/livez'];
const COMMON = { 'Cache-Control': 'no-cache, private' };

/** Turns HTTP requests into operations and their results into responses. */
export class Responder {
  readonly #api: Api;
  readonly #options: ResponderOptions;
  readonly #watches = new Set<() => void>();

  constructor(api: Api, options: ResponderOptions) {
    this.#api = api;
    this.#options = options;
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const warnings: string[] = [];
    try {
      const answer = await this.#answer(request, response, warnings);
      if (answer !== undefined) send(response, answer, warnings);
    } catch (cause) {
      // The only place that turns errors into answers. A watch that has begun can only be cut off.
      if (response.headersSent) response.destroy();
      else send(response, refusal(cause), warnings, cause instanceof StatusError ? cause.headers : {});
    }
  }

  stopWatches(): void {
    for (const stop of this.#watches) stop();
  }

  /** Undefined if a watch has taken over the response. */
  async #answer(incoming: IncomingMessage, response: ServerResponse, warnings: string[]): Promise<Answer | undefined> {
    const { headers, method = 'GET', url } = incoming;
    const { pathname, searchParams: query } = new URL(`http://127.0.0.1${url}`);
    const info = requestInfo(method, pathname, query);
    const user = actingUser(this.#options.tokens.userOf(headers.authorization ?? ''), info, headers);
    authorize(this.#api.store, user, info, query);
    if (info.kind === 'path') return fixedAnswer(info);

    this.#options.onRequest(info);
    const review = selfReviewAt(info);
    if (review !== undefined) {
      const { text } = await readBody(incoming);
      return json(201, answerSelfReview(review, this.#api.store, user, text));
    }
    return this.#resource(info, query, incoming, response, warnings);
  }

  async #resource(
    info: ResourceInfo,
    query: URLSearchParams,
    incoming: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Promise<Answer | undefined> {
    const kind = kindServed(info);
    if (kind === undefined) throw nothingServed(info);
    const request = resourceRequest(kind, info, incoming, query, warnings);
    if (info.verb === 'watch') return this.#watch(request, response);
    const { text, contentType } = await readBody(incoming);
    return handle(this.#api, info.verb, { ...request, contentType }, text);
  }

  #watch(request: ResourceRequest, response: ServerResponse): undefined {
    const begin = prepareWatch(this.#api, request, this.#options);
    response.writeHead(200, { ...COMMON, 'Content-Type': 'application/json' });
    response.flushHeaders();
    const stop = begin({
      write: (event) => void response.write(`${JSON.stringify(event)}\n`),
      end: () => void response.end(),
    });
    this.#watches.add(stop);
    response.once('close', () => {
      stop();
      this.#watches.delete(stop);
    });
  }
}

function resourceRequest(
  kind: Kind,
  { version, namespace, name, subresource }: ResourceInfo,
  { headers }: IncomingMessage,
  query: URLSearchParams,
  warnings: string[],
): ResourceRequest {
  return {
    kind,
    version,
    namespace: kind.namespaced ? namespace : '',
    name,
    subresource,
    query,
    userAgent: headers['user-agent'] ?? '',
    contentType: headers['content-type'] ?? '',
    accept: headers.accept ?? '',
    warnings,
  };
}

/** Answers that are the same for everybody: health, discovery and OpenAPI. */
function fixedAnswer({ path, verb }: PathInfo): Answer {
  if (HEALTH.includes(path)) return { code: 200, contentType: 'text/plain; charset=utf-8', body: 'ok' };
  const found = fixed(path);
  if (found === undefined) throw new PageNotFound();
  if (verb !== 'get' && verb !== 'head') throw methodNotAllowed();
  return json(200, found);
}

function fixed(path: string): JsonObject | undefined {
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  return DISCOVERY.get(plain) ?? OPENAPI.get(plain);
}

/** An unknown resource gets a Status in the core group, and plain text in all others. */
function nothingServed({ group }: ResourceInfo): Error {
  if (group !== '') return new PageNotFound();
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

function refusal(cause: unknown): Answer {
  if (cause instanceof StatusError) return json(cause.code, cause.status);
  if (cause instanceof PageNotFound) {
    return { code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };
  }
  if (cause instanceof URIError)
    return { code: 400, contentType: 'text/plain; charset=utf-8', body: '400 Bad Request' };
  const why = cause instanceof Error ? cause.message : String(cause);
  const { status } = new StatusError(500, 'InternalError', `Internal error occurred: ${why}`, {
    causes: [{ message: why }],
  });
  return json(500, status);
}

function send(
  response: ServerResponse,
  { code, contentType, body }: Answer,
  warnings: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): void {
  const said = [...new Set(warnings)].map((warning) => `299 - "${warning.replace(/[\\"]/g, '\\$&')}"`);
  response.writeHead(code, {
    ...COMMON,
    ...headers,
    ...(said.length === 0 ? {} : { Warning: said }),
    'Audit-Id': randomUUID(),
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
