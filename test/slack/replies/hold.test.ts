import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackNotices } from '../../../src/slack/client/notices.ts';
import { slackClient } from '../../../src/slack/client/web-api.ts';
import { holdLines, holdReply, noticeText } from '../../../src/slack/replies/hold.ts';
import { actions, formatLineValue, readLineValue } from '../../../src/slack/words/button.ts';
import { changeId, freezeHold, lockHold } from '../../support/builders.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { StubSlack } from '../../support/stub-slack.ts';

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const until = '<!date^1795384800^{date_short_pretty} {time}|22 Nov 2026, 22:00 UTC>';

describe('what is told of a lock', () => {
  it('names what is locked and the moment at which that ends', () => {
    expect(holdReply({ kind: 'locked', name, hold: lockHold(), stopsRollbacks: false }).text).toBe(
      `Locked: only you move the traffic of \`reviews\` (\`sandbox/default/reviews\`), until ${until}. Rollbacks go through. \`/shift unlock reviews -n default --cluster sandbox\` ends it.`,
    );
  });

  it('says where to look for what is locked, in the namespace that was named', () => {
    const { text } = holdReply({ kind: 'not-locked', name: { ...name, namespace: 'shop' } });

    expect(text).toBe('`reviews` is not locked. `/shift status -n shop --cluster sandbox` shows what is.');
  });

  it('does not promise that rollbacks go through where the policy file stops them', () => {
    const { text } = holdReply({ kind: 'locked', name, hold: lockHold(), stopsRollbacks: true });

    expect(text).toContain('Where the policy file says so, rollbacks wait, too.');
    expect(text).not.toContain('go through');
  });

  it('asks before it is taken over, with a button that does what was typed', () => {
    const command = { verb: 'lock', service: name, end: { kind: 'for', ms: 7_200_000 }, reason: 'mine now' } as const;

    const reply = holdReply({ kind: 'take-over?', name, hold: lockHold({ id: changeId(7) }), command });

    expect(reply.text).toBe(
      `\`reviews\` is locked by <@U01ALICE>, because of \`migrating ratings\`, until ${until}. Nothing was changed yet. <@U01ALICE> will be told.`,
    );
    const line = '/shift lock reviews for 2h -n default --cluster sandbox --reason "mine now"';
    expect(reply.blocks?.[1]).toMatchObject({
      elements: [{ action_id: actions.takeOver, value: `c-00000007 ${line}`, text: { text: 'Take over' } }],
    });
  });

  it('says what works where an end is over or too far', () => {
    const at = new Date('2026-11-20T18:00:00Z');
    const wrong = { kind: 'wrong-end', at, timezone: 'Europe/Berlin', longestMs: 7 * 86_400_000 } as const;

    expect(holdReply({ ...wrong, because: 'over' }).text).toMatch(
      /^That is over already \(<!date\^1795197600\^.*19:00 Europe\/Berlin>\)\. What works: `for 2h`, .*Nothing was changed\.$/,
    );
    expect(holdReply({ ...wrong, because: 'too-long' }).text).toContain('7d is the most');
  });

  it('tells its owner who did what with it', () => {
    expect(noticeText({ what: 'taken-over', hold: lockHold(), by: 'U02BOB' })).toContain(
      'Your lock of `sandbox/default/reviews` was taken over by <@U02BOB>.',
    );
  });
});

