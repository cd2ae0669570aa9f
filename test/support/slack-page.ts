import type { Browser, Locator, Page } from 'playwright-core';
import type { LocalSlack } from '../../src/sandbox/local-slack.ts';
import type { Person } from './slack-client.ts';

type Channel = 'reviews' | 'general';

/** Opens a channel on the web page of the local Slack, as alice until `actAs` changes that. */
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

/** Chooses the person who types and clicks. The page still shows everyone's ephemeral messages. */
export async function actAs(page: Page, person: Person): Promise<void> {
  const name = person.charAt(0).toUpperCase() + person.slice(1);
  await page.getByLabel('Act as').selectOption({ label: name });
  await page.getByPlaceholder(new RegExp(` as ${person}\\b`)).waitFor();
}

/** Types a command or other text into the composer and sends it. */
export async function typeCommand(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('main').getByRole('button', { name: 'Send' }).click();
}

/** The newest message in the channel with this text. */
export function card(page: Page, text: string | RegExp): Locator {
  // A message has no role. Its timestamp is the only thing that only messages have.
  return page.getByRole('main').locator('[data-ts]').filter({ hasText: text }).last();
}

/** Presses the button of a card whose text starts like this. */
export async function clickButton(on: Locator, text: string): Promise<void> {
  await on.getByRole('button', { name: startingWith(text) }).click();
}

/** Types into the only field of the open dialog, and submits it. */
export async function submitDialog(page: Page, text: string, submit: string): Promise<void> {
  // A dialog has no role. It comes after everything else.
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
