import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { postSigned, signedHeaders } from '../support/signed-request.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;
const channel = workspace.channels.reviews.id;

describe('who somebody is, with the built bot and no policy file', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  it('is nobody, where Slack says no team and does not know the person', async () => {
    world = await startTestWorld({ http: true });

    await mention({ user: 'U0NOBODY', text: 'reviews v3 50' });
    await world.told('U0NOBODY', 'I cannot tell whether you are a full member of this team');
    await mention({ user: bob.id, text: 'reviews v3 10' });
    await world.card('10 % to v3', 'Applied');

    expect((await world.objects.ledger('reviews')).revisions).toMatchObject([{ by: bob.id }]);
  });

  it('is not the person of ours who has the same id in another team', async () => {
    world = await startTestWorld({ http: true });
    expect(await typed(bob.id, 'lock reviews')).toContain('Locked');

    expect(await typed(bob.id, 'unlock reviews', 'T02OTHER')).not.toContain('Unlocked');
    expect(await typed(bob.id, 'reviews v3 50', 'T02OTHER')).toContain('You are of another team than I am');
    expect(await typed(alice.id, 'reviews v3 50')).toContain('locked');
    expect(await typed(bob.id, 'unlock reviews')).toContain('Unlocked');
  });

  function typed(user: string, text: string, team: string = workspace.teamId): Promise<string> {
    return postSigned(world, {
      command: '/shift',
      text,
      user_id: user,
      team_id: team,
      channel_id: channel,
      trigger_id: `trigger.${Math.random()}`,
    });
  }

  /** As Slack delivers it, but for the person's team. */
  async function mention({ user, text }: { readonly user: string; readonly text: string }): Promise<void> {
    const ts = `${Math.floor(Date.now() / 1000)}.${String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')}`;
    const event = { type: 'app_mention', user, channel, ts, event_ts: ts, text: `<@U0SHIFTBOT> ${text}` };
    const body = JSON.stringify({
      type: 'event_callback',
      team_id: workspace.teamId,
      api_app_id: 'A0SHIFTBOT',
      event_id: `Ev${Math.random()}`,
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ team_id: workspace.teamId, user_id: 'U0SHIFTBOT', is_bot: true }],
      event,
    });
    const headers = {
      ...signedHeaders(world.slack.credentials.signingSecret, body),
      'content-type': 'application/json',
    };
    const response = await fetch(`${world.bots[0]?.url}/slack/events`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  }
});

describe('where nobody else would see the card, with the built bot', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  it.each([
    ['a direct message', 'D0ALICE', 'here only you would see its card'],
    ['a channel that the bot is not in', 'C0PRIVATE', 'I may not post its card in <#C0PRIVATE>'],
  ])('in %s a shift is refused, and looking is not', async (_, from, words) => {
    world = await startTestWorld({ http: true });

    expect(await typedIn(from, 'reviews v3 50')).toContain(words);
    expect(await typedIn(from, 'reviews v3 10,50 every 1m')).toContain(words);
    expect(await typedIn(from, 'status reviews')).toContain('reviews');
    expect(await typedIn(from, 'reviews v3 50 --dry-run')).toContain('50');
    expect((await world.objects.ledger('reviews')).revisions).toEqual([]);
  });

  it('with CARDS_CHANNEL the card stands there, and the answer says so', async () => {
    world = await startTestWorld({ http: true, environment: { CARDS_CHANNEL: channel } });

    expect(await typedIn('D0ALICE', 'reviews v3 50')).toContain(`Its card in <#${channel}> follows it`);
    await world.card('50 % to v3', 'Applied');
  });

  function typedIn(from: string, text: string): Promise<string> {
    return postSigned(world, {
      command: '/shift',
      text,
      user_id: alice.id,
      team_id: workspace.teamId,
      channel_id: from,
      trigger_id: `trigger.${Math.random()}`,
    });
  }
});
