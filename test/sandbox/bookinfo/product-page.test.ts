import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { startTraffic } from '../../../src/sandbox/bookinfo/traffic.ts';
import { answeredBy, apply, objectsOf, remove, ruleFile, startBookinfoWorld } from '../../support/bookinfo.ts';
import { eventually } from '../../support/eventually.ts';

describe('the product page', () => {
  it.each`
    version | file                                 | stars
    ${'v1'} | ${'virtual-service-all-v1'}          | ${[]}
    ${'v2'} | ${'virtual-service-reviews-test-v2'} | ${['5 of 5 black stars', '4 of 5 black stars']}
    ${'v3'} | ${'virtual-service-reviews-v3'}      | ${['5 of 5 red stars', '4 of 5 red stars']}
  `('says that $version answered, and shows $stars', async ({ version, file, stars }) => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile(file));
    const cookie = version === 'v2' ? 'user=jason' : '';
    if (version === 'v3') await answeredBy(bookinfo, ['v3']);

    const page = await eventually(async () => {
      const text = await textOf(bookinfo.pageUrl, { cookie });
      expect(text).toContain(`reviews ${version}`);
      return text;
    });

    expect([...page.matchAll(/\d of 5 \w+ stars/g)].map(([label]) => label)).toEqual(stars);
    expect(page).toContain('The Comedy of Errors');
    expect(page).toContain('William Shakespeare');
  });

  it('signs in and out, and passes the user name on to the services', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile('virtual-service-reviews-jason-v2-v3'));
    await answeredBy(bookinfo, ['v3']);

    const signedIn = await post(bookinfo.pageUrl, '/login', { username: ' jason ' });
    const cookie = cookieOf(signedIn);
    const asJason = await textOf(bookinfo.pageUrl, { cookie });
    const signedOut = await post(bookinfo.pageUrl, '/logout', {}, { cookie });

    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.get('location')).toBe('/productpage');
    expect(asJason).toContain('Signed in as <b>jason</b>');
    expect(asJason).toContain('reviews v2');
    expect(cookieOf(signedOut)).toBe('user=');
    expect(await textOf(bookinfo.pageUrl, { cookie: 'user=' })).toContain('reviews v3');
  });

  it('ignores an end-user header that the client sends', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile('virtual-service-reviews-jason-v2-v3'));
    await answeredBy(bookinfo, ['v3']);

    expect(await textOf(bookinfo.pageUrl, { 'end-user': 'jason' })).toContain('reviews v3');
  });

  it('passes the cookie on, so that the rule of 2017 matches jason', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(
      kube,
      objectsOf(`
        kind: VirtualService
        metadata: {name: reviews}
        spec:
          hosts: [reviews]
          http:
            - match: [{headers: {cookie: {regex: "^(.*?;)?(user=jason)(;.*)?$"}}}]
              route: [{destination: {host: reviews, subset: v2}}]
            - route: [{destination: {host: reviews, subset: v3}}]`),
    );
    await answeredBy(bookinfo, ['v3']);

    expect(await textOf(bookinfo.pageUrl, { cookie: 'user=jason' })).toContain('reviews v2');
  });

  it('shows a hostile name as text, and refuses names that do not fit into a header', async () => {
    const { bookinfo } = await startBookinfoWorld();
    const hostile = '<script>alert("1")</script>&';

    const cookie = cookieOf(await post(bookinfo.pageUrl, '/login', { username: hostile }));
    const page = await textOf(bookinfo.pageUrl, { cookie });
    const refused = await Promise.all(
      ['', 'a\r\nx: y', 'Jürgen', 'x'.repeat(41)].map((username) => post(bookinfo.pageUrl, '/login', { username })),
    );
    const forged = await textOf(bookinfo.pageUrl, { cookie: `user=${encodeURIComponent('a\r\nx: y')}` });

    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;');
    expect(page).not.toContain('<script>alert');
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(refused.map((each) => each.headers.get('set-cookie'))).toEqual([null, null, null, null]);
    expect(forged).toContain('Sign in');
  });

  it('shows the failure of reviews, and still shows the rest', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await remove(kube, 'DestinationRule', 'reviews');
    await answeredBy(bookinfo, ['503 NC']);

    const answer = await fetch(bookinfo.pageUrl);
    const page = await answer.text();

    expect(answer.status).toBe(200);
    expect(page).toContain('503 NC');
    expect(page).toContain('No DestinationRule defines the subset');
    expect(page).toContain('William Shakespeare');
  });

  it('shows reviews without stars when ratings does not answer, and says that they are missing', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await remove(kube, 'DestinationRule', 'ratings');
    await apply(kube, await ruleFile('virtual-service-reviews-v3'));
    await answeredBy(bookinfo, ['v3']);

    // DestinationRules have their own watch, so the deletion may arrive later than the VirtualService.
    const page = await eventually(async () => {
      const text = await textOf(bookinfo.pageUrl);
      expect(text).toContain('The ratings service does not answer');
      return text;
    });

    expect(page).toContain('reviews v3');
  });

  it('is replaced by an error page for people, and by the answer of Envoy for programs, when no pod of it can answer', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await remove(kube, 'DestinationRule', 'productpage');

    const forPeople = await eventually(async () => {
      const answer = await fetch(bookinfo.pageUrl, { headers: { accept: 'text/html' } });
      expect(answer.status).toBe(503);
      return answer.text();
    });
    const forPrograms = await fetch(bookinfo.pageUrl);

    expect(forPeople).toContain('The product page did not answer');
    expect(forPrograms.headers.get('x-response-flags')).toBe('NC');
    expect(await forPrograms.text()).toBe('');
  });

  it('redirects from the root, answers 404 elsewhere, and serves JSON to programs', async () => {
    const { bookinfo } = await startBookinfoWorld();
    const at = (path: string) => new URL(path, bookinfo.pageUrl);

    const root = await fetch(at('/'), { redirect: 'manual' });
    const elsewhere = await fetch(at('/constructor'));
    const details = await (await fetch(at('/api/v1/products/0'))).json();
    const reviews = await (await fetch(at('/api/v1/products/0/reviews'))).json();
    const ratings = await (await fetch(at('/api/v1/products/0/ratings'))).json();

    expect(root.headers.get('location')).toBe('/productpage');
    expect(elsewhere.status).toBe(404);
    expect(details).toMatchObject({ author: 'William Shakespeare', 'ISBN-10': expect.any(String) });
    expect(reviews).toMatchObject({ id: '0', podname: expect.stringMatching(/^reviews-v1-/), reviews: [{}, {}] });
    expect(ratings).toEqual({ id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
  });

  it('loads nothing from other hosts', async () => {
    const { bookinfo } = await startBookinfoWorld();

    const answer = await fetch(bookinfo.pageUrl);
    const sources = [...(await answer.text()).matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, source]) => source);

    expect(sources.filter((source) => !source?.startsWith('/') && source !== 'data:,')).toEqual([]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('the counts of recent answers', () => {
  it('cover the last hundred answers of reviews, by version, with failures apart', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    const empty = await answersOf(bookinfo.pageUrl);

    for (let times = 0; times < 120; times++) await textOf(bookinfo.pageUrl);
    const full = await answersOf(bookinfo.pageUrl);
    await remove(kube, 'DestinationRule', 'reviews');
    await answeredBy(bookinfo, ['503 NC']);
    const mixed = await answersOf(bookinfo.pageUrl);

    expect(empty).toEqual({ of: 0, answers: [] });
    expect(full).toEqual({ of: 100, answers: [{ by: 'v1', isFailure: false, count: 100 }] });
    expect(mixed.of).toBe(100);
    expect(mixed.answers.map(({ by, isFailure }) => ({ by, isFailure }))).toEqual([
      { by: 'v1', isFailure: false },
      { by: '503 NC', isFailure: true },
    ]);
  });

  it('include generated traffic, at the given rate', async () => {
    const { bookinfo } = await startBookinfoWorld();
    const dispatcher = new Agent();
    const startedMs = performance.now();

    const traffic = startTraffic([{ url: bookinfo.pageUrl }], 40, dispatcher);
    const { of } = await eventually(async () => {
      const counts = await answersOf(bookinfo.pageUrl);
      expect(counts.of).toBeGreaterThanOrEqual(40);
      return counts;
    });
    const seconds = (performance.now() - startedMs) / 1000;
    await traffic.stop();
    await dispatcher.close();

    expect(of / seconds).toBeLessThanOrEqual(45);
  });
});

interface Counts {
  readonly of: number;
  readonly answers: readonly { readonly by: string; readonly isFailure: boolean; readonly count: number }[];
}

async function answersOf(pageUrl: string): Promise<Counts> {
  return (await (await fetch(new URL('/answers', pageUrl))).json()) as Counts; // the page's own script reads it like this
}

async function textOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await fetch(url, { headers })).text();
}

function post(
  pageUrl: string,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams(form);
  return fetch(new URL(path, pageUrl), { method: 'POST', body, headers, redirect: 'manual' });
}

function cookieOf(answer: Response): string {
  return answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
}
