import { type DestinationStream, type Logger, pino } from 'pino';

/** JSON lines on standard output: a constant message and fields. `warn`: someone may need to look. `error`: someone must. */
export function createLog(level: string, destination: DestinationStream = pino.destination()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describe },
    },
    destination,
  );
}

interface Described {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: Described | undefined;
}

/** Only the error's own message and stack. Libraries attach more, such as a request with its token. */
function describe(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message: message.slice(0, 1000),
    stack: stack?.slice(0, 2000),
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  };
}
