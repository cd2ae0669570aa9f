import { ApiException } from '@kubernetes/client-node';
import { z } from 'zod';
import {
  type DependencyError,
  MeshUnavailableError,
  NotPermittedError,
  RejectedError,
  TooLargeError,
} from '../../workflow/errors.ts';

/** The object changed since it was read (409, reason Conflict). Nothing was written. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** The object does not exist (404). */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** An object of this name exists (409, reason AlreadyExists). */
export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError';
}

const status = z.object({
  message: z.string().catch(''),
  reason: z.string().optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).optional(),
});

/** The one place where Kubernetes status codes become our errors. */
export function translate(cause: unknown): DependencyError | ConflictError | NotFoundError | AlreadyExistsError {
  if (!(cause instanceof ApiException)) {
    return new MeshUnavailableError('the Kubernetes API could not be reached', { cause });
  }
  const { message, reason, details } = readStatus(cause.body);
  switch (cause.code) {
    case 404:
      return new NotFoundError(message, { cause });
    case 409:
      return reason === 'AlreadyExists'
        ? new AlreadyExistsError(message, { cause })
        : new ConflictError(message, { cause });
    case 401:
      // We read a replaced token within a minute, and the API server's authenticator may be down for a moment.
      return new NotPermittedError('the Kubernetes API does not accept our credentials', { retryable: true, cause });
    case 403:
      return new NotPermittedError(forbidden(message), { cause });
    case 413:
      return new TooLargeError(message, { cause });
    case 400:
    case 415:
    case 422:
      return isTooLarge(message) ? new TooLargeError(message, { cause }) : new RejectedError(message, { cause });
  }
  if (isTooLarge(message)) return new TooLargeError(message, { cause });
  return new MeshUnavailableError(`the Kubernetes API did not serve the request (${cause.code})`, {
    cause,
    retryAfterMs: retryAfterMs(cause.headers['retry-after'], details?.retryAfterSeconds),
  });
}

/** From `User "…" cannot patch resource "virtualservices" in API group "…" in the namespace "…"`, the missing verb and resource. */
function forbidden(message: string): string {
  const at = message.indexOf('cannot ');
  const what = at < 0 ? message : message.slice(at);
  return `the Kubernetes API forbids it: the bot ${what}`;
}

function isTooLarge(message: string): boolean {
  return /request is too large|Too long: may not be more than \d+ bytes/.test(message);
}

function readStatus(body: unknown): z.infer<typeof status> {
  const parsed = status.safeParse(typeof body === 'string' ? parseJson(body) : body);
  return parsed.success ? parsed.data : { message: typeof body === 'string' ? body.slice(0, 500) : '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // for example the HTML page of a proxy: then its text is all we have
  }
}

function retryAfterMs(header: string | undefined, seconds: number | undefined): number | undefined {
  const fromHeader = header === undefined ? Number.NaN : Number(header);
  const wanted = Number.isFinite(fromHeader) ? fromHeader : seconds;
  return wanted === undefined ? undefined : wanted * 1000;
}
