import type { FailReason } from '../domain/change/change.ts';

/**
 * Something outside of us did not do as asked. Adapters translate a foreign library's errors into these, once, where they call it;
 * `message` may be shown to a person, `cause` is for the log.
 */
export class DependencyError extends Error {
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly because: FailReason;

  constructor(
    message: string,
    options: { readonly retryable: boolean; readonly because: FailReason; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.retryable = options.retryable;
    this.because = options.because;
  }
}

/** The routing API did not serve the request: no connection, a timeout, 429 or 5xx. Whether a write took effect is unknown. */
export class MeshUnavailableError extends DependencyError {
  /** How long the server asked us to stay away. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {}) {
    super(message, { retryable: true, because: 'unreachable', cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Who counts the requests did not say how many there were. */
export class TrafficUnavailableError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: true, because: 'unreachable', cause: options.cause });
  }
}

/** Whether policy still allows it cannot be told now: who is in a group was not told. */
export class PolicyUnknownError extends DependencyError {
  constructor(message: string) {
    super(message, { retryable: true, because: 'policy-unknown' });
  }
}

/** RBAC says no; the message names the verb and the resource that are missing. Or, `retryable`, nobody knows who we are just now. */
export class NotPermittedError extends DependencyError {
  constructor(message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { retryable: options.retryable ?? false, because: 'not-permitted', cause: options.cause });
  }
}

/** The API server or a webhook refuses the object as it would become; the message quotes it. */
export class RejectedError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: false, because: 'rejected', cause: options.cause });
  }
}

/** The object would grow over what the API server stores. */
export class TooLargeError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: false, because: 'too-large', cause: options.cause });
  }
}

/** Our annotation on the object holds what we did not write, so we neither trust nor overwrite it. */
export class LedgerUnreadableError extends DependencyError {
  constructor(message: string) {
    super(message, { retryable: false, because: 'ledger-unreadable' });
  }
}

/** The store of changes did not take or give a record in time. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** It was asked and may have done it: only the answer did not come. */
  readonly outcomeUnknown: boolean;

  constructor(message: string, options: { readonly outcomeUnknown?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
}

/** A stored change is not as one of us wrote it: altered, signed with another key, or by a version that we do not know. It is left as it is. */
export class UntrustedRecordError extends Error {
  override readonly name: string = 'UntrustedRecordError';
}

/** One of us wrote it, but a version after this one, as while replicas are replaced: those that know it go on with it. */
export class LaterRecordError extends UntrustedRecordError {
  override readonly name = 'LaterRecordError';
}

/** The change was sent to the store, and no answer came: it may be accepted or not, and its card will tell. */
export class AcceptanceUnknownError extends Error {
  override readonly name = 'AcceptanceUnknownError';
}

/** Chat did not take a message. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  /**
   * `later`: not sent, try again (with how long to wait, where chat said so); `unknown`: it may or may not have been sent;
   * `never`: it will not be taken as it is, `code` says why.
   */
  readonly outcome: 'later' | 'unknown' | 'never';
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      readonly outcome: 'later' | 'unknown' | 'never';
      readonly code: string;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.outcome = options.outcome;
    this.code = options.code;
    this.retryAfterMs = options.retryAfterMs;
  }
}
