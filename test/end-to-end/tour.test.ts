import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greet } from '../../src/sandbox/greet.ts';
import { findChromium, launchBrowser } from '../support/browser.ts';
import { drawPicture } from '../support/pictures.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { actAs, card, clickButton, openSlackPage, typeCommand } from '../support/slack-page.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

const prometheus = await realPrometheus();

/** It scrapes only some seconds after it has started. */
async function hasScraped({ measuring }: TestWorld): Promise<void> {
  const query = new URLSearchParams({ query: 'count(istio_requests_total)' });
  await expect.poll(async () => (await fetch(`${measuring.url}/api/v1/query?${query}`)).text()).toContain('"value"');
}

describe.runIf(findChromium())('the tour, taken in a real browser (needs Chromium)', () => {
  let world: TestWorld;
  let browser: Browser;
  let slack: Page;
  let product: Page;

  beforeAll(async () => {
    // The sandbox's own policy freezes details at weekends, and tests run then, too.
    const policy = join(temporaryFolder(), 'policy.yaml');
    await writeFile(
      policy,
      (await readFile(resolve('src/sandbox/policy.yaml'), 'utf8')).replace(/^freezes:[\s\S]*$/m, ''),
    );
    const environment = { POLICY_FILE: policy };
    [world, browser] = await Promise.all([
      startTestWorld({ environment, bookinfo: { requestsPerSecond: 40 }, prometheus: {} }),
      launchBrowser(),
    ]);
    await greet(world.slack);
    slack = await openSlackPage(browser, world.slack);
    product = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await product.goto(world.page?.url ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  /** Presses the button that leads on, and waits for the step that comes. */
  async function next(step: number, title: string): Promise<void> {
    const before = step === 1 ? card(slack, 'Welcome to the sandbox') : card(slack, `${step - 1} of 12`);
    await clickButton(before, step === 1 ? 'Take the tour' : 'Next');
    await card(slack, `${step} of 12 · ${title}`).waitFor();
  }

  async function type(command: string): Promise<void> {
    await typeCommand(slack, command);
  }

  async function says(words: string | RegExp): Promise<Locator> {
    const found = card(slack, words);
    await found.waitFor();
    return found;
  }

  /** What so many reloads of the product page show. */
  async function reload(times: number): Promise<Record<'none' | 'black' | 'red', number>> {
    const seen = { none: 0, black: 0, red: 0 };
    for (let time = 0; time < times; time++) {
      await product.reload();
      const [black, red] = await Promise.all(
        ['black', 'red'].map((color) => product.getByRole('img', { name: `of 5 ${color} stars` }).count()),
      );
      seen[black === 0 && red === 0 ? 'none' : red === 0 ? 'black' : 'red'] += 1;
    }
    return seen;
  }

  /** Somebody without a browser, who has no patience for pictures. */
  async function answersOf(times: number): Promise<readonly string[]> {
    const pages: string[] = [];
    for (let time = 0; time < times; time++) pages.push(await (await fetch(world.page?.url ?? '')).text());
    return pages.map((page) => /reviews (v\d)/.exec(page)?.[1] ?? 'none');
  }

  it('leads from no stars to red ones and back, past jason and an approval, and cleans up', async () => {
    if (prometheus !== undefined) await hasScraped(world);
    await actAs(slack, 'alice');
    await next(1, 'all of it to v1');
    await type('/shift apply bookinfo/virtual-service-all-v1');
    await says('All is already as the file says');

    await next(2, 'look at the page');
    expect(await reload(5)).toEqual({ none: 5, black: 0, red: 0 });

    await next(3, 'half of it to v3');
    await type('/shift reviews v3 50 --reason "red stars for everyone"');
    const half = await says(/reviews · 50 % to v3.*Applied in/s);

    await next(4, 'red stars, about half the time');
    const seen = await reload(10);
    expect(seen.black).toBe(0);
    const red = (await answersOf(200)).filter((version) => version === 'v3').length;
    expect(red).toBeGreaterThan(80 - 10); // 40 to 60 % is what a person sees; five sigmas of chance are a little more
    expect(red).toBeLessThan(120 + 10);
    while ((await reload(1)).red === 0); // for the picture
    await drawPicture(product, product, 'page.png');

    await next(5, 'what was seen');
    if (prometheus !== undefined) {
      await half.getByText(/Seen in the last \d+ s: v1 [\d.]+ %, v3 [\d.]+ % of/).waitFor();
      await drawPicture(slack, half, 'card.png');
    }

    await next(6, 'all of it to v3');
    await clickButton(half, 'v3 → 100 %');
    const all = await says(/reviews · 100 % to v3.*Applied in/s);
    expect(await reload(5)).toEqual({ none: 0, black: 0, red: 5 });

    await next(7, 'and back');
    await clickButton(all, 'Roll back');
    await says(/reviews · back to v1 50 %, v3 50 %.*Applied in/s);

    await next(8, 'a rule for jason');
    await type('/shift apply bookinfo/virtual-service-reviews-test-v2');
    const difference = await says('bookinfo/virtual-service-reviews-test-v2 is more than a shift');
    await drawPicture(slack, difference, 'difference.png');
    await clickButton(difference, 'Apply');
    await says(/reviews · bookinfo\/virtual-service-reviews-test-v2.*Applied in.*end-user = jason → v2/s);
    await product.getByLabel('User').fill('jason');
    await product.getByRole('button', { name: 'Sign in' }).click();
    await product.getByText('Signed in as jason').waitFor();
    expect(await reload(5)).toEqual({ none: 0, black: 5, red: 0 });
    await type('/shift status reviews');
    await says(/Not reached by the split: end-user = jason → v2/);
    await type('/shift unpin reviews end-user=jason');
    await clickButton(await says('Unpinning end-user=jason is more than a shift'), 'Apply');
    await says(/reviews · .*unpin.*Applied in/s);
    expect(await reload(5)).toEqual({ none: 5, black: 0, red: 0 });

    await next(9, 'four eyes');
    await type('/shift ratings v2 50');
    const waits = await says('Waits for one approval');
    await actAs(slack, 'bob');
    await clickButton(waits, 'Approve');
    await says(/ratings · 50 % to v2.*Applied in.*Approved by/s);
    await actAs(slack, 'alice');

    await next(10, 'step by step');
    await type('/shift reviews v3 10..100 by 10 every 15s');
    const ramp = await says(/reviews · ramp to v3.*asked by/s);
    await says(/ramp to v3, step 1 of 10.*Next: 20 %/s);
    await clickButton(ramp, 'Pause');
    await says(/step 1 of 10.*Paused.*asked by/s);
    await clickButton(ramp, 'Resume');
    await says(/step 1 of 10.*Next: 20 %/s);
    await clickButton(ramp, '20 % now');
    await says(/reviews · ramp to v3, step 2 of 10.*Next: 30 %/s);
    expect(await world.objects.weights('reviews')).toContainEqual(['v3', 20]);
    await drawPicture(slack, ramp, 'ramp.png');
    await clickButton(ramp, 'Roll back to v1 100 %');
    await says(/reviews · ramp to v3.*Aborted.*Back to v1 100 %/s);
    expect(await reload(5)).toEqual({ none: 5, black: 0, red: 0 });

    await next(11, 'v3 fails');
    await type('/shift reviews v3 50');
    await expect.poll(() => world.objects.weights('reviews')).toContainEqual(['v3', 50]);
    const faults = card(slack, '11 of 12').getByRole('link', { name: 'the faults page' });
    await product.goto((await faults.getAttribute('href')) ?? '');
    await product.getByText('Not set yet').waitFor();
    await product.getByRole('button', { name: 'v3 fails 5 %' }).click();
    await product.getByRole('status').getByText('reviews-v3 fails 5 % (500)').waitFor();
    await product
      .locator('#answers-legend')
      .getByText(/v3 500: \d/)
      .waitFor();
    await drawPicture(product, product, 'faults.png');
    await product.getByRole('button', { name: 'all is well' }).click();
    await product.getByRole('status').getByText('All is well').waitFor();

    await next(12, 'clean up');
    await type('/shift delete bookinfo/virtual-service-all-v1');
    const before = await world.objects.get('reviews');
    await clickButton(await says('bookinfo/virtual-service-all-v1 is more than a shift'), 'Delete');
    const cleaning = await says(/bookinfo\/virtual-service-all-v1.*Waits for one approval/s);
    await actAs(slack, 'bob');
    await clickButton(cleaning, 'Approve');
    const cleaned = await says(/bookinfo\/virtual-service-all-v1.*Applied in/s);
    await expect
      .poll(() => answersOf(30).then((versions) => [...new Set(versions)].toSorted()))
      .toEqual(['v1', 'v2', 'v3']);
    await expect(world.objects.get('reviews')).rejects.toThrow('404');
    await clickButton(cleaned, 'Roll back');
    await expect
      .poll(async () => (await world.objects.get('reviews').catch(() => undefined))?.spec)
      .toEqual(before.spec);
  }, 120_000);
});
