import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Check, type HttpOptions, startHttp, telling, within } from '../../src/http/server.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

describe('the HTTP server', () => {
  it('is healthy even when a dependency is missing', async () => {
    const url = await serve({ checks: [async () => 'Redis: it is away'] });

    expect(await get(`${url}/healthz`)).toEqual({ status: 200, text: 'ok\n' });
  });

  it('says what an operator should know of it though it is ready', async () => {
    const notes = ['RECORD_KEY is not set'];

    expect(await get(`${await serve({ notes })}/readyz`)).toEqual({
      status: 200,
      text: 'ready\nnote: RECORD_KEY is not set\n',
    });
  });

  it('is ready when nothing is missing', async () => {
    const url = await serve({ checks: [async () => undefined, async () => undefined] });

    expect(await get(`${url}/readyz`)).toEqual({ status: 200, text: 'ready\n' });
  });

  it('lists everything that is missing, one a line', async () => {
    const url = await serve({ checks: [async () => 'Redis: away', async () => undefined, async () => 'Slack: away'] });

    expect(await get(`${url}/readyz`)).toEqual({ status: 503, text: 'Redis: away\nSlack: away\n' });
  });

  it('checks once a second at most, however often it is asked', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const missing: (string | undefined)[] = ['Redis: away', undefined];
    const url = await serve({ checks: [async () => missing.shift()] });
    const asked = await Promise.all(Array.from({ length: 20 }, () => get(`${url}/readyz`)));

    vi.advanceTimersByTime(1_001);

    expect(new Set(asked.map(({ text }) => text))).toEqual(new Set(['Redis: away\n']));
    expect(await get(`${url}/readyz`)).toEqual({ status: 200, text: 'ready\n' });
  });

  it('does not wait for a check that never ends', async () => {
    const url = await serve({ checks: [() => new Promise(() => {})] });

    expect(await get(`${url}/readyz`)).toEqual({ status: 503, text: 'a check did not finish in time\n' });
  });

  it('serves the current metrics with their content type', async () => {
    let scrapes = 0;
    const metrics = async () => {
      scrapes += 1;
      return { contentType: 'text/plain; version=0.0.4', text: `scrapes ${scrapes}\n` };
    };
    const url = await serve({ metrics });

    const answer = await fetch(`${url}/metrics`);

    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toBe('scrapes 1\n');
    expect(await get(`${url}/metrics`)).toEqual({ status: 200, text: 'scrapes 2\n' });
  });

  it('answers 500 when the metrics cannot be read', async () => {
    const url = await serve({ metrics: () => Promise.reject(new Error('no Redis')) });

    expect(await get(`${url}/metrics`)).toMatchObject({ status: 500 });
  });

  it.each`
    method       | path               | status
    ${'GET'}     | ${'/'}             | ${404}
    ${'GET'}     | ${'/healthz/'}     | ${404}
    ${'GET'}     | ${'/HEALTHZ'}      | ${404}
    ${'GET'}     | ${'/slack/events'} | ${404}
    ${'GET'}     | ${'/healthz?a=b'}  | ${200}
    ${'HEAD'}    | ${'/healthz'}      | ${200}
    ${'POST'}    | ${'/healthz'}      | ${405}
    ${'DELETE'}  | ${'/metrics'}      | ${405}
    ${'POST'}    | ${'/slack/events'} | ${405}
    ${'OPTIONS'} | ${'/readyz'}       | ${405}
  `('answers $status to $method $path in Socket Mode', async ({ method, path, status }) => {
    const url = await serve({});

    expect((await fetch(`${url}${path}`, { method })).status).toBe(status);
  });

  it("passes only signed requests to Slack's listener", async () => {
    let heard = 0;
    const log = { warn: () => {}, error: () => {} };
    const listener = () => {
      heard += 1;
    };
    const url = await serve({ slack: { path: '/slack/events', signingSecret: 'a secret', log, listener } });
    const headers = { 'content-type': 'application/json' };

    const answer = await fetch(`${url}/slack/events`, { method: 'POST', headers, body: '{}' });

    expect([answer.status, heard]).toEqual([401, 0]);
  });

  it('closes a connection whose headers come too slowly', async () => {
    const { port } = new URL(await serve({}));
    const startedMs = performance.now();

    const answer = await drip(Number(port), `GET /healthz HTTP/1.1\r\n${'x-slow: 1\r\n'.repeat(1_000)}`);

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - startedMs).toBeLessThan(9_000);
  });

  it('closes while a connection idles', async () => {
    const server = await startHttp({ port: 0, log: new InMemoryLog(), checks: [], metrics: noMetrics });
    await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).text();

    await expect(server.close()).resolves.toBeUndefined();
  });

  it('says why it cannot listen', async () => {
    const { port } = new URL(await serve({}));

    await expect(
      startHttp({ port: Number(port), log: new InMemoryLog(), checks: [], metrics: noMetrics }),
    ).rejects.toThrow('EADDRINUSE');
  });
});

async function serve(options: Partial<HttpOptions>): Promise<string> {
  const checks: readonly Check[] = [];
  const server = await startHttp({ port: 0, log: new InMemoryLog(), checks, metrics: noMetrics, ...options });
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

async function noMetrics() {
  return { contentType: 'text/plain', text: '' };
}

async function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
}

/** Sends text one character at a time, and returns the answer when the server closes. */
function drip(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    let dropped = 0;
    const socket = connect(port, '127.0.0.1');
    const dripping = setInterval(() => socket.write(text.charAt(dropped++)), 50);
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

it('logs once what is missing, and once that it is back', async () => {
  const log = new InMemoryLog();
  const answers: (string | undefined)[] = [undefined, 'Redis: away', 'Redis: away', undefined, undefined];
  const check = telling(async () => answers.shift(), log);

  for (let times = answers.length; times > 0; times -= 1) await check();

  expect(log.messages('warn')).toEqual(['not ready']);
  expect(log.messages('info')).toEqual(['a dependency is back']);
});

it('refuses Slack once told to, and still serves health', async () => {
  const log = new InMemoryLog();
  const slack = { path: '/slack/events', signingSecret: 's'.repeat(32), log, listener: () => {} };
  const server = await startHttp({ port: 0, log, checks: [], metrics: noMetrics, slack });
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;
  const before = await fetch(`${url}/slack/events`, { method: 'POST', body: 'x' });

  server.refuseSlack();

  expect(before.status).not.toBe(503);
  expect((await fetch(`${url}/slack/events`, { method: 'POST', body: 'x' })).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

it('names a check that does not answer in time', async () => {
  const check = within('Kubernetes', () => new Promise(() => {}), 20);

  expect(await check()).toBe('Kubernetes: no answer within 20 ms');
});
