import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Standing } from '../../src/domain/policy/groups.ts';
import { SlackPeople } from '../../src/slack/client/people.ts';
import { slackClient } from '../../src/slack/client/web-api.ts';
import type { People } from '../../src/workflow/ports/people.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { InMemoryPeople } from '../support/in-memory-people.ts';
import { StubSlack } from '../support/stub-slack.ts';

type Kind = Exclude<Standing['kind'], 'outsider' | 'unknown'>;

/** A team T01TEAM that a test fills. */
interface World {
  readonly people: People;
  is(user: string, kind: Kind): void;
  group(usergroup: string, members: readonly string[] | { readonly why: string }): void;
  livesIn(user: string, timezone: string): void;
  stop(): Promise<void>;
}

describePeople('in memory', async () => {
  const people = new InMemoryPeople('T01TEAM');
  return {
    people,
    is: (user, kind) => people.is(user, { kind }),
    group: (usergroup, members) => people.group(usergroup, members),
    livesIn: (user, timezone) => people.livesIn(user, timezone),
    stop: async () => {},
  };
});

describePeople('in Slack', async () => {
  const slack = new StubSlack();
  await slack.start();
  const log = new InMemoryLog();
  slack.answer('auth.test', { body: { ok: true, team_id: 'T01TEAM', user_id: 'U0BOT' } });
  const client = slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log);
  return {
    people: new SlackPeople(client, { asksAboutPeople: true, log }),
    is: (_user, kind) =>
      slack.answer('users.info', {
        body: {
          ok: true,
          user: {
            team_id: 'T01TEAM',
            deleted: kind === 'deactivated',
            is_bot: kind === 'bot',
            is_restricted: kind === 'guest',
          },
        },
      }),
    group: (_usergroup, members) =>
      slack.answer('usergroups.users.list', {
        body: 'why' in members ? { ok: false, error: 'no_such_subteam' } : { ok: true, users: members },
      }),
    livesIn: (_user, tz) => slack.answer('users.info', { body: { ok: true, user: { tz } } }),
    stop: () => slack.stop(),
  };
});

function describePeople(which: string, start: () => Promise<World>): void {
  describe(`people ${which}`, () => {
    let world: World;

    beforeEach(async () => {
      world = await start();
    });
    afterEach(() => world.stop());

    it.each<[Kind]>([['member'], ['guest'], ['bot'], ['deactivated']])('are told as %s', async (kind) => {
      world.is('U01ALICE', kind);

      expect(await world.people.person('U01ALICE', 'T01TEAM')).toEqual({ id: 'U01ALICE', standing: { kind } });
    });

    it('are outsiders if they are in another team', async () => {
      expect(await world.people.person('U01ALICE', 'T02OTHER')).toEqual({
        id: 'U01ALICE',
        standing: { kind: 'outsider' },
      });
    });

    it('of another team are known by that team, too', async () => {
      expect(await world.people.identify('U01ALICE', 'T01TEAM')).toBe('U01ALICE');
      expect(await world.people.identify('U01ALICE', 'T02OTHER')).toBe('T02OTHER/U01ALICE');
    });

    it('are looked up if their team is not given', async () => {
      world.is('U01ALICE', 'guest');

      expect((await world.people.person('U01ALICE', undefined)).standing).toEqual({ kind: 'guest' });
    });

    it('have the time zone that they set', async () => {
      world.livesIn('U01ALICE', 'Europe/Berlin');

      expect(await world.people.timezone('U01ALICE')).toBe('Europe/Berlin');
    });

    it('have no known time zone if Slack does not say', async () => {
      expect(await world.people.timezone('U01ALICE')).toBeUndefined();
    });

    it('are members of their groups', async () => {
      world.group('S01PAY', ['U01ALICE', 'U02BOB']);

      expect(await world.people.members('S01PAY')).toEqual({ kind: 'known', users: new Set(['U01ALICE', 'U02BOB']) });
    });

    it('are in no group that does not exist, and the reason is given', async () => {
      world.group('S01PAY', { why: 'Slack has no such user group' });

      expect(await world.people.members('S01PAY')).toEqual({ kind: 'unknown', why: 'Slack has no such user group' });
    });
  });
}
