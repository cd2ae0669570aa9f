import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { slackGuard } from '../../src/http/slack-guard.ts';
import type { Random } from '../chaos/random.ts';
import { hostileText } from './hostile.ts';
import { aBody, type BodyInput } from './payloads.ts';
import { target } from './target.ts';

const secret = 'a secret of the fuzz';
const nowMs = 1_763_820_000_000;

interface Input extends BodyInput {
  readonly method: string;
  readonly headers: readonly string[];
}

interface Output {
  readonly passed: boolean;
  readonly status: number;
}

/** Requests, signed or not, to the guard that only Slack may pass. */
export const guard = target<Input, Output>({
  name: 'guard',
  share: 30,
  make: aRequest,
  run: knock,
  judge: ({ headers, text, method }, { passed, status }) => {
    if (passed)
      return isSigned(headers, text) && method === 'POST' ? undefined : 'passes a request that Slack did not sign';
    return [400, 401, 405, 413, 415].includes(status) ? undefined : `answers ${status}`;
  },
});

function aRequest(random: Random): Input {
  const { type, text } = aBody(random);
  const timestamp = String(nowMs / 1000 + random.pick([0, 0, 0, -299, -301, 299, 301]));
  const signature = random.chance(0.7)
    ? sign(timestamp, text)
    : random.pick([sign(timestamp, `${text} `), 'v0=', 'v1=00', `v0=${'0'.repeat(64)}`, hostileText(random, 30)]);
  const headers = [
    'Content-Type',
    random.chance(0.9) ? type : hostileText(random, 20),
    'X-Slack-Request-Timestamp',
    timestamp,
    'X-Slack-Signature',
    signature,
  ];
  if (random.chance(0.1))
    headers.push(
      random.pick(['X-Slack-Signature', 'Content-Encoding', 'Content-Type', 'X-Slack-Request-Timestamp', '__proto__']),
      hostileText(random, 20),
    );
  return {
    type,
    text,
    method: random.chance(0.95) ? 'POST' : random.pick(['GET', 'PUT', hostileText(random, 5)]),
    headers,
  };
}

function sign(timestamp: string, text: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(Buffer.from(text)).digest('hex')}`;
}

function isSigned(headers: readonly string[], text: string): boolean {
  const [, , , timestamp = '', , signature] = headers;
  return sign(timestamp, text) === signature;
}

const log = { warn: () => {}, error: (fields: object) => void errors.push(fields) };
const errors: object[] = [];

async function knock({ method, headers, text }: Input): Promise<Output> {
  let passed = false;
  const listener = slackGuard({ signingSecret: secret, log, now: () => nowMs }, () => {
    passed = true;
  });
  const request = new IncomingMessage(new Socket());
  request.method = method;
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    request.headers[name.toLowerCase()] ??= value;
    const all = request.headersDistinct[name.toLowerCase()];
    request.headersDistinct[name.toLowerCase()] = all === undefined || !Array.isArray(all) ? [value] : [...all, value];
  }
  request.push(Buffer.from(text));
  request.push(null);
  const response = new ServerResponse(request);
  listener(request, response);
  while (!passed && !response.writableEnded) await turn();
  const [error] = errors.splice(0);
  if (error !== undefined) throw new Error(`the guard failed: ${JSON.stringify(error)}`, { cause: error });
  return { passed, status: response.statusCode };
}
