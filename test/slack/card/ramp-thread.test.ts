import { describe, expect, it } from 'vitest';
import type { Who } from '../../../src/domain/policy/groups.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { threadText } from '../../../src/slack/card/ramp-thread.ts';
import { changeId, reviewsObject } from '../../support/builders.ts';

const at = '2026-11-22T14:03:11.000Z';
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
const asking: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  approvals: [{ by: 'U09DAVE', at }],
  before: split(0),
  steps: [
    { percent: 10, stay: { kind: 'ask' }, to: split(10) },
    { percent: 100, stay: { kind: 'for', ms: 300_000 }, to: split(100) },
  ],
  changes: [{ step: 1, id: changeId(1) }],
  acceptedAt: at,
  state: { kind: 'asking', step: 1, since: at, at, expiresAt: '2026-11-23T14:03:11.000Z' },
  rev: 4,
};

function called(deciders: readonly Who[]): string {
  const [who = ''] = threadText({ ramp: asking, change: undefined, deciders }).split(' reviews · ramp to v3');
  return who;
}

describe('the thread of a ramp that waits at a gate', () => {
  it('says until when a gate is open with its day: that is tomorrow', () => {
    expect(threadText({ ramp: asking, change: undefined })).toContain('|23 Nov 2026, 14:03 UTC>, it is held');
  });

  it.each<[string, readonly Who[], string]>([
    [
      'people, groups of the policy file and user groups of Slack that may approve',
      [
        { kind: 'user', id: 'U02BOB' },
        { kind: 'group', name: 'sre', users: ['U03CAROL', 'U02BOB'] },
        { kind: 'usergroup', name: 'oncall', id: 'S0ONCALL' },
      ],
      '<@U02BOB> <@U03CAROL> <!subteam^S0ONCALL>',
    ],
    [
      'not who asked for it, who cannot let it go on where approval is needed',
      [
        { kind: 'user', id: 'U01ALICE' },
        { kind: 'user', id: 'U02BOB' },
      ],
      '<@U02BOB>',
    ],
    ['who asked for it, where no approval is needed', [], '<@U01ALICE>'],
    ['who asked for it, where everybody may approve', [{ kind: 'everyone' }], '<@U01ALICE>'],
  ])('calls %s', (_, deciders, who) => {
    expect(called(deciders)).toBe(who);
  });

  it('says how many more may let it go on than are called', () => {
    const users = Array.from({ length: 11 }, (_, at) => `U0${at}SRE`);

    expect(called([{ kind: 'group', name: 'sre', users }])).toMatch(/^(<@U0\dSRE> ){8}and 3 more$/);
  });

  it('says that everyone but the asker may let it go on, where only the asker is called', () => {
    const text = (deciders: readonly Who[]) => threadText({ ramp: asking, change: undefined, deciders });

    expect(text([{ kind: 'everyone' }])).toMatch(/ Everyone but <@U01ALICE> may let it go on\.$/);
    expect(text([{ kind: 'user', id: 'U02BOB' }])).not.toContain('Everyone');
  });
});
