import { resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchBrowser } from '../support/browser.ts';
import { actAs, card, clickButton, openSlackPage, submitDialog, typeCommand } from '../support/slack-page.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

describe.runIf(findChromium())('a person in a real browser (needs Chromium)', () => {
  let world: TestWorld;
  let browser: Browser;

  beforeAll(async () => {
    const policy = resolve('src/sandbox/policy.yaml');
    const environment = { POLICY_FILE: policy };
    [world, browser] = await Promise.all([startTestWorld({ environment }), launchBrowser()]);
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

  it('approves as bob what alice may not approve herself, and rejects as carol with a reason', async () => {
    const page = await openSlackPage(browser, world.slack);

    await actAs(page, 'alice');
    await typeCommand(page, '/shift ratings v2 50');
    const waits = card(page, 'Waits for one approval');
    await clickButton(waits, 'Approve');
    await page.getByText('You may not approve here').waitFor();
    const before = await world.objects.weights('ratings');
    await actAs(page, 'bob');
    await clickButton(waits, 'Approve');
    const applied = card(page, /ratings · 50 % to v2.*Applied in/s);
    await applied.getByText('Approved by').waitFor();
    await actAs(page, 'alice');
    await typeCommand(page, '/shift ratings v2 80');
    await actAs(page, 'carol');
    await clickButton(card(page, 'Waits for one approval'), 'Reject');
    await submitDialog(page, 'not on a Friday', 'Reject');
    await card(page, 'Rejected, not applied').getByText('not on a Friday').waitFor();

    expect(before).toEqual([['v1', undefined]]);
    expect(await applied.textContent()).toMatch(/Approved by @Bob, \d+ \w+ \d{4}, \d\d:\d\d UTC\./);
    expect(await applied.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(await world.objects.weights('ratings')).toEqual([
      ['v1', 50],
      ['v2', 50],
    ]);
  });
});
