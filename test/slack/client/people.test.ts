import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackPeople } from '../../../src/slack/client/people.ts';
import { slackClient } from '../../../src/slack/client/web-api.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { StubSlack } from '../../support/stub-slack.ts';

const home = { body: { ok: true, team_id: 'T01TEAM', enterprise_id: 'E01CORP' } };

describe('people in Slack', () => {
  let slack: StubSlack;
  let log: InMemoryLog;
  let nowMs: number;

  beforeEach(async () => {
    slack = new StubSlack();
    await slack.start();
    log = new InMemoryLog();
    nowMs = 0;
    slack.answer('auth.test', home);
  });
  afterEach(() => slack.stop());

  function people(asksAboutPeople = true): SlackPeople {
    const client = slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log);
    return new SlackPeople(client, { asksAboutPeople, log, now: () => nowMs });
  }

  function refused(error: string) {
    return { body: { ok: false, error } };
  }

  function users(...ids: readonly string[]) {
    return { body: { ok: true, users: ids } };
  }

  it('are asked for once a minute, however many want to know', async () => {
    slack.answer('usergroups.users.list', users('U01ALICE'), users('U02BOB'));
    const asked = people();

    const first = await Promise.all([asked.members('S01PAY'), asked.members('S01PAY')]);
    nowMs = 59_999;
    const kept = await asked.members('S01PAY');
    nowMs = 60_000;
    const anew = await asked.members('S01PAY');

    expect([...first, kept, anew]).toEqual(
      ['U01ALICE', 'U01ALICE', 'U01ALICE', 'U02BOB'].map((user) => ({ kind: 'known', users: new Set([user]) })),
    );
    expect(slack.callsOf('usergroups.users.list').map((call) => call.arguments['usergroup'])).toEqual([
      'S01PAY',
      'S01PAY',
    ]);
  });

  it('are unknown once their minute is over and Slack does not answer', async () => {
    slack.answer('usergroups.users.list', users('U01ALICE'), { status: 503 });
    const asked = people();
    await asked.members('S01PAY');

    nowMs = 60_000;

    expect(await asked.members('S01PAY')).toEqual({ kind: 'unknown', why: 'Slack did not answer' });
  });

  it('are asked for again soon where they were unknown, though not at every gesture', async () => {
    slack.answer('usergroups.users.list', { status: 503 }, users('U01ALICE'));
    const asked = people();

    await asked.members('S01PAY');
    nowMs = 4_999;
    const soon = await asked.members('S01PAY');
    nowMs = 5_000;

    expect(soon.kind).toBe('unknown');
    expect((await asked.members('S01PAY')).kind).toBe('known');
    expect(slack.callsOf('usergroups.users.list')).toHaveLength(2);
  });

  it.each`
    error                      | why
    ${'plan_upgrade_required'} | ${'this plan of Slack has no user groups: name the user ids in the policy file instead'}
    ${'missing_scope'}         | ${'the Slack app lacks the scope usergroups:read: add it, and install the app again'}
    ${'no_such_subteam'}       | ${'Slack has no such user group'}
    ${'internal_error'}        | ${'Slack did not answer'}
    ${'permission_denied'}     | ${'Slack answers permission_denied'}
  `('are in an unknown group when Slack answers $error, and that is told in words', async ({ error, why }) => {
    slack.answer('usergroups.users.list', refused(error));

    expect(await people().members('S01PAY')).toEqual({ kind: 'unknown', why });
    expect(log.messages('warn')).toEqual(['Slack does not tell who somebody is']);
  });

  it.each`
    answer                                                                   | standing
    ${{ ok: true, user: { team_id: 'T01TEAM' } }}                            | ${{ kind: 'member' }}
    ${{ ok: true, user: { team_id: 'E01CORP' } }}                            | ${{ kind: 'member' }}
    ${{ ok: true, user: { team_id: 'T01TEAM', is_restricted: true } }}       | ${{ kind: 'guest' }}
    ${{ ok: true, user: { team_id: 'T01TEAM', is_ultra_restricted: true } }} | ${{ kind: 'guest' }}
    ${{ ok: true, user: { team_id: 'T02OTHER' } }}                           | ${{ kind: 'outsider' }}
    ${{ ok: true, user: { team_id: 'T01TEAM', is_stranger: true } }}         | ${{ kind: 'outsider' }}
    ${{ ok: true, user: { team_id: 'T01TEAM', is_bot: true } }}              | ${{ kind: 'bot' }}
    ${{ ok: true, user: { team_id: 'T02OTHER', deleted: true } }}            | ${{ kind: 'deactivated' }}
    ${{ ok: true }}                                                          | ${{ kind: 'unknown', why: 'Slack’s answer to users.info could not be read' }}
    ${{ ok: false, error: 'user_not_found' }}                                | ${{ kind: 'unknown', why: 'Slack does not know this person' }}
    ${{ ok: false, error: 'missing_scope' }}                                 | ${{ kind: 'unknown', why: 'the Slack app lacks the scope users:read: add it, and install the app again' }}
  `('of whom Slack says $answer are $standing', async ({ answer, standing }) => {
    slack.answer('users.info', { body: answer });

    expect((await people().person('U01ALICE', 'T01TEAM')).standing).toEqual(standing);
  });

  it('are not asked about without a policy file; of another team they are outsiders all the same', async () => {
    const asked = people(false);

    expect((await asked.person('U01ALICE', 'T01TEAM')).standing).toEqual({ kind: 'member' });
    expect((await asked.person('U02BOB', 'T02OTHER')).standing).toEqual({ kind: 'outsider' });
    expect(slack.calls.map(({ method }) => method)).toEqual(['auth.test']);
  });

  it.each`
    team          | answer                                         | id
    ${'T01TEAM'}  | ${undefined}                                   | ${'U02BOB'}
    ${'E01CORP'}  | ${undefined}                                   | ${'U02BOB'}
    ${'T02OTHER'} | ${undefined}                                   | ${'T02OTHER/U02BOB'}
    ${undefined}  | ${{ ok: true, user: { team_id: 'T01TEAM' } }}  | ${'U02BOB'}
    ${undefined}  | ${{ ok: true, user: { team_id: 'T02OTHER' } }} | ${'?/U02BOB'}
    ${undefined}  | ${{ ok: false, error: 'user_not_found' }}      | ${'?/U02BOB'}
  `('of team $team are known as $id, also without a policy file', async ({ team, answer, id }) => {
    if (answer !== undefined) slack.answer('users.info', { body: answer });

    expect(await people(false).identify('U02BOB', team)).toBe(id);
  });

  it('of another team, or of nobody knows which, are never one of ours, whatever team is said later', async () => {
    const asked = people(false);

    expect((await asked.person('T02OTHER/U02BOB', undefined)).standing).toEqual({ kind: 'outsider' });
    expect((await asked.person('T02OTHER/U02BOB', 'T01TEAM')).standing).toEqual({ kind: 'outsider' });
    expect((await asked.person('?/U02BOB', 'T01TEAM')).standing.kind).toBe('unknown');
    expect(slack.callsOf('users.info')).toEqual([]);
  });

  it('are nobody while it is not known which team is ours', async () => {
    slack.answer('auth.test', { status: 503 });

    expect(await people(false).identify('U02BOB', 'T01TEAM')).toBe('?/U02BOB');
  });

  it('are unknown while it is not known which team is ours', async () => {
    slack.answer('auth.test', { status: 503 }, home);
    const asked = people(false);

    const before = await asked.person('U01ALICE', 'T01TEAM');
    nowMs = 5_000;

    expect(before.standing).toEqual({ kind: 'unknown', why: 'Slack did not answer' });
    expect((await asked.person('U01ALICE', 'T01TEAM')).standing).toEqual({ kind: 'member' });
  });
});

it('people are unknown when Slack takes longer than a person can wait, and known to whoever asks next', async () => {
  const answer = Promise.withResolvers<void>();
  const server = createServer((_, response) => {
    void answer.promise.then(() => response.end(JSON.stringify({ ok: true, users: ['U01ALICE'] })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const log = new InMemoryLog();
  const client = slackClient({ botToken: 'xoxb-test', apiUrl: `http://127.0.0.1:${port}/api/` }, log);
  const people = new SlackPeople(client, { asksAboutPeople: true, log });

  const late = await people.members('S01PAY');
  answer.resolve();
  const known = await people.members('S01PAY');

  expect(late).toEqual({ kind: 'unknown', why: 'Slack did not answer in time' });
  expect(known).toEqual({ kind: 'known', users: new Set(['U01ALICE']) });
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