describe('what is told of a freeze', () => {
  it('names each cluster that it reaches, and how it ends', () => {
    const hold = freezeHold({ name: 'f-7f3k9qxz', by: 'U01ALICE' });
    const scope = { kind: 'covers', target: 'prod-*/**', clusters: ['prod-eu', 'prod-us'] } as const;

    const { text } = holdReply({ kind: 'frozen', hold, scope, stopsRollbacks: false });

    expect(text).toContain(
      'every service that `prod-*/**` (cluster/namespace/service) describes, in the clusters `prod-eu`, `prod-us`',
    );
    expect(text).toContain(`until ${until}. Rollbacks go through. \`/shift thaw f-7f3k9qxz\` ends it.`);
  });

  it('asks with a button for each way to read it, whose line means just that', () => {
    const readings = [
      { scope: { kind: 'covers', target: '*/till/*', clusters: ['sandbox'] }, typed: { pattern: '*/till/*' } },
      {
        scope: { kind: 'covers', target: 'sandbox/*/till', clusters: ['sandbox'] },
        typed: { cluster: 'sandbox', pattern: '*/till' },
      },
    ] as const;
    const commands = readings.map(({ scope, typed }) => ({
      scope,
      command: { verb: 'freeze', scope: typed } as const,
    }));

    const shown = JSON.stringify(holdReply({ kind: 'which?', commands, asked: changeId(1) }).blocks);

    expect(shown).toContain(formatLineValue({ line: '/shift freeze */till/*', seen: changeId(1) }));
    expect(shown).toContain(formatLineValue({ line: '/shift freeze */till --cluster sandbox', seen: changeId(1) }));
  });

  it('says how it is read where it reaches no cluster', () => {
    const scope = { kind: 'no-cluster', cluster: 'bookinfo', clusters: ['sandbox'] } as const;

    expect(holdReply({ kind: 'no-scope', scope }).text).toContain(
      'No cluster of mine is called `bookinfo`; there is `sandbox`. `/shift freeze default/reviews` covers a service',
    );
  });

  it('lists those in force with owner, reason and end, and those of the policy file with their line', () => {
    const calendar = {
      kind: 'freeze',
      name: 'weekend',
      target: '**',
      line: 9,
      except: { rollback: true, who: [] },
    } as const;

    expect(holdLines([freezeHold(), calendar])).toEqual([
      `Frozen: \`prod-*/**\` (\`INC-42\`) by \`hook:INC-42\`, because of \`incident 42\`, until ${until}.`,
      'Frozen: `**` (`weekend`, line 9 of the policy file), with no end in sight.',
    ]);
    expect(holdLines(Array.from({ length: 20 }, () => calendar)).at(-1)).toBe('… +5 more held');
    expect(holdLines(undefined)[0]).toContain('is not known');
  });

  it('pings nobody', () => {
    const odd = '<!channel> <@U02BOB>';
    const hold = freezeHold({ name: odd, reason: odd, target: odd, by: odd });

    expect([...holdLines([hold]), noticeText({ what: 'thawed', hold, by: odd })].join()).not.toMatch(/<!channel|<@/);
  });
});

describe('the button of a question', () => {
  it('is read as it was written', () => {
    const value = { line: '/shift thaw inc-42', seen: changeId(7) };

    expect(readLineValue(formatLineValue(value))).toEqual(value);
  });

  it.each([
    undefined,
    7,
    '',
    'c-00000007',
    'c-00000007 rm -rf',
    'c-0000007 /shift lock reviews',
    `c-00000007 /shift ${'x'.repeat(2000)}`,
  ])('is none of ours with %s', (value) => {
    expect(readLineValue(value)).toBeUndefined();
  });
});

describe('a notice', () => {
  const slack = new StubSlack();

  beforeEach(() => slack.start());
  afterEach(() => slack.stop());

  it('goes to the person alone, once more where Slack asks to wait', async () => {
    slack.answer('chat.postMessage', { status: 429, headers: { 'retry-after': '0' } });
    const notices = new SlackNotices(slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, new InMemoryLog()));

    await notices.tell('U01ALICE', { what: 'unlocked', hold: lockHold(), by: 'U02BOB' });

    const calls = slack.callsOf('chat.postMessage').map(({ arguments: sent }) => sent);
    expect(calls).toMatchObject([{ channel: 'U01ALICE' }, { channel: 'U01ALICE' }]);
    expect(calls[1]?.['text']).toContain('was ended by <@U02BOB>');
  });
});
