import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../workflow/ports/process.ts';
import { type BodyType, bodyProblem, readBody } from './slack-body.ts';

export interface SlackGuardOptions {
  readonly signingSecret: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly now?: () => number;
  readonly bodyTimeoutMs?: number;
  /** How many signatures it remembers. */
  readonly memory?: number;
}

/** The status for the client and the reason for the log. Neither contains anything of the request. */
interface RequestRefusal {
  readonly kind: 'refused';
  readonly status: keyof typeof words;
  readonly why: string;
}

interface Head {
  readonly kind: 'head';
  readonly type: BodyType;
  readonly timestamp: string;
  readonly signature: string;
}

/** A 401 does not say which check failed; the log does. */
const words = {
  400: 'not understood',
  401: 'not a request from Slack',
  405: 'method not allowed',
  408: 'too slow',
  413: 'too large',
  415: 'unsupported content type',
  500: 'failed',
} as const;

const largestBody = 256 * 1024;
const slowestBodyMs = 5_000;
const clockSkewMs = 5 * 60_000;
const remembered = 50_000;

/** A timestamp may be up to 5 minutes old or 5 minutes ahead, in whole seconds. A request can be repeated for this long. */
const rememberMs = 2 * clockSkewMs + 1_000;

/**
 * Passes a request to `next` only if Slack signed it, it is new, and its body can be read in one way only. Everything else is answered
 * here. The signature is checked before the body is parsed: the receiver behind this guard answers `ssl_check` without checking a
 * signature, accepts timestamps from the future, and takes any content type for JSON. The receiver finds the body in `rawBody`.
 */
export function slackGuard(options: SlackGuardOptions, next: RequestListener): RequestListener {
  const { signingSecret, log, now = Date.now, bodyTimeoutMs = slowestBodyMs, memory = remembered } = options;
  if (signingSecret === '') throw new Error('without a signing secret, requests from Slack cannot be verified');
  const seen = new SeenSignatures(memory);

  async function judge(request: IncomingMessage): Promise<RequestRefusal | { readonly kind: 'passed' }> {
    const head = readHead(request, now());
    if (head.kind === 'refused') return head;
    const body = await readBody(request, { largest: largestBody, timeoutMs: bodyTimeoutMs });
    if (body.kind === 'too-large') return refused(413, 'the body is too large');
    if (body.kind === 'too-slow') return refused(408, 'the body came too slowly');
    if (body.kind === 'cut-off') return refused(400, 'the body was cut off');
    if (!isSigned(head, body.bytes, signingSecret)) return refused(401, 'the signature is wrong');
    if (seen.meet(head.signature, now())) return refused(401, 'the request is repeated');
    const problem = bodyProblem(body.bytes, head.type);
    if (problem !== undefined) return refused(400, problem);

    request.headers['content-type'] = head.type; // the receiver only knows the type without parameters
    Object.assign(request, { rawBody: body.bytes });
    return { kind: 'passed' };
  }

  async function guard(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await judge(request);
    if (verdict.kind === 'passed') return next(request, response);
    log.warn({ status: verdict.status, why: verdict.why }, 'a request to the Slack endpoint was refused');
    refuse(response, verdict.status);
  }

  return (request, response) => {
    guard(request, response).catch((err: unknown) => {
      log.error({ err }, 'a request from Slack could not be handled');
      refuse(response, 500);
    });
  };
}

/** Checks what can be checked before the body is read, so that most unwanted requests cost no reading. */
function readHead({ method, headersDistinct, headers }: IncomingMessage, nowMs: number): Head | RequestRefusal {
  if (method !== 'POST') return refused(405, 'the method is not POST');
  const type = typeOf(headersDistinct['content-type']);
  if (type === undefined) return refused(415, 'the content type is not one that Slack uses');
  if (headers['content-encoding'] !== undefined) return refused(415, 'the body is encoded');

  const [signature, ...otherSignatures] = headersDistinct['x-slack-signature'] ?? [];
  const [timestamp, ...otherTimestamps] = headersDistinct['x-slack-request-timestamp'] ?? [];
  if (signature === undefined || timestamp === undefined) return refused(401, 'the request is not signed');
  if (otherSignatures.length + otherTimestamps.length > 0)
    return refused(401, 'the request has more than one signature or timestamp');
  if (!/^v0=[0-9a-f]{64}$/.test(signature)) return refused(401, 'the signature is not of version v0');
  if (!/^[1-9][0-9]{0,11}$/.test(timestamp)) return refused(401, 'the timestamp is not a number of seconds');
  const aheadMs = Number(timestamp) * 1000 - Math.floor(nowMs / 1000) * 1000;
  if (Math.abs(aheadMs) > clockSkewMs)
    return refused(401, `the timestamp is ${aheadMs > 0 ? 'in the future' : 'stale'}`);
  if (Number(headers['content-length'] ?? 0) > largestBody) return refused(413, 'the body is too large');
  return { kind: 'head', type, timestamp, signature };
}

function typeOf([value, ...more]: readonly string[] = []): BodyType | undefined {
  const [, type] = /^(application\/[-a-z]+)(?:\s*;\s*charset="?utf-8"?)?$/i.exec(value ?? '') ?? [];
  const known = (['application/json', 'application/x-www-form-urlencoded'] as const).find(
    (each) => each === type?.toLowerCase(),
  );
  return more.length === 0 ? known : undefined;
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
function isSigned({ timestamp, signature }: Head, body: Buffer, secret: string): boolean {
  const ours = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(Buffer.from(signature.slice('v0='.length), 'hex'), ours);
}

/** Closes the connection: an unread body may follow, and no request can be found behind it. */
function refuse(response: ServerResponse, status: RequestRefusal['status']): void {
  if (response.headersSent) return;
  const headers = { connection: 'close', 'content-type': 'text/plain; charset=utf-8' };
  response.writeHead(status, status === 405 ? { ...headers, allow: 'POST' } : headers).end(`${words[status]}\n`);
}

function refused(status: RequestRefusal['status'], why: string): RequestRefusal {
  return { kind: 'refused', status, why };
}

/**
 * Signatures of requests that passed. Slack signs every retry anew, so a signature that comes twice is a replay. Only verified signatures
 * are stored, so only Slack can fill this. Each replica has its own. A replay at another replica does no harm, because the change id comes
 * from the request and is the same.
 */
class SeenSignatures {
  readonly #forgetAt = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the signature was seen before. Remembers it. */
  meet(signature: string, nowMs: number): boolean {
    if (this.#forgetAt.has(signature)) return true;
    for (const [oldest, forgetAt] of this.#forgetAt) {
      if (forgetAt > nowMs && this.#forgetAt.size < this.#most) break;
      this.#forgetAt.delete(oldest);
    }
    this.#forgetAt.set(signature, nowMs + rememberMs);
    return false;
  }
}
