import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StoreUnavailableError } from '../workflow/errors.ts';
import type { Audit, AuditEntry } from '../workflow/ports/audit.ts';
import type { Log } from '../workflow/ports/process.ts';

export const auditPath = '/audit.ndjson';

export interface AuditExport {
  /** Anyone who presents this token may read the whole audit (AUDIT_TOKEN). */
  readonly token: string;
  readonly audit: Pick<Audit, 'export'>;
  readonly log: Pick<Log, 'warn'>;
}

/** Each export holds one page of events in memory until its reader has taken it. */
const mostAtOnce = 4;
/** A reader that takes nothing for this long is gone. */
const silenceMs = 30_000;

/** A day, or a time with its offset. Times before 1970 count as 1970, because Redis numbers events from there. */
const since = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .transform((text) => new Date(Math.max(0, Date.parse(text))));

/**
 * `GET /audit.ndjson?since=2026-11-22`: all events kept since then, oldest first, one a line, sent as fast as the client reads. A line that
 * cannot be trusted says so. If the connection breaks before the end, the export is incomplete.
 */
export class AuditRoute {
  readonly #export: AuditExport;
  readonly #ending = new AbortController();
  #running = 0;

  constructor(given: AuditExport) {
    this.#export = given;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAllowed(request, this.#export.token))
      return refuse(response, 401, 'send the token: Authorization: Bearer …\n', { 'www-authenticate': 'Bearer' });
    const from = readQuery(request.url ?? '');
    if (from === undefined)
      return refuse(
        response,
        400,
        'the only parameter is since, like since=2026-11-22 or since=2026-11-22T14:03:11Z\n',
      );
    if (this.#running >= mostAtOnce)
      return refuse(response, 503, 'too many exports are running\n', { 'retry-after': '30' });

    this.#running += 1;
    try {
      await this.#send(from, request, response);
    } finally {
      this.#running -= 1;
    }
  }

  /** Ends the exports that are still running. */
  close(): void {
    this.#ending.abort();
  }

  async #send(from: Date, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const lines = linesOf(this.#export.audit.export(from));
    try {
      const first = await lines.next(); // read the first line before the status is sent, so that a failure can still be answered with its own status
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      if (first.done || request.method === 'HEAD') return void response.end();
      response.setTimeout(silenceMs, () => response.destroy());
      await pipeline(Readable.from(startingWith(first.value, lines)), response, { signal: this.#ending.signal });
    } catch (err) {
      this.#export.log.warn({ err }, 'an audit export ended early');
      if (response.headersSent) response.destroy();
      else if (err instanceof StoreUnavailableError) refuse(response, 503, 'Redis does not answer\n');
      else throw err;
    } finally {
      await lines.return(undefined);
    }
  }
}

async function* linesOf(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string, void, undefined> {
  for await (const entry of entries) yield `${JSON.stringify(toLine(entry))}\n`;
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

const maxUntrusted = 4_000;

/** An event that was altered is not passed on as an event: it goes out as quoted text. */
function toLine(entry: AuditEntry): object {
  if (entry.kind === 'event') return entry.event;
  return { kind: 'untrusted', at: entry.at, text: entry.text.slice(0, maxUntrusted) };
}

/** Compares digests, so that the time taken tells nothing about the token. */
function isAllowed({ headersDistinct }: IncomingMessage, token: string): boolean {
  const shown = headersDistinct['authorization'] ?? [];
  const [, value] = /^Bearer +(.+)$/i.exec(shown.length === 1 ? (shown[0] ?? '') : '') ?? [];
  return timingSafeEqual(digest(value ?? ''), digest(token)) && value !== undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Undefined when the query is not understood: a client that asks for a part must not get everything. */
function readQuery(url: string): Date | undefined {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'));
  const [first, ...more] = [...query];
  if (first === undefined) return new Date(0);
  const [name, value] = first;
  return name === 'since' && more.length === 0 ? since.safeParse(value).data : undefined;
}

function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers })
    .end(text);
}
