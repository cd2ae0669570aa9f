import { unescape as unescaped } from 'node:querystring';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { TrafficUnavailableError } from '../workflow/errors.ts';

/** One row of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const timeoutMs = 4_000;
/** We expect a few rows. A longer answer does not answer our question. */
const maxBytes = 1_000_000;
const maxQuoted = 200;

const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.coerce.number()]) }),
    ),
  }),
});
/** What a query of somebody else's may give. Prometheus writes a number as text, also `NaN` and `+Inf`. */
const point = z.tuple([z.number(), z.string().transform(Number)]);
const anyAnswer = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: point }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: point })) }),
  ]),
});
const refusal = z.object({ error: z.string() });

/** The query API of one Prometheus, or of a server that speaks it. */
export class QueryApi {
  readonly #endpoint: string;
  readonly #authorization: string | undefined;
  readonly #agent = new Agent({ connect: { timeout: timeoutMs }, connections: 4, maxResponseSize: maxBytes });

  /** `address` may contain a user, a password and a path prefix. */
  constructor(address: URL) {
    const { username, password, origin, pathname } = address;
    this.#endpoint = `${origin}${pathname.replace(/\/$/, '')}/api/v1/query`;
    const credentials = `${unescaped(username)}:${unescaped(password)}`;
    this.#authorization =
      username === '' && password === '' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  /** Runs an instant query as of `at`, which may be in the past. */
  async ask(query: string, at: Date): Promise<readonly Sample[]> {
    const parsed = answer.safeParse(await this.#query(query, at));
    if (!parsed.success)
      throw new TrafficUnavailableError('the answer of Prometheus is not an instant vector', { cause: parsed.error });
    return parsed.data.data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value }));
  }

  /** The values that an instant query gives, of a scalar or of each row. Each may be no number. */
  async values(query: string, at: Date): Promise<readonly number[]> {
    const parsed = anyAnswer.safeParse(await this.#query(query, at));
    if (!parsed.success)
      throw new TrafficUnavailableError('the answer of Prometheus is neither a number nor an instant vector', {
        cause: parsed.error,
      });
    const { data } = parsed.data;
    return data.resultType === 'scalar' ? [data.result[1]] : data.result.map(({ value: [, value] }) => value);
  }

  async #query(query: string, at: Date): Promise<unknown> {
    const { status, text } = await this.#post({
      query,
      time: String(at.getTime() / 1000),
      timeout: `${timeoutMs}ms`,
    });
    if (status !== 200) throw new TrafficUnavailableError(`Prometheus answered ${status}${quoted(text)}`);
    return parse(text);
  }

  async close(): Promise<void> {
    await this.#agent.destroy(); // does not wait for pending answers
  }

  async #post(form: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const { statusCode, body } = await request(this.#endpoint, {
        method: 'POST', // a query can be longer than a proxy allows in a URL
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
        },
        body: new URLSearchParams(form).toString(),
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: statusCode, text: await body.text() };
    } catch (cause) {
      throw new TrafficUnavailableError('Prometheus did not answer', { cause });
    }
  }
}

function quoted(text: string): string {
  const said = refusal.safeParse(parse(text));
  return said.success ? `: ${said.data.error.slice(0, maxQuoted)}` : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
