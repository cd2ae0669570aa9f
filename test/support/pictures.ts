import { resolve } from 'node:path';
import type { Locator, Page } from 'playwright-core';

/** A picture for a page of the documentation. `UPDATE_PICTURES=1 npm test -- end-to-end` draws it again, without the mouse pointer. */
export async function drawPicture(page: Page, shown: Locator | Page, name: string): Promise<void> {
  if (process.env['UPDATE_PICTURES'] === undefined) return;
  await page.mouse.move(0, 0);
  await shown.screenshot({ path: resolve(import.meta.dirname, '../end-to-end', name) });
}
