import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreezeHookOptions, freezeHook } from '../../src/http/freeze-hook.ts';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import { freezesInForce, type HookOrder, orderByHook } from '../../src/workflow/holding/freeze-hook.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { House } from '../workflow/house.ts';

const token = 'a-token-of-incident-tools';
const order = {
  action: 'freeze',
  name: 'INC-42',
  target: 'sandbox/default',
  reason: 'incident 42',
  for: '2h',
};

describe('the freeze hook', () => {
  let house: House;
  let log: InMemoryLog;
  let http: HttpServer;
  let orders: HookOrder[];
  let nowMs: number;

  beforeEach(async () => {
    house = new House();
    log = new InMemoryLog();
    orders = [];
    nowMs = 0;
    http = await serve({});
  });
  afterEach(() => http.close());

  function serve(overrides: Partial<FreezeHookOptions>): Promise<HttpServer> {
    const hook = freezeHook({
      token,
      log,
      order: (each) => {
        orders.push(each);
        return orderByHook(house.desk, each, `hook ${orders.length}`);
      },
      inForce: () => freezesInForce(house.desk),
      now: () => nowMs,
      ...overrides,
    });
    return start(hook);
  }

  function start(hook: ReturnType<typeof freezeHook> | undefined): Promise<HttpServer> {
    const metrics = async () => ({ contentType: 'text/plain', text: '' });
    return startHttp({ port: 0, log, checks: [], metrics, freezeHook: hook });
  }

  async function post(
    body: unknown,
    headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` },
    method = 'POST',
  ) {
    const response = await fetch(`http://127.0.0.1:${http.port}/hooks/freeze`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  it('freezes, and answers what is in force', async () => {
    const { status, body } = await post(order);

    const freeze = { name: 'INC-42', target: 'sandbox/default/*', by: 'hook:INC-42', reason: 'incident 42' };
    expect(status).toBe(200);
    expect(body).toMatchObject({
      result: 'frozen',
      freeze,
      inForce: [{ ...freeze, until: '2026-11-22T16:03:11.000Z' }],
    });
    expect(await house.shift('v3', 50)).toMatchObject({ kind: 'denied', denial: { reason: 'frozen' } });
  });

  it('thaws, and answers the same again', async () => {
    await post(order);

    const thaw = { action: 'thaw', name: 'inc-42' };
    const answers = [await post(thaw), await post(thaw)];

    expect(answers).toMatchObject([
      { status: 200, body: { result: 'thawed', inForce: [] } },
      { status: 200, body: { result: 'nothing-to-thaw', inForce: [] } },
    ]);
  });

  it('takes a time with its offset, and the token in a header of its own', async () => {
    const { for: _, ...rest } = order;

    const { body } = await post({ ...rest, until: '2026-11-23T09:00:00+01:00' }, { 'x-shiftbot-token': token });

    expect(body).toMatchObject({ freeze: { until: '2026-11-23T08:00:00.000Z' } });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no token', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another of the same length', { authorization: `Bearer ${token.replace('a', 'b')}` }],
    ['the beginning of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['more than it', { 'x-shiftbot-token': `${token}x` }],
    ['a very long one', { 'x-shiftbot-token': 'x'.repeat(8_000) }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['a right one beside a wrong one', { authorization: `Bearer ${token}`, 'x-shiftbot-token': 'wrong' }],
    ['a right one twice', { authorization: 'Bearer x', 'x-shiftbot-token': token }],
  ])('answers 401 without a word more to %s, and reads nothing', async (_, headers) => {
    const answer = await post('{"action": "freeze", rubbish', headers);

    expect(answer).toEqual({ status: 401, body: { error: 'not allowed' } });
    expect([orders, await house.holds.all(house.now())]).toEqual([[], []]);
  });

  it('tells the log of strangers once a minute, with how many they were and nothing of what they sent', async () => {
    for (let count = 0; count < 5; count += 1) await post(order, { 'x-shiftbot-token': 'guess' });
    nowMs += 60_000;
    await post(order, { 'x-shiftbot-token': 'guess' });

    const told = log.lines.filter(({ message }) => message.includes('without the right token'));
    expect(told.map(({ fields }) => fields)).toEqual([{ requests: 1 }, { requests: 5 }]);
    expect(JSON.stringify(log.lines)).not.toContain('guess');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'not a JSON object'],
    ['a list', [order], 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['no action', { ...order, action: undefined }, 'action'],
    ['another action', { ...order, action: 'melt' }, 'action'],
    ['a field that there is not', { ...order, force: true }, 'force'],
    ['a prototype', `{"__proto__": {"action": "freeze"}, ${JSON.stringify(order).slice(1)}`, 'prototype'],
    ['a constructor', { ...order, constructor: { prototype: {} } }, 'prototype'],
    ['no name', { ...order, name: undefined }, 'name'],
    ['a name of another type', { ...order, name: 42 }, 'name'],
    ['a name with markup', { ...order, name: '<!channel>' }, 'is not a name'],
    ['no reason', { ...order, reason: ' ' }, 'reason'],
    ['a reason without end', { ...order, reason: 'x'.repeat(301) }, 'reason'],
    ['a target that is a list', { ...order, target: ['**'] }, 'target'],
    ['a target that is none', { ...order, target: 'a/b/c/d' }, 'is not cluster/namespace/service'],
    ['a target elsewhere', { ...order, target: 'nowhere/**' }, 'no cluster of mine: there is sandbox'],
    ['a length that is a number', { ...order, for: 2 }, 'for'],
    ['a length that is none', { ...order, for: 'ever' }, 'is not a length of time'],
    ['two ends', { ...order, until: '2026-11-23T09:00:00Z' }, 'keep one'],
    ['a time without offset', { ...order, for: undefined, until: '2026-11-23T09:00:00' }, 'until'],
    ['an end that is over', { ...order, for: undefined, until: '2026-11-21T09:00:00Z' }, 'over already'],
    ['an end too far', { ...order, for: '31d' }, '30d is the most'],
    ['a thaw of a target', { action: 'thaw', name: 'INC-42', target: '**' }, 'target'],
  ])('answers 400 to %s, and freezes nothing', async (_, body, words) => {
    const answer = await post(body);

    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(words);
    expect(await house.holds.all(house.now())).toEqual([]);
  });

  it.each([
    ['more than 16 KB', `{"reason": "${'x'.repeat(17 * 1024)}"}`, {}, 413],
    ['a form', 'action=freeze', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text that only begins so', '{}', { 'content-type': 'application/jsonx' }, 415],
  ])('answers to %s with what is wrong', async (_, body, headers, status) => {
    expect((await post(body, { authorization: `Bearer ${token}`, ...headers })).status).toBe(status);
    expect(orders).toEqual([]);
  });

  it('reads no more of a body that does not end than it takes', async () => {
    const answer = await endless(http.port);

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each(['GET', 'PUT', 'DELETE'])('answers 405 to %s', async (method) => {
    expect((await post(order, { authorization: `Bearer ${token}` }, method)).status).toBe(405);
  });

  it('answers 409 where a person has frozen by that name', async () => {
    const frozen = await house.freeze('U01ALICE', 'sandbox');
    const name = frozen.kind === 'frozen' ? frozen.hold.name : undefined;

    expect((await post({ action: 'thaw', name })).status).toBe(409);
    expect(await house.holds.all(house.now())).toHaveLength(1);
  });

  it.each([
    [new StoreUnavailableError('Redis did not answer'), 503, 'send it again'],
    [new Error('a secret detail'), 500, 'failed'],
  ])('answers that it could not do it when %s', async (error, status, words) => {
    await http.close();
    http = await serve({ order: () => Promise.reject(error) });

    const answer = await post(order);

    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(words);
    expect(answer.body.error).not.toContain('secret');
  });

  it('is not there without a token of its own', async () => {
    await http.close();
    http = await start(undefined);

    const answers = await Promise.all(
      ['POST', 'GET'].map((method) => fetch(`http://127.0.0.1:${http.port}/hooks/freeze`, { method })),
    );

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(() => freezeHook({ token: '', log, order: () => Promise.reject(), inForce: async () => [] })).toThrow(
      'without a token',
    );
  });
});

/** Says that there is a gigabyte to come, and sends until it is told to stop. */
function endless(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `POST /hooks/freeze HTTP/1.1\r\nhost: x\r\nx-shiftbot-token: ${token}\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n`,
      );
      socket.write('x'.repeat(20 * 1024));
    });
    socket.on('data', (chunk) => {
      answer += String(chunk);
      socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
