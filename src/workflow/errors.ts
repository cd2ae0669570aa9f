import type { FailReason } from '../domain/change/state.ts';

/**
 * A system outside the bot failed. Adapters translate the errors of their libraries into these, once, at the call. A person may see
 * `message`; `cause` is for the log.
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

/** The Kubernetes API did not serve the request: no connection, a timeout, 429 or 5xx. A write may or may not have taken effect. */
export class MeshUnavailableError extends DependencyError {
  /** How long the server asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {}) {
    super(message, { retryable: true, because: 'unreachable', cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Prometheus could not be asked for the number of requests. */
export class TrafficUnavailableError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: true, because: 'unreachable', cause: options.cause });
  }
}

/** Policy cannot be judged now, because it depends on something unknown, such as the members of a group. */
export class PolicyUnknownError extends DependencyError {
  constructor(message: string) {
    super(message, { retryable: true, because: 'policy-unknown' });
  }
}

/**
 * RBAC denies it; the message names the missing verb and resource. With `retryable`: the API server does not accept our token at the
 * moment.
 */
export class NotPermittedError extends DependencyError {
  constructor(message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { retryable: options.retryable ?? false, because: 'not-permitted', cause: options.cause });
  }
}

/** The API server or a webhook rejects the new object; the message quotes it. */
export class RejectedError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: false, because: 'rejected', cause: options.cause });
  }
}

/** The object would exceed the size that the API server stores. */
export class TooLargeError extends DependencyError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { retryable: false, because: 'too-large', cause: options.cause });
  }
}

/** Our annotation on the object is not as we wrote it. We neither trust nor overwrite it. */
export class LedgerUnreadableError extends DependencyError {
  constructor(message: string) {
    super(message, { retryable: false, because: 'ledger-unreadable' });
  }
}

/** The store of changes did not take or return a record in time. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** The request was sent and may have been carried out; only the answer is missing. */
  readonly outcomeUnknown: boolean;

  constructor(message: string, options: { readonly outcomeUnknown?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
}

/** A stored change is not as we wrote it: altered, signed with another key, or of an unknown version. It is left alone. */
export class UntrustedRecordError extends Error {
  override readonly name: string = 'UntrustedRecordError';
}

/** A newer version of the bot wrote it, as happens during a rollout. Replicas of that version handle it. */
export class LaterRecordError extends UntrustedRecordError {
  override readonly name = 'LaterRecordError';
}

/** The change was sent to the store, but no answer came. It may or may not be accepted; its card will tell. */
export class AcceptanceUnknownError extends Error {
  override readonly name = 'AcceptanceUnknownError';
}

/** Slack did not take a message. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  /**
   * `later`: not sent, try again (after `retryAfterMs`, if Slack said so). `unknown`: it may have been sent. `never`: it will not be
   * accepted in this form; `code` says why.
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
