import { afterEach, describe, expect, it } from 'vitest';
import { SlackRooms } from '../../src/slack/client/rooms.ts';
import { slackClient } from '../../src/slack/client/web-api.ts';
import type { Rooms } from '../../src/workflow/ports/rooms.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { InMemoryRooms } from '../support/in-memory-rooms.ts';
import { StubSlack } from '../support/stub-slack.ts';

type Start = (takes: boolean | undefined) => Promise<Rooms>;

let slack: StubSlack | undefined;

afterEach(async () => {
  await slack?.stop();
  slack = undefined;
});

async function ofSlack(...answers: readonly object[]): Promise<SlackRooms> {
  slack = new StubSlack();
  await slack.start();
  slack.answer('conversations.info', ...answers.map((body) => ({ body })));
  const log = new InMemoryLog();
  return new SlackRooms(slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log), { log });
}

const room = (channel: object) => ({ ok: true, channel });

const inMemory: Start = async (takes) => {
  const rooms = new InMemoryRooms();
  rooms.is('C01', takes);
  return rooms;
};

const inSlack: Start = (takes) =>
  ofSlack(takes === undefined ? { ok: false, error: 'missing_scope' } : room({ is_member: takes, is_private: true }));

describe.each([
  ['in memory', inMemory],
  ['in Slack', inSlack],
] as const)('where cards can stand, %s', (_, start) => {
  it.each([true, false, undefined])('is told of a channel: %s', async (takes) => {
    expect(await (await start(takes)).takesCards('C01')).toBe(takes);
  });

  it('is not in direct messages', async () => {
    expect(await (await start(true)).takesCards('D01')).toBe(false);
  });
});

describe('where cards can stand, as Slack says it', () => {
  it.each`
    answer                                          | takes
    ${room({ is_member: true })}                    | ${true}
    ${room({ is_member: true, is_archived: true })} | ${false}
    ${room({ is_im: true, is_member: true })}       | ${false}
    ${room({ is_mpim: true, is_member: true })}     | ${false}
    ${room({ is_member: false })}                   | ${false}
    ${room({})}                                     | ${undefined}
    ${{ ok: false, error: 'channel_not_found' }}    | ${false}
    ${{ ok: false, error: 'internal_error' }}       | ${undefined}
  `('is $takes for $answer', async ({ answer, takes }) => {
    expect(await (await ofSlack(answer)).takesCards('C01')).toBe(takes);
  });

  it('is asked once a minute', async () => {
    const rooms = await ofSlack(room({ is_member: true }));

    expect([await rooms.takesCards('C01'), await rooms.takesCards('C01')]).toEqual([true, true]);
    expect(slack?.callsOf('conversations.info')).toHaveLength(1);
  });
});
