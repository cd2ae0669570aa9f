import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { postSigned } from '../support/signed-request.ts';
import { buttonsOf, type SlackMessage } from '../support/slack-client.ts';
import { labelsOf, startTestWorld, type TestWorld, type TestWorldOptions } from '../support/test-world.ts';

const { alice, bob, carol } = workspace.users;

/** Two for reviews, one by bob alone for ratings, and not long for details. */
const policy = (more = '') => `groups:
  sre: [${bob.id}, ${carol.id}]
rules:
  - { name: reviews, target: "*/default/reviews", shift: [everyone], approve: { by: [sre], count: 2 } }
  - { name: ratings, target: "*/default/ratings", shift: [everyone], approve: { by: [${bob.id}] } }
  - { name: details, target: "*/default/details", shift: [everyone], approve: { by: [sre], expires: 2s } }
${more}`;

const half = [
  ['v1', 50],
  ['v2', 50],
] as const;
const untouched = [['v1', undefined]] as const;

describe('a change that needs approval, with the built bot', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  async function start(options: TestWorldOptions = {}): Promise<void> {
    world = await startTestWorld({ ...options, policy: policy() });
  }

  /** Alice asks for half of a service's traffic. */
  async function asked(service = 'ratings', words: readonly string[] = []): Promise<SlackMessage> {
    await world.people.command('alice', `${service} v2 50`);
    return world.card(`${service} · 50 % to v2`, 'Waits for', ...words);
  }

  const idOf = ({ text }: SlackMessage) => /c-[0-9A-Z]{8}/.exec(text)?.[0] ?? '';
  const takenPolicies = () => world.logs.filter((line) => line.includes('"new policy in force"')).length;

  async function changePolicy(text: string): Promise<void> {
    const before = takenPolicies();
    await writeFile(world.policyFile, text);
    await expect.poll(takenPolicies, { interval: 50 }).toBeGreaterThan(before);
  }

  it('is applied once one who may approves it, and whoever may not is told the rule', async () => {
    await start();
    const waits = await asked();

    await world.people.click('alice', waits, 'Approve');
    await world.told(alice.id, 'You may not approve here', 'rule `ratings`, line 5 of the policy file');
    await world.people.click('carol', waits, 'Approve');
    await world.told(carol.id, `You may not approve here; <@${bob.id}> may`);
    await world.people.click('carol', waits, 'Reject');
    await world.told(carol.id, 'You may not reject here');
    expect(await world.objects.weights('ratings')).toEqual(untouched);

    await world.people.click('bob', waits, 'Approve');
    const applied = await world.card('ratings · 50 % to v2', 'Applied in', `Approved by <@${bob.id}>, <!date^`);

    expect(labelsOf(waits)).toEqual(['Approve', 'Reject', 'Withdraw']);
    expect(applied.ts).toBe(waits.ts);
    expect(labelsOf(applied)).not.toContain('Approve');
    expect(await world.objects.weights('ratings')).toEqual(half);
    expect((await world.objects.ledger('ratings')).revisions).toMatchObject([{ by: alice.id }]);
    const calls = (await world.people.log()).filter(({ kind }) => kind === 'web_api');
    expect(calls.filter(({ summary }) => summary === 'chat.postMessage')).toHaveLength(1);
    expect(calls.filter(({ summary }) => summary === 'views.open')).toEqual([]);
  });

  it('counts two approvals of the same moment, by name, and is applied once', async () => {
    await start();
    const waits = await asked('reviews', ['0 of 2 given', `<@${bob.id}> <@${carol.id}>`]);

    await Promise.all([world.people.click('bob', waits, 'Approve'), world.people.click('carol', waits, 'Approve')]);

    const { text } = await world.card('reviews · 50 % to v2', 'Applied in', 'Approved by');
    for (const { id } of [bob, carol]) expect(text).toMatch(new RegExp(`Approved by .*<@${id}>`));
    for (const { id } of [bob, carol]) await world.told(id, 'c-');
    expect((await world.objects.ledger('reviews')).seq).toBe(1);
    expect(await world.objects.weights('reviews')).toEqual(half);
  });

  it('shows one of two, and a second click of the same person changes nothing', async () => {
    await start();
    const waits = await asked('reviews');

    await world.people.click('bob', waits, 'Approve');
    const one = await world.card('1 of 2 given', `Approved by <@${bob.id}>`);
    await world.told(bob.id, 'counts; 1 more is needed');
    await world.people.click('bob', waits, 'Approve');
    await world.told(bob.id, 'each person counts once');

    expect(labelsOf(one)).toEqual(['Approve', 'Reject', 'Withdraw']);
    expect(await world.objects.weights('reviews')).toEqual([['v1', undefined]]);
  });

  it('is rejected with a reason, which ends it', async () => {
    await start();
    const waits = await asked();

    await world.people.clickAndSubmit('bob', waits, { button: 'Reject', text: 'not on a <Friday>' });
    const rejected = await world.card(
      'Rejected, not applied',
      `<@${bob.id}> rejected it, <!date^`,
      '“not on a &lt;Friday&gt;”',
    );
    await world.people.click('bob', waits, 'approve');
    await world.told(bob.id, 'does not wait for approval any more: rejected by');

    expect(rejected.ts).toBe(waits.ts);
    expect(labelsOf(rejected)).toEqual([]);
    expect(await world.objects.weights('ratings')).toEqual(untouched);
  });

  it('is withdrawn by whoever asked, and by nobody else', async () => {
    await start();
    const waits = await asked();

    await world.people.click('bob', waits, 'Withdraw');
    await world.told(bob.id, `Only whoever asked for ${idOf(waits)}`);
    await world.people.click('alice', waits, 'Withdraw');

    expect(labelsOf(await world.card('Withdrawn, not applied', `<@${alice.id}> withdrew it`))).toEqual([]);
    await world.told(alice.id, 'Withdrawn');
  });

  it('is decided by what is typed as by the buttons', async () => {
    await start();
    const [ratings, reviews] = [await asked('ratings'), await asked('reviews')];

    await world.people.command('carol', 'pending');
    const pending = await world.told(carol.id, idOf(ratings), idOf(reviews));
    await world.people.command('carol', `approve ${idOf(ratings)}`);
    await world.told(carol.id, 'You may not approve here');
    await world.people.command('bob', `approve ${idOf(ratings).toLowerCase()}`);
    await world.told(bob.id, 'Approved', idOf(ratings));
    await world.people.command('carol', `reject ${idOf(reviews)} --reason “too many”`);
    await world.told(carol.id, 'Rejected', idOf(reviews));
    await world.people.command('alice', `withdraw ${idOf(reviews)}`);
    await world.told(alice.id, 'does not wait for approval any more: rejected by');
    await world.card('ratings · 50 % to v2', 'Applied in');
    await world.card('reviews · 50 % to v2', 'Rejected', '“too many”');
    await world.people.command('alice', 'pending');
    await world.told(alice.id, 'Nothing waits for a decision');

    expect(pending.text).toContain(`asked by <@${alice.id}>; 0 of 2 approvals, until <!date^`);
    expect(await world.objects.weights('ratings')).toEqual(half);
  });

  it('waits on through a restart, and is approved after it', async () => {
    await start();
    const waits = await asked();
    await world.bots[0]?.kill();
    await world.startBot();
    await world.people.waitForBot();

    await world.people.click('bob', waits, 'Approve');

    expect((await world.card('Applied in', `Approved by <@${bob.id}>`)).ts).toBe(waits.ts);
    expect(await world.objects.weights('ratings')).toEqual(half);
  });

  it('expires to the second', async () => {
    await start();
    const beganMs = Date.now();
    await asked('details');

    const { text } = await world.card('details · 50 % to v2', 'Expired, not applied');
    const tookMs = Date.now() - beganMs;

    expect(text).toContain('It was not approved by <!date^');
    expect(tookMs).toBeGreaterThanOrEqual(2_000);
    expect(tookMs).toBeLessThan(3_500);
    expect(await world.objects.weights('details')).toEqual(untouched);
  });

  it('expires while the bot is down, and cannot be approved when it is back', async () => {
    await start();
    const waits = await asked('details');
    await world.bots[0]?.kill();
    const until = Number(/until <!date\^(\d+)/.exec(waits.text)?.[1]) * 1_000 + 1_000;
    await expect.poll(() => Date.now(), { interval: 100 }).toBeGreaterThan(until);

    await world.startBot();
    const expired = await world.card('details · 50 % to v2', 'Expired, not applied');
    await world.people.waitForBot();
    await world.people.clickRaw('bob', {
      channel: waits.channel,
      messageTs: waits.ts,
      action: { action_id: 'approve', value: buttonsOf(waits)[0]?.value ?? '' },
    });

    await world.told(bob.id, 'does not wait for approval any more: it expired');
    expect(labelsOf(expired)).toEqual([]);
    expect(await world.objects.weights('details')).toEqual(untouched);
  });

  it('is decided by the policy of that moment', async () => {
    await start();
    const waits = await asked();
    await changePolicy(policy().replace(`by: [${bob.id}]`, `by: [${carol.id}]`));

    await world.people.click('bob', waits, 'Approve');
    await world.told(bob.id, `You may not approve here; <@${carol.id}> may`);
    await world.people.click('carol', waits, 'Approve');

    await world.card('Applied in', `Approved by <@${carol.id}>`);
  });

  it('is void when a freeze has begun meanwhile', async () => {
    await start();
    const waits = await asked();
    await changePolicy(policy('freezes: [{ name: now, target: "**", cron: "0 0 * * *", for: 24h }]\n'));

    await world.people.click('bob', waits, 'Approve');

    await world.told(bob.id, 'does not stand any more, so nothing was decided');
    const over = await world.card('Void, not applied', 'Policy does not allow it any more', 'changes are frozen');
    expect(labelsOf(over)).toEqual(['Plan again']);
    expect(await world.objects.weights('ratings')).toEqual(untouched);
  });

  it('is void when somebody moved the weights, shows what they are, and is planned again', async () => {
    await start();
    const waits = await asked('reviews');
    await world.people.click('carol', waits, 'Approve');
    await world.card('1 of 2 given');
    const destination = (subset: string, weight: number) => ({ destination: { host: 'reviews', subset }, weight });
    await world.objects.editByHand('reviews', (spec) => ({
      ...spec,
      http: [{ route: [destination('v1', 70), destination('v3', 30)] }],
    }));

    await world.people.click('bob', waits, 'Approve');
    const over = await world.card(
      'Void',
      'made from v1 100 %; live is now v1 70 %, v3 30 %, last written by `kubectl-edit`',
    );
    await world.people.click('alice', over, 'Plan again');
    const again = await world.card('v1 70 → 50 %, v2 0 → 50 %, v3 30 → 0 %', 'Waits for', '0 of 2 given');
    await world.people.clickRaw('bob', {
      channel: waits.channel,
      messageTs: waits.ts,
      action: { action_id: 'approve', value: buttonsOf(waits)[0]?.value ?? '' },
    });
    await world.told(bob.id, 'was planned anew since you saw it');
    await world.people.click('bob', again, 'Approve');
    await world.people.click('carol', again, 'Approve');

    await world.card('Applied in', `Approved by`, `planned again by <@${alice.id}>`);
    expect(again.ts).toBe(waits.ts);
    expect((await world.objects.ledger('reviews')).seq).toBe(1);
  });

  it('is applied once though the bot was killed right after the last approval', async () => {
    await start({ bots: [{ roles: 'chat' }] });
    const waits = await asked();
    await world.people.click('bob', waits, 'Approve');
    await world.told(bob.id, 'Approved');
    await world.bots[0]?.kill();

    await Promise.all([world.startBot(), world.startBot('worker')]);

    await world.card('Applied in', `Approved by <@${bob.id}>`);
    expect((await world.objects.ledger('ratings')).seq).toBe(1);
    expect(await world.objects.weights('ratings')).toEqual(half);
  });

  it('is approved by nobody of another team whom the policy does not name', async () => {
    await start({ http: true });
    const waits = await asked();

    await signedClick(world, waits, { id: 'U09OTHER', team_id: 'T02OTHER' });
    await world.told('U09OTHER', 'You are of another team than I am');

    expect(await world.objects.weights('ratings')).toEqual(untouched);
    await signedClick(world, waits, { id: bob.id, team_id: workspace.teamId });
    await world.card('Applied in', `Approved by <@${bob.id}>`);
  });
});

/** A click on *Approve* as Slack posts it. */
async function signedClick(
  world: TestWorld,
  { channel, ts, text, ...message }: SlackMessage,
  user: { readonly id: string; readonly team_id: string },
): Promise<void> {
  const [button] = buttonsOf({ channel, ts, text, ...message });
  const payload = {
    type: 'block_actions',
    api_app_id: workspace.appId,
    team: { id: workspace.teamId, domain: 'sandbox' },
    user: { ...user, name: 'somebody' },
    channel: { id: channel, name: 'reviews' },
    container: { type: 'message', message_ts: ts, channel_id: channel },
    message: { ts, text },
    trigger_id: `1.2.${Math.random()}`,
    response_url: 'https://hooks.slack.com/actions/1',
    actions: [{ type: 'button', action_id: 'approve', value: button?.value, action_ts: String(Date.now()) }],
  };
  await postSigned(world, { payload: JSON.stringify(payload) });
}
