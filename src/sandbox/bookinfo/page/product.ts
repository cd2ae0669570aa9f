import { z } from 'zod';
import type { Faults } from '../faults/version-faults.ts';
import type { Call, Reply } from '../sidecar.ts';

export const product = {
  id: 0,
  title: 'The Comedy of Errors',
  descriptionHtml:
    'Two pairs of twins, separated by a shipwreck, come to the same town on the same day. Everybody takes each twin for his brother: the wrong man pays the bills, the wrong guest eats the dinner, and a husband is locked out of his own house.',
};

const details = z.object({
  author: z.string(),
  year: z.number(),
  type: z.string(),
  pages: z.number(),
  publisher: z.string(),
  language: z.string(),
  'ISBN-10': z.string(),
  'ISBN-13': z.string(),
});
export type Details = z.infer<typeof details>;

const rating = z.object({ stars: z.number(), color: z.string() }).or(z.object({ error: z.string() }));
const reviews = z.object({
  podname: z.string(),
  reviews: z.array(z.object({ reviewer: z.string(), text: z.string(), rating: rating.optional() })),
});
export type Reviews = z.infer<typeof reviews>;

/** The answer of another service, or why there is none. */
export type Answer<T> = { readonly ok: T } | Failure;

export interface Failure {
  readonly status: number;
  /** Empty if a pod answered. */
  readonly flag: string;
  readonly why: string;
}

export interface Shown {
  readonly details: Answer<Details>;
  readonly reviews: Answer<Reviews>;
  readonly user: string | undefined;
  readonly faults: Faults;
}

type Headers = Parameters<Call>[2];

export async function fetchProduct(call: Call, headers: Headers): Promise<Pick<Shown, 'details' | 'reviews'>> {
  const [ofDetails, ofReviews] = await Promise.all([
    read(call('details', `/details/${product.id}`, headers), details),
    read(call('reviews', `/reviews/${product.id}`, headers), reviews),
  ]);
  return { details: ofDetails, reviews: ofReviews };
}

/** The version in a pod's name: `reviews-v3-6d4f` is v3. */
export function versionOf({ podname }: Reviews): string | undefined {
  return /^[a-z0-9]+-(v\d+)\b/.exec(podname)?.[1];
}

const words: Readonly<Record<string, string>> = {
  NC: 'No DestinationRule defines the subset that the VirtualService sends this request to.',
  UH: 'No pod runs the version that the VirtualService sends this request to.',
  NR: 'No rule of the VirtualService matches this request.',
  FI: 'The VirtualService injects this fault.',
  UT: 'No answer came within the timeout that the VirtualService sets.',
  UF: 'The pod did not answer.',
};

async function read<T>(reply: Promise<Reply>, schema: z.ZodType<T>): Promise<Answer<T>> {
  try {
    const { status, flag, body } = await reply;
    if (status !== 200) return { status, flag, why: explain(flag) };
    return { ok: schema.parse(JSON.parse(body)) };
  } catch {
    return { status: 503, flag: '', why: 'The service sent no answer that could be read.' };
  }
}

/** Explains Envoy's response flag to the reader of the page. */
export function explain(flag: string): string {
  return words[flag] ?? 'The service answered with an error.';
}
