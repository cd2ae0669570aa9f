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

  it('freezes, and answers with the freezes in force', async () => {
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

  it('thaws, and gives the same answer when asked again', async () => {
    await post(order);

    const thaw = { action: 'thaw', name: 'inc-42' };
    const answers = [await post(thaw), await post(thaw)];

    expect(answers).toMatchObject([
      { status: 200, body: { result: 'thawed', inForce: [] } },
      { status: 200, body: { result: 'nothing-to-thaw', inForce: [] } },
    ]);
  });

  it('accepts a time with its offset, and the token in x-shiftbot-token', async () => {
    const { for: _, ...rest } = order;

    const { body } = await post({ ...rest, until: '2026-11-23T09:00:00+01:00' }, { 'x-shiftbot-token': token });

    expect(body).toMatchObject({ freeze: { until: '2026-11-23T08:00:00.000Z' } });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no token', {}],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another token of the same length', { authorization: `Bearer ${token.replace('a', 'b')}` }],
    ['the start of the token', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['the token and more', { 'x-shiftbot-token': `${token}x` }],
    ['a very long token', { 'x-shiftbot-token': 'x'.repeat(8_000) }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['a right token beside a wrong one', { authorization: `Bearer ${token}`, 'x-shiftbot-token': 'wrong' }],
    ['a wrong Bearer beside a right token', { authorization: 'Bearer x', 'x-shiftbot-token': token }],
  ])('answers 401 to %s, without details, and does not read the body', async (_, headers) => {
    const answer = await post('{"action": "freeze", rubbish', headers);

    expect(answer).toEqual({ status: 401, body: { error: 'not allowed' } });
    expect([orders, await house.holds.standing(house.now())]).toEqual([[], []]);
  });

  it('logs calls without the token once a minute, with their number and nothing that they sent', async () => {
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
    ['an unknown field', { ...order, force: true }, 'force'],
    ['a prototype', `{"__proto__": {"action": "freeze"}, ${JSON.stringify(order).slice(1)}`, 'prototype'],
    ['a constructor', { ...order, constructor: { prototype: {} } }, 'prototype'],
    ['no name', { ...order, name: undefined }, 'name'],
    ['a name of another type', { ...order, name: 42 }, 'name'],
    ['a name with markup', { ...order, name: '<!channel>' }, 'is not a name'],
    ['no reason', { ...order, reason: ' ' }, 'reason'],
    ['a reason that is too long', { ...order, reason: 'x'.repeat(301) }, 'reason'],
    ['a target that is a list', { ...order, target: ['**'] }, 'target'],
    ['a target with too many parts', { ...order, target: 'a/b/c/d' }, 'is not cluster/namespace/service'],
    ['a target in an unknown cluster', { ...order, target: 'nowhere/**' }, 'one of my clusters: I serve sandbox'],
    ['a duration that is a number', { ...order, for: 2 }, 'for'],
    ['a duration that cannot be read', { ...order, for: 'ever' }, 'is not a duration'],
    ['two ends', { ...order, until: '2026-11-23T09:00:00Z' }, 'keep one'],
    ['a time without offset', { ...order, for: undefined, until: '2026-11-23T09:00:00' }, 'until'],
    ['an end in the past', { ...order, for: undefined, until: '2026-11-21T09:00:00Z' }, 'in the past'],
    ['an end too far', { ...order, for: '31d' }, 'more than 30d away'],
    ['a thaw with a target', { action: 'thaw', name: 'INC-42', target: '**' }, 'target'],
  ])('answers 400 to %s, and freezes nothing', async (_, body, words) => {
    const answer = await post(body);

    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(words);
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it.each([
    ['more than 16 KB', `{"reason": "${'x'.repeat(17 * 1024)}"}`, {}, 413],
    ['a form', 'action=freeze', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a type that only starts with application/json', '{}', { 'content-type': 'application/jsonx' }, 415],
  ])('refuses %s with the matching status', async (_, body, headers, status) => {
    expect((await post(body, { authorization: `Bearer ${token}`, ...headers })).status).toBe(status);
    expect(orders).toEqual([]);
  });

  it('stops reading a body that never ends', async () => {
    const answer = await endless(http.port);

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each(['GET', 'PUT', 'DELETE'])('answers 405 to %s', async (method) => {
    expect((await post(order, { authorization: `Bearer ${token}` }, method)).status).toBe(405);
  });

  it('answers 409 when a person set the freeze of that name', async () => {
    const frozen = await house.freeze('U01ALICE', 'sandbox');
    const name = frozen.kind === 'frozen' ? frozen.hold.name : undefined;

    expect((await post({ action: 'thaw', name })).status).toBe(409);
    expect(await house.holds.standing(house.now())).toHaveLength(1);
  });

  it.each([
    [new StoreUnavailableError('Redis did not answer'), 503, 'send it again'],
    [new Error('a secret detail'), 500, 'failed'],
  ])('answers with an error when it fails with %s', async (error, status, words) => {
    await http.close();
    http = await serve({ order: () => Promise.reject(error) });

    const answer = await post(order);

    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(words);
    expect(answer.body.error).not.toContain('secret');
  });

  it('does not exist without a token', async () => {
    await http.close();
    http = await start(undefined);

    const answers = await Promise.all(
      ['POST', 'GET'].map((method) => fetch(`http://127.0.0.1:${http.port}/hooks/freeze`, { method })),
    );

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(() =>
      freezeHook({ token: '', log, order: () => Promise.reject(), inForce: () => Promise.reject() }),
    ).toThrow('needs a token');
  });
});

/** Announces a gigabyte, and sends until the server stops it. */
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
