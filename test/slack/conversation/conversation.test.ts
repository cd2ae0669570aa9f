import { describe, expect, it } from 'vitest';
import { answerText } from '../../../src/slack/conversation/answer.ts';
import { Turns } from '../../../src/workflow/turns.ts';
import { InMemoryLimits } from '../../support/in-memory-limits.ts';
import { House } from '../../workflow/house.ts';

describe('an answer', () => {
  it('does not say that nothing was accepted when something unforeseen failed, since that may have been afterwards', async () => {
    const house = new House();
    const turns = new (class extends Turns {
      override async run<T>(key: string, work: () => Promise<T>): Promise<T> {
        await super.run(key, work);
        throw new Error('nobody expected this');
      }
    })();
    const { user, origin, request } = house.asker();

    const conversation = {
      desk: { ...house.desk, turns },
      cards: house.cards,
      botName: 'shiftbot',
      isLate: () => false,
      limits: new InMemoryLimits(() => house.now()),
      allowance: { perMinute: 0 },
    };
    const { reply } = await answerText(conversation, 'reviews v3 50', { user, origin, request });

    expect(house.changes.all).toHaveLength(1);
    expect(reply?.text).toContain('I cannot tell whether it was accepted');
    expect(reply?.text).not.toContain('nobody expected this');
  });
});
