import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readDuration } from '../domain/language/duration.ts';
import { isScope } from '../domain/policy/scope.ts';
import { isHoldName, mostFreezes, type SetHold } from '../domain/policy/set-hold.ts';
import { StoreUnavailableError } from '../workflow/errors.ts';
import type { HookAnswer, HookOrder } from '../workflow/holding/freeze-hook.ts';
import type { HoldsFound } from '../workflow/ports/holds.ts';
import type { Log } from '../workflow/ports/process.ts';
import { bodyProblem, readBody } from './slack-body.ts';

export const freezeHookPath = '/hooks/freeze';

export interface FreezeHookOptions {
  /** FREEZE_HOOK_TOKEN. Anyone who has it can freeze and thaw. */
  readonly token: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly order: (order: HookOrder) => Promise<HookAnswer>;
  /** The freezes in force now. */
  readonly inForce: () => Promise<HoldsFound>;
  /** A monotonic clock, in ms. */
  readonly now?: () => number;
}

interface JsonReply {
  readonly status: number;
  readonly body: object;
}

const largestBody = 16 * 1024;
const slowestBodyMs = 5_000;
/** Callers without the right token must not fill the log. */
const warnEveryMs = 60_000;

const name = z
  .string()
  .refine(isHoldName, 'is not a name: use letters and digits, with . _ : # - between them, 63 at most');
const freezeSchema = z
  .strictObject({
    action: z.literal('freeze'),
    name,
    target: z
      .string()
      .refine((pattern) => isScope({ pattern }), 'is not cluster/namespace/service; * may stand for any part'),
    reason: z.string().trim().min(1).max(300),
    until: z.iso.datetime({ offset: true }).optional(),
    for: z
      .string()
      .refine((text) => readDuration(text) !== undefined, 'is not a duration like 2h')
      .optional(),
  })
  .refine((order) => order.until === undefined || order.for === undefined, 'until and for are both set: keep one');
const thawSchema = z.strictObject({ action: z.literal('thaw'), name });
const orderSchema = z.discriminatedUnion('action', [freezeSchema, thawSchema]);

/** Lets an incident tool freeze and thaw. Reads nothing else of a request until its token is checked. */
export function freezeHook(options: FreezeHookOptions): RequestListener {
  const { token, log, now = () => performance.now() } = options;
  if (token === '') throw new Error('a freeze hook needs a token, or anyone could freeze');
  const strangers = new Strangers(log, now);

  async function answer(request: IncomingMessage): Promise<JsonReply> {
    if (request.method !== 'POST') return refused(405, 'method not allowed');
    if (!hasToken(request, token)) {
      strangers.came();
      return refused(401, 'not allowed');
    }
    if (!/^application\/json(\s*;|$)/i.test(request.headers['content-type'] ?? ''))
      return refused(415, 'the content type is not application/json');
    const body = await readBody(request, { largest: largestBody, timeoutMs: slowestBodyMs });
    if (body.kind === 'too-large') return refused(413, `the body is larger than ${largestBody / 1024} KB`);
    if (body.kind === 'too-slow') return refused(408, 'the body came too slowly');
    if (body.kind === 'cut-off') return refused(400, 'the body was cut off');
    const order = readOrder(body.bytes);
    return 'wrong' in order ? refused(400, order.wrong) : done(options, await options.order(order));
  }

  return (request, response) => {
    answer(request)
      .catch((err: unknown) => failed(err, log))
      .then((said) => send(response, said))
      .catch((err: unknown) => log.error({ err }, 'the freeze hook could not send its answer'));
  };
}

