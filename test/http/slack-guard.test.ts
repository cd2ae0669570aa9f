import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { App, HTTPReceiver } from '@slack/bolt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { type SlackGuardOptions, slackGuard } from '../../src/http/slack-guard.ts';
import { clientLogger } from '../../src/slack/client/web-api.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

const secret = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';
const planted = 'planted-in-the-body';
const path = '/slack/events';
const form = 'application/x-www-form-urlencoded';
const json = 'application/json';
const largest = 256 * 1024;

const prototype = Reflect.ownKeys(Object.prototype);
const log = new InMemoryLog();

/** No matter what was sent: the log contains nothing of it, and no prototype was changed. */
afterEach(() => {
  const logged = JSON.stringify(log.lines);
  for (const word of [secret, planted, 'v0=', 'polluted']) expect(logged).not.toContain(word);
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype);
  log.lines.splice(0);
});

describe("Slack's endpoint, with the real receiver behind the guard", () => {
  const heard: string[] = [];
  let server: HttpServer;

  beforeAll(async () => {
    const logger = clientLogger(log);
    const receiver = new HTTPReceiver({ signingSecret: secret, endpoints: path, logger });
    const app = new App({ receiver, logger, authorize: async () => ({ botToken: 'xoxb-1', botUserId: 'U1' }) });
    app.command('/shift', async ({ command, ack }) => {
      heard.push(`command ${command.text}`);
      await ack('accepted');
    });
    app.action(/.*/, async ({ action, ack }) => {
      heard.push(`click ${'action_id' in action ? action.action_id : ''}`);
      await ack();
    });
    app.event('app_mention', async ({ event }) => {
      heard.push(`mention ${event.text}`);
    });
    server = await startHttp({
      log,
      port: 0,
      checks: [],
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      slack: { path, signingSecret: secret, log, listener: receiver.requestListener },
    });
  });
  beforeEach(() => void heard.splice(0));
  afterAll(() => server.close());

  function post(body: string | Buffer, headers: OutgoingHttpHeaders, extra: Partial<Sent> = {}): Promise<Answer> {
    return send({ port: server.port, path, headers, body, ...extra });
  }

  describe('passes what Slack signed', () => {
    it('a command', async () => {
      const body = commandOf('reviews v3 50');

      expect(await post(body, signed(body, form))).toMatchObject({ status: 200, text: 'accepted' });
      expect(heard).toEqual(['command reviews v3 50']);
    });

    it('a click', async () => {
      const body = clickOf('roll_back');

      expect(await post(body, signed(body, form))).toMatchObject({ status: 200 });
      expect(heard).toEqual(['click roll_back']);
    });

    it.each([json, `${json}; charset=utf-8`, 'Application/JSON;charset="UTF-8"'])(
      'an event of type %s',
      async (type) => {
        const body = eventOf(`status ${type.length}`);

        expect(await post(body, signed(body, type))).toMatchObject({ status: 200 });
        await expect.poll(() => heard).toEqual([`mention status ${type.length}`]);
      },
    );

    it('a form whose type names its encoding; the receiver alone would parse it as JSON', async () => {
      const body = commandOf('status');

      expect(await post(body, signed(body, `${form}; charset=utf-8`))).toMatchObject({ status: 200 });
      expect(heard).toEqual(['command status']);
    });

    it('the check of the events URL', async () => {
      const body = JSON.stringify({ type: 'url_verification', token: planted, challenge: 'c1' });

      expect(await post(body, signed(body, json))).toMatchObject({ status: 200, text: '{"challenge":"c1"}' });
    });

    it('a signed check of the certificate (ssl_check)', async () => {
      const body = `ssl_check=1&token=${planted}`;

      expect(await post(body, signed(body, form))).toMatchObject({ status: 200, text: '' });
    });

    it('a body in chunks', async () => {
      const body = commandOf('status in chunks');
      const chunked = { ...signed(body, form), 'transfer-encoding': 'chunked' };

      expect(await post(body, chunked)).toMatchObject({ status: 200 });
      expect(heard).toEqual(['command status in chunks']);
    });

    it('as much as 256 KB, and not a byte more', async () => {
      const start = `${commandOf('status')}&padding=`;
      const full = start.padEnd(largest, 'x');

      expect(await post(full, signed(full, form))).toMatchObject({ status: 200 });
      expect(await post(`${full}x`, signed(`${full}x`, form))).toMatchObject({ status: 413, closed: true });
      const chunked = { ...signed(`${full}x`, form), 'transfer-encoding': 'chunked' };
      expect(await post(`${full}x`, chunked)).toMatchObject({ status: 413, closed: true });
      expect(heard).toEqual(['command status']);
    });

    it('a retry from Slack, which has a new timestamp', async () => {
      const body = eventOf('twice');
      const earlier = signed(body, json, { timestamp: seconds() - 60 });

      expect(await post(body, earlier)).toMatchObject({ status: 200 });
      expect(await post(body, signed(body, json))).toMatchObject({ status: 200 });
      await expect.poll(() => heard.length).toBe(2);
    });

    it('a clock that is less than five minutes off, in both directions', async () => {
      for (const off of [-295, 295]) {
        const body = commandOf(`status ${off}`);
        expect(await post(body, signed(body, form, { timestamp: seconds() + off }))).toMatchObject({ status: 200 });
      }
    });
  });

  const command = commandOf('promote reviews v3');
  const event = eventOf('promote reviews v3');
  const without = (name: string, headers: OutgoingHttpHeaders) => ({ ...headers, [name]: undefined });
  const twice = (name: string, headers: OutgoingHttpHeaders) => ({
    ...headers,
    [name]: [String(headers[name]), String(headers[name])],
  });
  const at = (timestamp: string | number) => signed(command, form, { timestamp });

  it.each`
    what                                             | body                                       | headers
    ${'no signature'}                                | ${command}                                 | ${() => without('x-slack-signature', signed(command, form))}
    ${'no timestamp'}                                | ${command}                                 | ${() => without('x-slack-request-timestamp', signed(command, form))}
    ${'neither'}                                     | ${command}                                 | ${() => ({ 'content-type': form })}
    ${'an empty signature'}                          | ${command}                                 | ${() => ({ ...signed(command, form), 'x-slack-signature': '' })}
    ${'another version of the signature'}            | ${command}                                 | ${() => signed(command, form, { version: 'v1' })}
    ${'our signature as if of another version'}      | ${command}                                 | ${() => ({ ...signed(command, form), 'x-slack-signature': String(signed(command, form)['x-slack-signature']).replace('v0', 'v1') })}
    ${'a shorter signature'}                         | ${command}                                 | ${() => ({ ...signed(command, form), 'x-slack-signature': 'v0=00' })}
    ${'a signature of zeros'}                        | ${command}                                 | ${() => ({ ...signed(command, form), 'x-slack-signature': `v0=${'0'.repeat(64)}` })}
    ${'a signature with another secret'}             | ${command}                                 | ${() => signed(command, form, { by: 'another secret' })}
    ${'a signature of another body'}                 | ${command}                                 | ${() => signed(commandOf('status'), form)}
    ${'a signature of the body encoded differently'} | ${command.replaceAll('+', '%20')}          | ${() => signed(command, form)}
    ${'a signature of the parsed body'}              | ${` ${event}`}                             | ${() => signed(event, json)}
    ${'a signature of another time'}                 | ${command}                                 | ${() => ({ ...signed(command, form), 'x-slack-request-timestamp': String(seconds() - 1) })}
    ${'a time six minutes ago'}                      | ${command}                                 | ${() => at(seconds() - 360)}
    ${'a time in six minutes'}                       | ${command}                                 | ${() => at(seconds() + 360)}
    ${'a time in milliseconds'}                      | ${command}                                 | ${() => at(Date.now())}
    ${'a time with a fraction'}                      | ${command}                                 | ${() => at(`${seconds()}.5`)}
    ${'a time in hex'}                               | ${command}                                 | ${() => at(`0x${seconds().toString(16)}`)}
    ${'a time with an exponent'}                     | ${command}                                 | ${() => at(`${seconds()}e0`)}
    ${'a time with a sign'}                          | ${command}                                 | ${() => at(`+${seconds()}`)}
    ${'a time with zeros before it'}                 | ${command}                                 | ${() => at(`00${seconds()}`)}
    ${'a time of NaN'}                               | ${command}                                 | ${() => at('NaN')}
    ${'no time at all'}                              | ${command}                                 | ${() => at('')}
    ${'two signatures'}                              | ${command}                                 | ${() => twice('x-slack-signature', signed(command, form))}
    ${'two timestamps'}                              | ${command}                                 | ${() => twice('x-slack-request-timestamp', signed(command, form))}
    ${'ssl_check alone'}                             | ${'ssl_check=1'}                           | ${() => ({ 'content-type': form })}
    ${'ssl_check before a command'}                  | ${`ssl_check=1&${command}`}                | ${() => ({ 'content-type': form })}
    ${'ssl_check before a click'}                    | ${`ssl_check=1&${clickOf('roll_back')}`}   | ${() => ({ 'content-type': form })}
    ${'ssl_check twice'}                             | ${`ssl_check=1&ssl_check=1&${command}`}    | ${() => ({ 'content-type': form })}
    ${'ssl_check in a form with its encoding named'} | ${`ssl_check=1&${command}`}                | ${() => ({ 'content-type': `${form}; charset=utf-8` })}
    ${'ssl_check in JSON'}                           | ${event.replace('{', '{"ssl_check":"1",')} | ${() => ({ 'content-type': json })}
    ${'ssl_check before JSON, called a form'}        | ${`ssl_check=1&${event}`}                  | ${() => ({ 'content-type': form })}
    ${'JSON called a form'}                          | ${event}                                   | ${() => ({ 'content-type': form })}
    ${'chunks'}                                      | ${command}                                 | ${() => ({ 'content-type': form, 'transfer-encoding': 'chunked' })}
    ${'fields of a prototype'}                       | ${'{"__proto__":{"polluted":1}}'}          | ${() => ({ 'content-type': json })}
  `('answers 401 to $what, without details', async ({ body, headers }) => {
    const answer = await post(body, headers());

    expect(answer).toEqual({ status: 401, text: 'not a request from Slack\n', closed: true });
    expect(heard).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'a request to the Slack endpoint was refused' }]);
  });

  it('answers 401 to ssl_check in the query string', async () => {
    const answer = await post(command, { 'content-type': form }, { path: `${path}?ssl_check=1` });

    expect(answer).toMatchObject({ status: 401 });
    expect(heard).toEqual([]);
  });

  it('answers 401 to a replayed request, also when both come at once', async () => {
    const once = commandOf('status once');
    const headers = signed(once, form);

    const answers = await Promise.all([post(once, headers), post(once, headers)]);
    const later = await post(once, headers);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(later).toMatchObject({ status: 401 });
    expect(heard).toEqual(['command status once']);
  });

  it.each`
    what                          | body                 | headers
    ${'gzip'}                     | ${gzipSync(command)} | ${{ 'content-encoding': 'gzip' }}
    ${'an encoding in name only'} | ${command}           | ${{ 'content-encoding': 'identity' }}
    ${'a form of several parts'}  | ${command}           | ${{ 'content-type': 'multipart/form-data; boundary=x' }}
    ${'plain text'}               | ${command}           | ${{ 'content-type': 'text/plain' }}
    ${'another character set'}    | ${command}           | ${{ 'content-type': `${json}; charset=utf-16` }}
    ${'no type'}                  | ${command}           | ${{ 'content-type': undefined }}
    ${'two types'}                | ${command}           | ${{ 'content-type': [form, json] }}
    ${'two types in one'}         | ${command}           | ${{ 'content-type': `${form}, ${json}` }}
  `('answers 415 to $what, signed or not', async ({ body, headers }) => {
    expect(await post(body, { ...signed(body, form), ...headers })).toMatchObject({ status: 415, closed: true });
    expect(heard).toEqual([]);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'answers 405 to %s, even when signed',
    async (method) => {
      expect(await post('', signed('', form), { method })).toMatchObject({ status: 405, closed: true });
      expect(heard).toEqual([]);
    },
  );

  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const payload = (text: string) => `payload=${encodeURIComponent(text)}`;

  it.each`
    what                                    | type    | body
    ${'nothing'}                            | ${json} | ${''}
    ${'what is not JSON'}                   | ${json} | ${`{"text":"${planted}"`}
    ${'a form called JSON'}                 | ${json} | ${command}
    ${'JSON called a form'}                 | ${form} | ${event}
    ${'null'}                               | ${json} | ${'null'}
    ${'a number'}                           | ${json} | ${'1'}
    ${'a list'}                             | ${json} | ${`["${planted}"]`}
    ${'JSON after a byte order mark'}       | ${json} | ${`\uFEFF${event}`}
    ${'bytes that are not UTF-8'}           | ${json} | ${Buffer.from([0x7b, 0xff, 0xfe, 0x7d])}
    ${'gzip without content-encoding'}      | ${json} | ${gzipSync(event)}
    ${'a form without known fields'}        | ${form} | ${`text=${planted}`}
    ${'a payload that is not JSON'}         | ${form} | ${payload(`{${planted}`)}
    ${'a payload of null'}                  | ${form} | ${payload('null')}
    ${'a payload that is a list'}           | ${form} | ${payload('[]')}
    ${'an empty payload'}                   | ${form} | ${'payload='}
    ${'two payloads'}                       | ${form} | ${`${payload('{}')}&${clickOf('roll_back')}`}
    ${'two commands'}                       | ${form} | ${`${command}&command=%2Fother`}
    ${'fields 51 deep'}                     | ${json} | ${deep(51)}
    ${'fields 10,000 deep'}                 | ${json} | ${deep(10_000)}
    ${'lists 10,000 deep'}                  | ${json} | ${`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`}
    ${'a payload 10,000 deep'}              | ${form} | ${payload(deep(10_000))}
    ${'__proto__'}                          | ${json} | ${'{"__proto__":{"polluted":1}}'}
    ${'__proto__, escaped'}                 | ${json} | ${'{"\\u005f_proto__":{"polluted":1}}'}
    ${'__proto__ far down'}                 | ${json} | ${'{"event":{"list":[{"__proto__":{"polluted":1}}]}}'}
    ${'__proto__ in a payload'}             | ${form} | ${payload('{"type":"block_actions","__proto__":{"polluted":1}}')}
    ${'constructor.prototype'}              | ${json} | ${'{"constructor":{"prototype":{"polluted":1}}}'}
    ${'constructor.prototype in a payload'} | ${form} | ${payload('{"a":{"constructor":{"prototype":{"polluted":1}}}}')}
    ${'__proto__ as a field of a form'}     | ${form} | ${`${command}&__proto__=polluted`}
    ${'__proto__[x] as a field of a form'}  | ${form} | ${`${command}&__proto__[polluted]=1`}
    ${'constructor.prototype.x in a form'}  | ${form} | ${`${command}&constructor.prototype.polluted=1`}
  `('answers 400 to $what, even when signed', async ({ type, body }) => {
    const answer = await post(body, signed(body, type));

    expect(answer).toEqual({ status: 400, text: 'not understood\n', closed: true });
    expect(heard).toEqual([]);
  });

  it('reads a name that occurs twice like the receiver: the last one counts', async () => {
    const body = '{"type":"event_callback","type":"url_verification","challenge":"a","challenge":"b"}';

    expect(await post(body, signed(body, json))).toMatchObject({ status: 200, text: '{"challenge":"b"}' });
    expect(heard).toEqual([]);
  });

  it.each(['{}', '{"type":5}', '{"type":"event_callback","event":1}', '{"constructor":"a","prototype":{}}'])(
    'passes %s to the receiver, which has no listener for it',
    async (body) => {
      const { status } = await post(body, signed(body, json));

      expect([404, 500]).toContain(status);
      expect(heard).toEqual([]);
    },
  );

  it('closes a body of 100 MB after its first 256 KB, no matter what length it declared', async () => {
    const promised = { ...signed(command, form), 'content-length': 100 * 1024 * 1024 };
    const stream = await flood(server.port, signed(command, form), 100 * 1024 * 1024);

    expect(await post('', promised)).toMatchObject({ status: 413, closed: true });
    expect(stream.answer).toMatch(/^(HTTP\/1\.1 413 |$)/); // the close may drop an answer that is still on its way
    expect(stream.taken).toBeLessThan(16 * 1024 * 1024); // most of this is in the buffers of the two sockets
    expect(heard).toEqual([]);
  });

  it('closes a request with two lengths, which could hide a second request', async () => {
    const head = Object.entries(signed(command, form)).map(([name, value]) => `${name}: ${value}\r\n`);
    const raw = `POST ${path} HTTP/1.1\r\nhost: x\r\n${head.join('')}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;

    expect(await talk(server.port, raw)).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toEqual([]);
  });

  it('does not affect health and other paths', async () => {
    expect(await send({ port: server.port, path: '/healthz', method: 'GET', headers: {}, body: '' })).toMatchObject({
      status: 200,
      text: 'ok\n',
    });
    expect(await post(command, signed(command, form), { path: '/slack/events/' })).toMatchObject({ status: 405 });
    expect(heard).toEqual([]);
  });
});

describe('the guard alone', () => {
  it.each`
    drops                     | what                     | reads
    ${(body: string) => body} | ${'comes too slowly'}    | ${/^(HTTP\/1\.1 408 |$)/ /* a write after the close may drop the answer */}
    ${() => '12345'}          | ${'stops in the middle'} | ${/^HTTP\/1\.1 408 /}
  `('answers 408 to a body that $what, and closes', async ({ drops, reads }) => {
    const port = await guarded({ bodyTimeoutMs: 200 });
    const body = commandOf('status');
    const head = Object.entries(signed(body, form)).map(([name, value]) => `${name}: ${value}\r\n`);
    const startedMs = performance.now();

    const answer = await talk(
      port,
      `POST ${path} HTTP/1.1\r\nhost: x\r\n${head.join('')}content-length: ${body.length}\r\n\r\n`,
      { drops: drops(body) },
    );

    expect(answer).toMatch(reads);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { status: 408, why: 'the body came too slowly' } }]);
  });

  it('survives a client that disconnects in the middle of a body', async () => {
    const port = await guarded();
    const body = commandOf('status');
    const head = Object.entries(signed(body, form)).map(([name, value]) => `${name}: ${value}\r\n`);

    await talk(port, `POST ${path} HTTP/1.1\r\nhost: x\r\n${head.join('')}content-length: 1000\r\n\r\n${body}`, {
      breakOff: true,
    });

    await expect.poll(() => log.lines).toMatchObject([{ level: 'warn', fields: { why: 'the body was cut off' } }]);
  });

  it('refuses a replay as long as its timestamp is still valid', async () => {
    const startMs = seconds() * 1000;
    let nowMs = startMs;
    const port = await guarded({ now: () => nowMs });
    const body = commandOf('status');
    const headers = signed(body, form, { timestamp: startMs / 1000 + 300 });
    const whyNot: unknown[] = [];

    for (const afterMs of [0, 1, 300_000, 600_000, 600_999, 601_000]) {
      nowMs = startMs + afterMs;
      const other = commandOf('help');
      await send({ port, path, headers: signed(other, form, { timestamp: Math.floor(nowMs / 1000) }), body: other });
      const { status } = await send({ port, path, headers, body });
      whyNot.push(status === 200 ? undefined : log.lines.at(-1)?.fields);
    }

    const repeated = { status: 401, why: 'the request is repeated' };
    const stale = { status: 401, why: 'the timestamp is stale' };
    expect(whyNot).toEqual([undefined, repeated, repeated, repeated, repeated, stale]);
  });

  it('remembers only the newest signatures, up to the limit', async () => {
    const port = await guarded({ memory: 2 });
    const requests = ['one', 'two', 'three'].map((text) => {
      const body = commandOf(text);
      return { port, path, headers: signed(body, form), body };
    });
    for (const each of requests) expect((await send(each)).status).toBe(200);

    const again = [];
    for (const each of requests.toReversed()) again.push((await send(each)).status);

    expect(again).toEqual([401, 401, 200]);
  });

  it('does not start without a secret', () => {
    expect(() => slackGuard({ signingSecret: '', log }, () => {})).toThrow('without a signing secret');
  });

  it('answers 500 when the receiver behind it fails, and logs that', async () => {
    const port = await guarded({}, () => {
      throw new Error('a fault');
    });
    const body = commandOf('status');

    expect(await send({ port, path, headers: signed(body, form), body })).toMatchObject({ status: 500 });
    expect(log.messages('error')).toEqual(['a request from Slack could not be handled']);
  });

  async function guarded(options: Partial<SlackGuardOptions> = {}, behind: () => void = () => {}): Promise<number> {
    const guard = slackGuard({ signingSecret: secret, log, ...options }, (_request, response) => {
      behind();
      response.end();
    });
    const server = createServer(guard);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port; // always an AddressInfo: it listens on a port
  }
});

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** As Slack signs it: https://docs.slack.dev/authentication/verifying-requests-from-slack */
function signed(
  body: string | Buffer,
  type: string,
  {
    timestamp = seconds(),
    by = secret,
    version = 'v0',
  }: { timestamp?: string | number; by?: string; version?: string } = {},
): OutgoingHttpHeaders {
  const hash = createHmac('sha256', by).update(`${version}:${timestamp}:`).update(body).digest('hex');
  return {
    'content-type': type,
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `${version}=${hash}`,
  };
}

let count = 0;

/** A new trigger id each time, as Slack does. */
function commandOf(text: string): string {
  count += 1;
  return new URLSearchParams({
    token: planted,
    command: '/shift',
    text,
    user_id: 'U01ALICE',
    team_id: 'T01TEAM',
    channel_id: 'C01CHANNEL',
    trigger_id: `${count}.2.3`,
    response_url: 'https://hooks.slack.com/commands/1',
  }).toString();
}

function clickOf(actionId: string): string {
  count += 1;
  const payload = {
    type: 'block_actions',
    token: planted,
    user: { id: 'U01ALICE', team_id: 'T01TEAM' },
    team: { id: 'T01TEAM' },
    channel: { id: 'C01CHANNEL' },
    trigger_id: `${count}.2.3`,
    actions: [{ type: 'button', action_id: actionId, block_id: 'b', value: 'c-00000001', action_ts: '1.2' }],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

function eventOf(text: string): string {
  count += 1;
  return JSON.stringify({
    type: 'event_callback',
    token: planted,
    team_id: 'T01TEAM',
    event_id: `Ev${count}`,
    event: { type: 'app_mention', user: 'U01ALICE', channel: 'C01CHANNEL', ts: '1.2', event_ts: '1.2', text },
  });
}

interface Sent {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Whether the server will close the connection. */
  readonly closed: boolean;
}

function send({ port, path, method = 'POST', headers, body }: Sent): Promise<Answer> {
  const named = Object.entries(headers).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers: Object.fromEntries(named), agent: false }, (response) => {
      read(response).then((text) => {
        const closed = response.headers.connection === 'close';
        resolve({ status: response.statusCode ?? 0, text, closed });
        sent.destroy();
      }, reject);
    });
    sent.on('error', reject);
    if (headers['content-length'] === undefined) sent.end(body);
    else sent.flushHeaders();
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer); // a stream without an encoding yields buffers
  return Buffer.concat(chunks).toString();
}

/** Sends on its own connection, slowly if asked, and returns the answer when the server closes. */
function talk(
  port: number,
  text: string,
  { drops = '', breakOff = false }: { drops?: string; breakOff?: boolean } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    let dropped = 0;
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, () => {
        if (breakOff) setTimeout(() => socket.resetAndDestroy(), 50);
      });
    });
    const dripping = setInterval(() => {
      if (dropped < drops.length) socket.write(drops.charAt(dropped++));
    }, 20);
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', () => {}); // the test waits for the server to close
    socket.on('close', () => {
      clearInterval(dripping);
      resolve(answer);
    });
  });
}

/** Sends chunks until the server closes. */
function flood(port: number, headers: OutgoingHttpHeaders, size: number): Promise<{ taken: number; answer: string }> {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  return new Promise((resolve) => {
    let taken = 0;
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${head.join('')}transfer-encoding: chunked\r\n\r\n`);
      more();
    });
    const more = () => {
      while (taken < size && answer === '' && !socket.destroyed) {
        taken += chunk.length;
        if (!socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)) {
          socket.once('drain', more);
          return;
        }
      }
    };
    socket.on('data', (received) => {
      answer += received.toString();
    });
    socket.on('error', () => {}); // the test waits for the server to close
    socket.on('close', () => resolve({ taken, answer }));
  });
}
