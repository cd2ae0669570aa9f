import type { Browser, Locator, Page } from 'playwright-core';
import type { LocalSlack } from '../../src/sandbox/local-slack.ts';
import type { Person } from './slack-client.ts';

type Channel = 'reviews' | 'general';

/** Opens the local Slack's web page in a channel, as alice until `actAs` says otherwise. */
export async function openSlackPage(
  browser: Browser,
  { url }: Pick<LocalSlack, 'url'>,
  { channel = 'reviews' }: { readonly channel?: Channel } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await openChannel(page, channel);
  return page;
}

async function openChannel(page: Page, channel: Channel): Promise<void> {
  await page
    .getByRole('complementary')
    .getByRole('button', { name: `# ${channel}`, exact: true })
    .click();
  await composer(page, channel).waitFor();
}

/** Chooses who types and clicks from now on. What the page shows stays the same: it shows everyone's ephemeral messages. */
export async function actAs(page: Page, person: Person): Promise<void> {
  const name = person.charAt(0).toUpperCase() + person.slice(1);
  await page.getByLabel('Act as').selectOption({ label: name });
  await page.getByPlaceholder(new RegExp(` as ${person}\\b`)).waitFor();
}

/** Types a command, or anything else, into the composer and sends it. */
export async function typeCommand(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('main').getByRole('button', { name: 'Send' }).click();
}

/** The newest message of the channel that holds this text. */
export function card(page: Page, text: string | RegExp): Locator {
  // A message has no role of its own; its timestamp is the one thing that only messages have.
  return page.getByRole('main').locator('[data-ts]').filter({ hasText: text }).last();
}

/** Presses the button of a card whose text begins so. */
export async function clickButton(on: Locator, text: string): Promise<void> {
  await on.getByRole('button', { name: startingWith(text) }).click();
}

/** Types into the one field of the dialog that is open, and submits it. */
export async function submitDialog(page: Page, text: string, submit: string): Promise<void> {
  // A dialog has no role of its own; it stands after all else.
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  await page.getByRole('textbox').last().fill(text);
  await page.getByRole('button', { name: submit, exact: true }).last().click();
}

function composer(page: Page, channel?: Channel): Locator {
  return page.getByPlaceholder(new RegExp(`^Message #${channel ?? ''}`));
}

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
}
