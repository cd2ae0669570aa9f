import {
  type Logger,
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import { ChatError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';

export interface WebOptions {
  readonly botToken: string;
  readonly apiUrl?: string | undefined;
}

/** Gives up after seconds, not after half an hour. What was not sent is still owed, and is sent when Slack is back. */
export function webOptions({ apiUrl }: Pick<WebOptions, 'apiUrl'>) {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    timeout: 10_000,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  };
}

export function slackClient({ botToken, apiUrl }: WebOptions, log: Log): WebClient {
  return new WebClient(botToken, { ...webOptions({ apiUrl }), logger: clientLogger(log) });
}

/** The one place where errors of Slack's client become errors of ours. */
export async function call<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw cause instanceof ChatError ? cause : toChatError(cause);
  }
}

/** With these errors Slack says that it cannot serve right now (https://docs.slack.dev/reference/methods/chat.postMessage#errors). */
const passing: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
]);

function toChatError(cause: unknown): ChatError {
  if (cause instanceof WebAPIRateLimitedError) {
    return new ChatError('Slack asks to wait', {
      outcome: 'later',
      code: 'ratelimited',
      retryAfterMs: cause.retryAfter * 1000,
      cause,
    });
  }
  if (cause instanceof WebAPIPlatformError) {
    const { error } = cause.data;
    return new ChatError(`Slack answers ${error}`, {
      outcome: passing.has(error) ? 'unknown' : 'never',
      code: error,
      cause,
    });
  }
  const code = cause instanceof WebAPIHTTPError ? `http_${cause.statusCode}` : 'no_answer';
  return new ChatError('Slack did not answer', { outcome: 'unknown', code, cause });
}

/** Writes what Slack's libraries log to our log. Their debug lines hold whole payloads, so they are left out. */
export function clientLogger(log: Log): Logger {
  const at =
    (write: Log['info']) =>
    (...parts: unknown[]) =>
      write({ parts: parts.map(String).join(' ').slice(0, 500) }, 'Slack client');
  return {
    debug: () => {},
    info: () => {},
    warn: at((fields, message) => log.warn(fields, message)),
    error: at((fields, message) => log.error(fields, message)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
