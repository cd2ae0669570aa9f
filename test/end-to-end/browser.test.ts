import { resolve } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchBrowser } from '../support/browser.ts';
import { actAs, card, clickButton, openSlackPage, typeCommand } from '../support/slack-page.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

describe.runIf(findChromium())('a person in a real browser (needs Chromium)', () => {
  let world: TestWorld;
  let browser: Browser;

  beforeAll(async () => {
    [world, browser] = await Promise.all([startTestWorld(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  it('shifts as alice, sees the card, and sees it rolled back by bob', async () => {
    const page = await openSlackPage(browser, world.slack);

    await actAs(page, 'alice');
    await typeCommand(page, '/shift reviews v3 50 --reason "red stars for everyone"');
    const shifted = card(page, /50 % to v3/);
    await shifted.getByText('Applied in').waitFor();
    const half = await world.objects.weights('reviews');
    await drawPicture(page, shifted);
    await actAs(page, 'bob');
    await clickButton(shifted, 'Roll back');
    await card(page, /50 % to v3/)
      .getByText('Rolled back')
      .waitFor();

    expect(half).toEqual([
      ['v1', 50],
      ['v3', 50],
    ]);
    expect(await world.objects.weights('reviews')).toEqual([
      ['v1', 100],
      ['v3', 0],
    ]);
    expect(
      await card(page, /50 % to v3/)
        .getByRole('button', { name: 'Roll back' })
        .count(),
    ).toBe(0);
  });
});

/** README's picture of a card, drawn anew by `UPDATE_PICTURES=1 npm test -- browser`. */
async function drawPicture(page: Page, shown: Locator): Promise<void> {
  if (process.env['UPDATE_PICTURES'] === undefined) return;
  await page.mouse.move(0, 0);
  await shown.screenshot({ path: resolve(import.meta.dirname, 'card.png') });
}
