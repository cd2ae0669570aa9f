import { z } from 'zod';
import { type Handler, pathOf, sendJson } from './http-service.ts';
import type { Call } from './sidecar.ts';

const bookDetails = {
  id: 0,
  author: 'William Shakespeare',
  year: 1594,
  type: 'paperback',
  pages: 112,
  publisher: 'Globe & Quarto',
  language: 'English',
  'ISBN-10': '0140620001',
  'ISBN-13': '978-0140620001',
};

const starsOf = { Reviewer1: 5, Reviewer2: 4 };

const texts = {
  Reviewer1: 'Two pairs of twins, one town, and not a quiet minute. I laughed until the last act, and then once more.',
  Reviewer2: 'As tangled as a comedy may be: everybody is mistaken for somebody else, and all is well in the end.',
};

/** The color of the stars in each version of reviews. v1 shows no stars. */
const starColors: Readonly<Record<string, string | undefined>> = { v1: undefined, v2: 'black', v3: 'red' };

const ratingsReply = z.object({ ratings: z.record(z.string(), z.number()) });

/** `/details/<id>`: facts about the book. */
export function detailsService(): Handler {
  return answering(/^\/details\/(\d+)$/, async (id) => ({ ...bookDetails, id }));
}

/** `/ratings/<id>`: stars by reviewer. */
export function ratingsService(): Handler {
  return answering(/^\/ratings\/(\d+)$/, async (id) => ({ id, ratings: starsOf }));
}

/** `/reviews/<id>`: the reviews. From v2 on they have stars, which come from the ratings service. */
export function reviewsService(version: string, podname: string, call: Call): Handler {
  return answering(/^\/reviews\/(\d+)$/, async (id, request) => {
    const rating = await ratingOf(starColors[version], () => call('ratings', `/ratings/${id}`, request.headers));
    const reviews = Object.entries(texts).map(([reviewer, text]) => ({ reviewer, text, ...rating(reviewer) }));
    return { id: String(id), podname, clustername: 'null', reviews };
  });
}

type RatingOf = (reviewer: string) => object;

async function ratingOf(color: string | undefined, ask: () => ReturnType<Call>): Promise<RatingOf> {
  if (color === undefined) return () => ({});
  const stars = await ask()
    .then(({ status, body }) => (status === 200 ? ratingsReply.parse(JSON.parse(body)).ratings : undefined))
    .catch(() => undefined); // on any failure: reviews without stars are better than none, and they say so
  if (stars === undefined) return () => ({ rating: { error: 'The ratings service does not answer' } });
  return (reviewer) => ({ rating: { stars: stars[reviewer] ?? 0, color } });
}

function answering(pattern: RegExp, reply: (id: number, request: Parameters<Handler>[0]) => Promise<object>): Handler {
  return async (request, response) => {
    const path = pathOf(request);
    if (path === '/health') return sendJson(response, 200, { status: 'healthy' });
    const [, id] = pattern.exec(path) ?? [];
    if (id === undefined) return sendJson(response, 404, { error: 'not found' });
    sendJson(response, 200, await reply(Number(id), request));
  };
}
