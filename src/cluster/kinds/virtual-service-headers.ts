import { z } from 'zod';

const values = z.record(z.string(), z.string());

/** What we read of a Headers: what it does to the headers of answers. */
export const headers = z.object({
  response: z.object({ set: values.optional(), add: values.optional() }).optional(),
});

interface WithHeaders {
  readonly headers?: z.infer<typeof headers> | undefined;
}

/** The names of the cookies that a rule, or one of its destinations, sets in its answers. Flagger keeps sessions so. */
export function cookiesSet(all: readonly WithHeaders[]): readonly string[] {
  const written = all.flatMap(({ headers: of }) => [of?.response?.set, of?.response?.add].flatMap(setCookiesIn));
  return [...new Set(written.flatMap((value) => nameIn(value) ?? []))];
}

function setCookiesIn(all: Readonly<Record<string, string>> = {}): readonly string[] {
  return Object.entries(all).flatMap(([name, value]) => (name.toLowerCase() === 'set-cookie' ? [value] : []));
}

/** `flagger-cookie=abc; Max-Age=86400` */
function nameIn(value: string): string | undefined {
  return /^\s*([^=;\s]+)\s*=/.exec(value)?.[1];
}