/** Compares digests, which all have one length, so that the time taken tells nothing about the token. */
function hasToken({ headersDistinct }: IncomingMessage, token: string): boolean {
  const bearers = (headersDistinct['authorization'] ?? []).map((value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? '');
  const given = [...bearers, ...(headersDistinct['x-shiftbot-token'] ?? [])];
  const isRight = timingSafeEqual(digest(given[0] ?? ''), digest(token));
  return isRight && given.length === 1;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function readOrder(bytes: Buffer): HookOrder | { readonly wrong: string } {
  const problem = bodyProblem(bytes, 'application/json');
  if (problem !== undefined) return { wrong: problem };
  const parsed = orderSchema.safeParse(JSON.parse(bytes.toString()));
  if (!parsed.success) return { wrong: z.prettifyError(parsed.error) };
  if (parsed.data.action === 'thaw') return parsed.data;
  const { until, for: lasts, ...order } = parsed.data;
  if (until !== undefined) return { ...order, end: { until: new Date(until) } };
  const forMs = lasts === undefined ? undefined : readDuration(lasts);
  return { ...order, end: forMs === undefined ? undefined : { forMs } };
}

async function done({ inForce }: FreezeHookOptions, answer: HookAnswer): Promise<JsonReply> {
  switch (answer.kind) {
    case 'frozen':
    case 'thawed':
      return {
        status: 200,
        body: { result: answer.kind, freeze: told(answer.hold), ...standing(await inForce()) },
      };
    case 'nothing-to-thaw':
      return { status: 200, body: { result: answer.kind, ...standing(await inForce()) } };
    case 'not-the-hooks':
      return refused(409, 'a person set the freeze of this name, and only people can thaw it');
    case 'too-many':
      return refused(409, `there are already ${mostFreezes} freezes of this hook`);
    case 'unreadable':
      return refused(
        409,
        `what stands under this name in Redis is not as the bot stored it: ${await remedies(inForce)}`,
      );
    case 'wrong-end':
      return refused(400, answer.because === 'over' ? 'its end is in the past' : 'its end is more than 30d away');
    case 'no-scope': {
      const clusters = answer.scope.kind === 'no-cluster' ? `: I serve ${answer.scope.clusters.join(', ')}` : '';
      return refused(400, `target does not begin with one of my clusters${clusters}`);
    }
  }
}

/** `unreadable`: the commands that take out of Redis what is not as the bot stored it. It stops everything but rollbacks. */
function standing({ holds, unreadable }: HoldsFound): object {
  const removeWith = unreadable.map((each) => each.unreadable.removeWith);
  return { inForce: holds.map(told), ...(removeWith.length > 0 && { unreadable: removeWith }) };
}

async function remedies(inForce: FreezeHookOptions['inForce']): Promise<string> {
  const { unreadable } = await inForce();
  return unreadable.map((each) => each.unreadable.removeWith).join('; ');
}

function told({ name: freeze, target, by, reason, since, until }: SetHold): object {
  return { name: freeze, target, by, reason, since: since.toISOString(), until: until.toISOString() };
}

function failed(err: unknown, log: Pick<Log, 'error'>): JsonReply {
  log.error({ err }, 'a request to the freeze hook failed');
  if (err instanceof StoreUnavailableError)
    return refused(503, 'Redis does not answer; send it again: the same name is the same freeze');
  return refused(500, 'failed');
}

function refused(status: number, error: string): JsonReply {
  return { status, body: { error } };
}

/** Closes the connection after a refusal: an unread body may follow, and no request can be found behind it. */
function send(response: ServerResponse, { status, body }: JsonReply): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, {
    ...headers,
    ...(status >= 400 && { connection: 'close' }),
    ...(status === 405 && { allow: 'POST' }),
  });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Logs calls without the right token at most once a minute, with how many there were. */
class Strangers {
  readonly #log: Pick<Log, 'warn'>;
  readonly #now: () => number;
  #count = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(log: Pick<Log, 'warn'>, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  came(): void {
    this.#count += 1;
    if (this.#now() < this.#quietUntilMs) return;
    this.#log.warn({ requests: this.#count }, 'the freeze hook was called without the right token');
    this.#quietUntilMs = this.#now() + warnEveryMs;
    this.#count = 0;
  }
}
