import { createHmac } from 'node:crypto';
import type { World } from '../../src/sandbox/world.ts';

/** What Slack sends with a form, so that the bot knows who sends it. */
export function signedHeaders(signingSecret: string, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}

/** Posts a form to the first bot of a world, as Slack does. Answers with what the bot says. */
export async function postSigned(
  { bots, slack }: Pick<World, 'bots' | 'slack'>,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const body = new URLSearchParams(fields).toString();
  const headers = signedHeaders(slack.credentials.signingSecret, body);
  const response = await fetch(`${bots[0]?.url}/slack/events`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`the bot answered ${response.status}: ${text}`);
  return text;
}
