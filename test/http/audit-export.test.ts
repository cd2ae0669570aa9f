import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { type HttpServer, startHttp } from '../../src/http/server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Audit, AuditEntry } from '../../src/workflow/ports/audit.ts';
import { InMemoryAudit } from '../support/in-memory-audit.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

const token = 'a-token-of-many-characters';
const bearer = { authorization: `Bearer ${token}` };

function refusal(number: number, overrides: Partial<AuditEvent> = {}): AuditEvent {
  return { id: `g-${number}`, kind: 'refused', at: '2026-11-22T14:03:11.000Z', ...overrides };
}

interface Served {
  readonly url: string;
  readonly server: HttpServer;
  readonly log: InMemoryLog;
}

async function serve(audit: Pick<Audit, 'export'> | undefined): Promise<Served> {
  const log = new InMemoryLog();
  const metrics = async () => ({ contentType: 'text/plain', text: '' });
  const given = audit === undefined ? undefined : { token, audit, log };
  const server = await startHttp({ port: 0, log, checks: [], metrics, audit: given });
  onTestFinished(() => server.close());
  return { url: `http://127.0.0.1:${server.port}/audit.ndjson`, server, log };
}

async function linesOf(answer: Response): Promise<readonly unknown[]> {
  const text = await answer.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the export of the audit', () => {
  it('sends each event as a line, oldest first, to a client with the token', async () => {
    const audit = new InMemoryAudit();
    audit.add(refusal(1, { reason: 'two\nlines' }));
    audit.add(refusal(2));
    audit.spoil();

    const { url } = await serve(audit);
    const answer = await fetch(url, { headers: bearer });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await linesOf(answer)).toEqual([
      refusal(1, { reason: 'two\nlines' }),
      refusal(2),
      { kind: 'untrusted', at: expect.any(String), text: '{}' },
    ]);
  });

  it('is empty when there are no events', async () => {
    const { url } = await serve(new InMemoryAudit());

    const answer = await fetch(url, { headers: bearer });

    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it.each`
    query                                   | from
    ${''}                                   | ${'1970-01-01T00:00:00.000Z'}
    ${'?'}                                  | ${'1970-01-01T00:00:00.000Z'}
    ${'?since=2026-11-22'}                  | ${'2026-11-22T00:00:00.000Z'}
    ${'?since=1900-01-01'}                  | ${'1970-01-01T00:00:00.000Z'}
    ${'?since=2026-11-22T14:03:11Z'}        | ${'2026-11-22T14:03:11.000Z'}
    ${'?since=2026-11-22T14:03:11%2B02:00'} | ${'2026-11-22T12:03:11.000Z'}
  `('starts at $from for $query', async ({ query, from }) => {
    const asked: Date[] = [];
    const { url } = await serve({
      export: (since) => {
        asked.push(since);
        return none();
      },
    });

    expect((await fetch(`${url}${query}`, { headers: bearer })).status).toBe(200);
    expect(asked).toEqual([new Date(from)]);
  });

  it.each`
    query
    ${'?since='}
    ${'?since=yesterday'}
    ${'?since=1763820000000'}
    ${'?since=2026-13-01'}
    ${'?since=2026-11-22T14:03:11'}
    ${'?since=2026-11-22&since=2026-11-23'}
    ${'?since=2026-11-22&limit=5'}
    ${'?Since=2026-11-22'}
    ${'?until=2026-11-22'}
    ${'?since[]=2026-11-22'}
    ${'?since=2026-11-22?since=2026-11-23'}
    ${`?since=${'9'.repeat(2_000)}`}
  `('answers 400 to $query and does not guess', async ({ query }) => {
    const { url } = await serve(new InMemoryAudit());

    expect((await fetch(`${url}${query}`, { headers: bearer })).status).toBe(400);
  });

  it.each([
    ['nothing', {}],
    ['a wrong token', { authorization: 'Bearer another-token-of-many' }],
    ['part of the token', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['the token and more', { authorization: `Bearer ${token}x` }],
    ['the token without Bearer', { authorization: token }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['the token as a password', { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }],
    ['the token in other headers', { 'x-token': token, cookie: `token=${token}` }],
  ])('answers 401 to %s', async (_, headers) => {
    const audit = new InMemoryAudit();
    audit.add(refusal(1));
    const { url, log } = await serve(audit);

    const answer = await fetch(url, { headers });

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.text()).not.toContain('g-1');
    expect(JSON.stringify(log.lines)).not.toContain(token);
  });

  it('answers 401 to a token in the URL', async () => {
    const { url } = await serve(new InMemoryAudit());

    expect((await fetch(`${url}?token=${encodeURIComponent(token)}`)).status).toBe(401);
  });

  it('answers 401 to two tokens, even if one is right', async () => {
    const { server } = await serve(new InMemoryAudit());
    const headers = `Authorization: Bearer wrong\r\nAuthorization: Bearer ${token}\r\n`;

    const answer = await say(
      server.port,
      `GET /audit.ndjson HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it.each`
    method      | status
    ${'HEAD'}   | ${200}
    ${'POST'}   | ${405}
    ${'DELETE'} | ${405}
  `('answers $status to $method', async ({ method, status }) => {
    const { url } = await serve(new InMemoryAudit());

    expect((await fetch(url, { method, headers: bearer })).status).toBe(status);
  });

  it.each(['/audit.ndjson/', '/AUDIT.NDJSON', '//audit.ndjson', '/audit%2Endjson', '/healthz/../audit.ndjson/x'])(
    'is not at %s',
    async (path) => {
      const { server } = await serve(new InMemoryAudit());

      expect(await say(server.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 404 /,
      );
    },
  );

  it('does not exist when no token is configured', async () => {
    const { url } = await serve(undefined);

    expect((await fetch(url, { headers: bearer })).status).toBe(404);
  });

  it('answers 503 when Redis does not answer', async () => {
    const { url } = await serve({ export: () => breaksAfter(0) });

    expect((await fetch(url, { headers: bearer })).status).toBe(503);
  });

  it('closes the connection when Redis goes away in between, so that nobody takes a part for the whole', async () => {
    const { url, log } = await serve({ export: () => breaksAfter(3) });

    await expect(fetch(url, { headers: bearer }).then((answer) => answer.text())).rejects.toThrow();
    expect(log.messages('warn')).toEqual(['an audit export ended early']);
  });

  it('reads from Redis only as fast as the client reads', async () => {
    const source = counted();
    const { url } = await serve(source);
    const answer = await get(url);

    await expect.poll(() => source.isResting(), { interval: 50 }).toBe(true);
    const held = source.given;
    answer.destroy();
    await source.ended;

    expect(held).toBeLessThan(20_000);
  });

  it('serves a few exports at a time, and one that ends makes room', async () => {
    const source = counted();
    const { url } = await serve(source);
    const readers = await Promise.all([get(url), get(url), get(url), get(url)]);

    expect((await fetch(url, { headers: bearer })).status).toBe(503);
    for (const reader of readers) reader.destroy();
    await expect.poll(async () => (await get(url)).statusCode).toBe(200);
  });

  it('does not delay the shutdown', async () => {
    const { url, server } = await serve(counted());
    const answer = await get(url);
    answer.on('error', () => {}); // the server closes it

    await expect(server.close()).resolves.toBeUndefined();
  });
});

async function* none(): AsyncGenerator<AuditEntry> {}

async function* breaksAfter(count: number): AsyncGenerator<AuditEntry> {
  for (let number = 0; number < count; number += 1) yield { kind: 'event', event: refusal(number) };
  throw new StoreUnavailableError('Redis did not answer');
}

/** Yields events without end, and counts how many were taken. */
function counted() {
  const ended = Promise.withResolvers<void>();
  const source = {
    given: 0,
    seen: -1,
    ended: ended.promise,
    /** Whether nothing was taken since the last call. */
    isResting: () => {
      const rests = source.given > 0 && source.given === source.seen;
      source.seen = source.given;
      return rests;
    },
    async *export(): AsyncGenerator<AuditEntry> {
      try {
        for (;;) {
          source.given += 1;
          yield { kind: 'event', event: refusal(source.given, { detail: 'x'.repeat(1_000) }) };
        }
      } finally {
        ended.resolve();
      }
    },
  };
  return source;
}

/** A response that is never read. */
async function get(url: string): Promise<IncomingMessage> {
  const asking = request(url, { headers: bearer, agent: false });
  asking.on('error', () => {}); // the test may end first
  asking.end();
  const [answer] = await once(asking, 'response');
  onTestFinished(() => void answer.destroy());
  return answer;
}

function say(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
  });
}
