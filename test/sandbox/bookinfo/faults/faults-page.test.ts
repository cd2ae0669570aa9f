import { describe, expect, it } from 'vitest';
import { apply, countAnswers, ruleFile, startBookinfoWorld } from '../../../support/bookinfo.ts';
import { eventually } from '../../../support/eventually.ts';

describe('the page of the faults', () => {
  it('sets what a button says, for all requests from then on, and ends it', async () => {
    const { bookinfo } = await startBookinfoWorld();

    const answer = await post(bookinfo.pageUrl, { 'reviews-v1.fail': '100', 'reviews-v1.status': '503' });
    const failing = await countAnswers(bookinfo, 50);
    const page = await textOf(bookinfo.pageUrl);
    await post(bookinfo.pageUrl, { preset: 'well' });

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/faults']);
    expect(failing).toEqual({ '503': 50 });
    expect(page).toContain('reviews-v1 fails 100 % (503)');
    expect(page).toContain('name="reviews-v1.fail" value="100"');
    expect(page).toContain('<option selected>503</option>');
    expect(await countAnswers(bookinfo, 50)).toEqual({ v1: 50 });
    expect(await textOf(bookinfo.pageUrl)).toContain('All is well');
  });

  it('makes a common outage: all versions of reviews fail alike', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, await ruleFile('virtual-service-reviews-50-v3'));
    await eventually(async () =>
      expect(Object.keys(await countAnswers(bookinfo, 20)).toSorted()).toEqual(['v1', 'v3']),
    );

    await post(bookinfo.pageUrl, { preset: 'all-fail' });
    const { 500: failed = 0, v1 = 0, v3 = 0 } = await countAnswers(bookinfo, 1_000);

    expect(Math.abs(failed - 200)).toBeLessThan(5 * Math.sqrt(1_000 * 0.2 * 0.8));
    expect(Math.abs(v1 - v3)).toBeLessThan(5 * Math.sqrt(800));
    expect(await textOf(bookinfo.pageUrl)).toContain('reviews-v2 fails 20 % (500)');
  });

  it.each(['?preset=v3-fails', '?reviews-v3.fail=5'])(
    'fills the form from a link, %s, and changes nothing',
    async (query) => {
      const { bookinfo } = await startBookinfoWorld();

      const page = await textOf(bookinfo.pageUrl, query);

      expect(page).toContain('name="reviews-v3.fail" value="5"');
      expect(page).toContain('Not set yet');
      expect(page).toContain('All is well');
      expect(await textOf(bookinfo.pageUrl)).toContain('name="reviews-v3.fail" value="0"');
    },
  );

  it('says what cannot be set, sets nothing of it, and shows hostile text as text', async () => {
    const { bookinfo } = await startBookinfoWorld();
    const hostile = '"><script>alert(1)</script>';

    const refused = await post(bookinfo.pageUrl, { 'reviews-v1.fail': hostile, 'reviews-v2.fail': '7' });
    const page = await refused.text();
    const asked = await fetch(new URL(`/faults?${new URLSearchParams({ preset: hostile })}`, bookinfo.pageUrl));
    const other = await fetch(new URL('/faults', bookinfo.pageUrl), { method: 'DELETE' });

    expect([refused.status, asked.status, other.status]).toEqual([400, 400, 405]);
    expect(page).toContain('The share of failures is a number from 0 to 100.');
    expect(page).toContain('name="reviews-v2.fail" value="7"');
    expect([page, await asked.text()].filter((text) => text.includes('<script>alert'))).toEqual([]);
    expect(await textOf(bookinfo.pageUrl)).toContain('All is well');
  });

  it('is linked from the product page, which says what is wrong, and works while no product page does', async () => {
    const { bookinfo } = await startBookinfoWorld();
    const before = await (await fetch(bookinfo.pageUrl)).text();

    await post(bookinfo.pageUrl, { preset: 'v3-slow' });
    const slow = await (await fetch(bookinfo.pageUrl)).text();
    await post(bookinfo.pageUrl, { 'productpage-v1.fail': '100' });
    const failing = await fetch(bookinfo.pageUrl);

    expect(before).toContain('<a href="/faults">Faults</a>');
    expect(slow).toContain('Faults: reviews-v3 is slow: 50 % take 500 ms longer');
    expect(failing.status).toBe(500);
    expect(await textOf(bookinfo.pageUrl)).toContain('productpage-v1 fails 100 % (500)');
  });

  it('counts the failures of a version apart in the bar', async () => {
    const { bookinfo } = await startBookinfoWorld();
    await post(bookinfo.pageUrl, { 'reviews-v1.fail': '100' });

    await countAnswers(bookinfo, 10);

    const answers = await (await fetch(new URL('/answers', bookinfo.pageUrl))).json();
    expect(answers).toEqual({ of: 10, answers: [{ by: 'v1 500', isFailure: true, count: 10 }] });
  });
});

function post(pageUrl: string, form: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(new URL('/faults', pageUrl), { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
}

async function textOf(pageUrl: string, query = ''): Promise<string> {
  return (await fetch(new URL(`/faults${query}`, pageUrl))).text();
}
