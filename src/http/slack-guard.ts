import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../workflow/ports/process.ts';
import { type BodyType, bodyProblem, readBody } from './slack-body.ts';

export interface SlackGuardOptions {
  readonly signingSecret: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly now?: () => number;
  readonly bodyTimeoutMs?: number;
  /** How many signatures are remembered. */
  readonly memory?: number;
}

/** What is answered, and what the log says. Neither holds anything of the request. */
interface Refusal {
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

/** A 401 does not tell which check failed; the log does. */
const words = {
  400: 'not understood',
  401: 'not a request of Slack',
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

/** A timestamp may lie as far ahead as behind, and is whole seconds: so long can a request be repeated before it is stale. */
const rememberMs = 2 * clockSkewMs + 1_000;

/**
 * Lets through to `next` what Slack signed, once, and what can be understood in one way only. All else is answered here, the
 * signature being checked before anything of the body is looked at: the receiver behind it answers `ssl_check` unverified, takes
 * timestamps from the future, and takes any type of content for JSON. It finds the body, already read, in `rawBody`.
 */
export function slackGuard(options: SlackGuardOptions, next: RequestListener): RequestListener {
  const { signingSecret, log, now = Date.now, bodyTimeoutMs = slowestBodyMs, memory = remembered } = options;
  if (signingSecret === '') throw new Error('without a signing secret nothing that Slack sends can be verified');
  const seen = new SeenSignatures(memory);

  async function judge(request: IncomingMessage): Promise<Refusal | { readonly kind: 'passed' }> {
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

    request.headers['content-type'] = head.type; // the receiver knows it only without parameters
    Object.assign(request, { rawBody: body.bytes });
    return { kind: 'passed' };
  }

  async function guard(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await judge(request);
    if (verdict.kind === 'passed') return next(request, response);
    log.warn({ status: verdict.status, why: verdict.why }, 'a request in the name of Slack was refused');
    refuse(response, verdict.status);
  }

  return (request, response) => {
    guard(request, response).catch((err: unknown) => {
      log.error({ err }, 'a request of Slack could not be handled');
      refuse(response, 500);
    });
  };
}

/** What can be told before the body is read, which for most of what is not Slack's is all there is to read. */
function readHead({ method, headersDistinct, headers }: IncomingMessage, nowMs: number): Head | Refusal {
  if (method !== 'POST') return refused(405, 'the method is not POST');
  const type = typeOf(headersDistinct['content-type']);
  if (type === undefined) return refused(415, 'the content type is not one that Slack sends');
  if (headers['content-encoding'] !== undefined) return refused(415, 'the body is encoded');

  const [signature, ...otherSignatures] = headersDistinct['x-slack-signature'] ?? [];
  const [timestamp, ...otherTimestamps] = headersDistinct['x-slack-request-timestamp'] ?? [];
  if (signature === undefined || timestamp === undefined) return refused(401, 'the request is not signed');
  if (otherSignatures.length + otherTimestamps.length > 0) return refused(401, 'the request is signed twice');
  if (!/^v0=[0-9a-f]{64}$/.test(signature)) return refused(401, 'the signature is not one of version v0');
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

/** Another request on the connection would have to be found behind a body that nobody reads. */
function refuse(response: ServerResponse, status: Refusal['status']): void {
  if (response.headersSent) return;
  const headers = { connection: 'close', 'content-type': 'text/plain; charset=utf-8' };
  response.writeHead(status, status === 405 ? { ...headers, allow: 'POST' } : headers).end(`${words[status]}\n`);
}

function refused(status: Refusal['status'], why: string): Refusal {
  return { kind: 'refused', status, why };
}

/**
 * Signatures of requests that were let in. Slack signs a retry anew, so that one which comes again comes from somebody else. Only
 * verified ones get in here, so that nobody but Slack can fill it. Each replica has its own; that a request repeated at another
 * one is no second change is the doing of the change's id.
 */
class SeenSignatures {
  readonly #forgetAt = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether it was here before; from now on it was. */
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
