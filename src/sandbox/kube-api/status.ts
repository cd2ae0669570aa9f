import { aggregate, type FieldError } from './field-error.ts';
import type { JsonObject } from './object.ts';

/** What a Status is about: a resource (`virtualservices`) or a kind (`VirtualService`), and its group. */
export interface Subject {
  readonly group: string;
  readonly kind: string;
}

/** An answer that is an error. Thrown where the error is found, and sent by the responder. */
export class StatusError extends Error {
  readonly code: number;
  readonly status: JsonObject;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: number, reason: string | undefined, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
    const retry = details?.['retryAfterSeconds'];
    this.headers = retry === undefined ? {} : { 'Retry-After': String(retry) };
  }
}

/** `404 page not found` as plain text, for paths where no API is served. */
export class PageNotFound extends Error {}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function notFound(resource: Subject, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${quoted(resource, name)} not found`, details(resource, name));
}

export function alreadyExists(resource: Subject, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${quoted(resource, name)} already exists`, details(resource, name));
}

export function conflict(resource: Subject, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${quoted(resource, name)}: ${why}`;
  return new StatusError(409, 'Conflict', message, details(resource, name));
}

export function forbiddenTo(resource: Subject, name: string, why: string): StatusError {
  const what = name === '' ? qualified(resource) : quoted(resource, name);
  return new StatusError(403, 'Forbidden', `${what} is forbidden: ${why}`, details(resource, name));
}

/** The token is not valid. */
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbiddenPath(why: string): StatusError {
  return new StatusError(403, 'Forbidden', `forbidden: ${why}`, {});
}

export function invalidObject(subject: Subject, name: string, errors: readonly FieldError[]): StatusError {
  const message = `${quoted(subject, name)} is invalid: ${aggregate(errors)}`;
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  return new StatusError(422, 'Invalid', message, { ...details(subject, name), causes });
}

/** A JSON patch cannot be applied. The server does not say why. */
export function unprocessable(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const said = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', said);
}

export function tooLarge(why: string): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${why}`);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

/** An error inside the server, which it sends without a reason. */
export function internal(message: string): StatusError {
  return new StatusError(500, undefined, message);
}

export function expired(message: string, continueToken?: string): StatusError {
  const error = new StatusError(410, 'Expired', message);
  if (continueToken !== undefined) Object.assign(error.status, { metadata: { continue: continueToken } });
  return error;
}

export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  return new StatusError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

function qualified({ group, kind }: Subject): string {
  return group === '' ? kind : `${kind}.${group}`;
}

function quoted(subject: Subject, name: string): string {
  return `${qualified(subject)} ${JSON.stringify(name)}`;
}

function details({ group, kind }: Subject, name: string): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
  };
}
