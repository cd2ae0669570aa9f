import { describe, expect, it } from 'vitest';
import { homeView } from '../../../src/slack/replies/home.ts';
import { aRampTo } from '../../support/ramp-builders.ts';

const now = new Date('2026-11-22T14:03:11Z');
const workspace = 'https://sandbox.slack.com/';
const card = { channel: 'C1', ts: '1700000000.000100' };

function textOf(
  ramps: NonNullable<Parameters<typeof homeView>[0]>['ramps'],
  user = 'U02BOB',
  at: string | undefined = workspace,
) {
  return JSON.stringify(homeView({ ramps, waiting: [] }, { user, workspace: at, now }));
}

describe('the view of the home', () => {
  it('links to a card, unless it is in the messages of somebody else', () => {
    const ramp = aRampTo();

    expect(textOf([{ ramp, card }])).toContain('<https://sandbox.slack.com/archives/C1/p1700000000000100|Its card>');
    expect(textOf([{ ramp, card: { ...card, channel: 'D1' } }])).not.toContain('|Its card>');
    expect(textOf([{ ramp, card: { ...card, channel: 'D1' } }], ramp.by)).toContain('archives/D1/p1700000000000100');
  });

  it.each`
    why                                   | card                                  | at
    ${'the place is not known'}           | ${undefined}                          | ${workspace}
    ${'the address is not known'}         | ${card}                               | ${''}
    ${'the address holds something else'} | ${card}                               | ${'https://x/|<!here>'}
    ${'the place holds something else'}   | ${{ channel: 'C1|<!here>', ts: '1' }} | ${workspace}
  `('has no link where $why', ({ card: place, at }) => {
    expect(textOf([{ ramp: aRampTo(), card: place }], 'U02BOB', at)).not.toContain('Its card');
  });

  it('says of a ramp that no requests follow its rule', () => {
    const astray = { kind: 'not-followed', elsewhere: [] } as const;

    expect(textOf([{ ramp: aRampTo(), card, astray }])).toContain('No requests follow this rule now');
    expect(textOf([{ ramp: aRampTo(), card, astray: { ...astray, kind: 'followed-in-part' } }])).not.toContain(
      'follow',
    );
  });

  it('keeps to the blocks of a view, however many ramps there are', () => {
    const many = Array.from({ length: 200 }, () => ({ ramp: aRampTo(), card }));
    const { blocks } = homeView({ ramps: many, waiting: [] }, { user: 'U02BOB', workspace, now });

    expect(blocks.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(blocks)).toContain('… +160 more ramps');
  });

  it('does not say that nothing waits while a ramp waits for a person', () => {
    const asking = {
      kind: 'asking',
      step: 1,
      since: now.toISOString(),
      at: now.toISOString(),
      expiresAt: now.toISOString(),
    } as const;
    const [runs, waits] = [aRampTo(), aRampTo({ id: 'r-00000002', state: asking })];

    expect(textOf([{ ramp: runs, card }])).toContain('Nothing waits for a decision.');
    expect(
      textOf([
        { ramp: runs, card },
        { ramp: waits, card },
      ]),
    ).toContain('No change waits for a decision. 1 of the ramps above does.');
  });

  it.each([
    ['next at <!date', { step: 1 }],
    ['is at its last step until <!date', { step: 4 }],
    ['waits until something is seen of the new version', { step: 1, waitsFor: 'traffic' as const }],
  ])('says of a ramp that it %s', (words, more) => {
    const state = { kind: 'running', since: now.toISOString(), dueAt: now.toISOString(), ...more } as const;
    const text = textOf([{ ramp: aRampTo({ state }), card }]);

    expect(text).toContain(words);
    expect(text.includes('next at')).toBe(words.startsWith('next'));
  });
});
