import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { answeredBy, apply, objectsOf, remove, ruleFile, startBookinfoWorld } from '../../support/bookinfo.ts';
import { findChromium, launchBrowser } from '../../support/browser.ts';

describe.runIf(findChromium())('the product page in a real browser (needs Chromium)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  async function open(url: string, width = 1280): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    onTestFinished(() => page.close());
    await page.goto(url);
    return page;
  }

  it('shows red stars for about half of the requests, black stars to jason, and counts both without a reload', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    await apply(kube, objectsOf(jasonAndHalf));
    await answeredBy(bookinfo, ['v1', 'v3']);
    const page = await open(bookinfo.pageUrl);

    let red = 0;
    const times = 40;
    for (let time = 0; time < times; time++) {
      await page.reload();
      if ((await page.getByRole('img', { name: '5 of 5 red stars' }).count()) === 1) red += 1;
    }
    await page.getByLabel('User').fill('jason');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as jason').waitFor();
    const black = await page.getByRole('img', { name: /of 5 black stars/ }).count();
    await page
      .locator('#answers-legend')
      .getByText(/v2: \d/)
      .waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('User').waitFor();

    expect(Math.abs(red - times / 2)).toBeLessThan(5 * Math.sqrt(times / 4));
    expect(black).toBe(2);
    expect(await page.getByText('black stars').count()).toBe(0);
  }, 60_000);

  it('updates its bar without a reload when the split changes', async () => {
    const { bookinfo, kube } = await startBookinfoWorld();
    const page = await open(bookinfo.pageUrl);
    await page.locator('#answers-legend').getByText('v1: 1').waitFor();

    await apply(kube, await ruleFile('virtual-service-reviews-v3'));
    await answeredBy(bookinfo, ['v3']);

    await page
      .locator('#answers-legend')
      .getByText(/v3: \d\d/)
      .waitFor();
    expect(await page.locator('.version').textContent()).toBe('reviews v1'); // the page was not reloaded
  });

  it.each([1280, 400])('cuts nothing off at a width of %d, with stars and with a failure', async (width) => {
    const { bookinfo, kube } = await startBookinfoWorld();
    const page = await open(bookinfo.pageUrl, width);
    const withReviews = await overflowing(page);

    await remove(kube, 'DestinationRule', 'reviews');
    await answeredBy(bookinfo, ['503 NC']);
    await page.reload();
    await page.getByText('503 NC', { exact: true }).waitFor();

    expect(withReviews).toEqual([]);
    expect(await overflowing(page)).toEqual([]);
  });

  it.each([1280, 400])('sets faults without any script, and cuts nothing off at a width of %d', async (width) => {
    const { bookinfo } = await startBookinfoWorld();
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width, height: 900 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(bookinfo.pageUrl);

    await page.getByRole('link', { name: 'Faults' }).click();
    const empty = await cutOff(page);
    await page.getByRole('group', { name: 'reviews v2' }).getByLabel('fails').fill('12.5');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByRole('status').getByText('reviews-v2 fails 12.5 % (500)').waitFor();
    const set = await cutOff(page);
    await page.getByRole('button', { name: 'all is well' }).click();
    await page.getByRole('status').getByText('All is well').waitFor();

    expect([...empty, ...set]).toEqual([]);
  });
});

const jasonAndHalf = `
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
    - match: [{headers: {end-user: {exact: jason}}}]
      route: [{destination: {host: reviews, subset: v2}}]
    - route:
        - {destination: {host: reviews, subset: v1}, weight: 50}
        - {destination: {host: reviews, subset: v3}, weight: 50}`;

/** Without script in the page, the elements cannot be asked; whether the page scrolls sideways can. */
async function cutOff(page: Page): Promise<readonly string[]> {
  const boxes = await page.locator('input, select, button, legend, p, h2').all();
  const width = page.viewportSize()?.width ?? 0;
  const outside = await Promise.all(
    boxes.map(async (each) => {
      const box = await each.boundingBox();
      return box !== null && box.x >= 0 && box.x + box.width <= width ? [] : [await each.innerText()];
    }),
  );
  return outside.flat();
}

/** The elements with content that is wider than the element. */
function overflowing(page: Page): Promise<readonly string[]> {
  return page.locator('body *').evaluateAll((elements) =>
    elements
      .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1) // inline text has 0
      .map(({ outerHTML }) => outerHTML.slice(0, 80)),
  );
}
