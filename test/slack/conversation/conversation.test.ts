import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerText } from '../../../src/slack/conversation/answer.ts';
import type { Conversation } from '../../../src/slack/conversation/conversation.ts';
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

    const { reply } = await type(house, { turns });

    expect(house.changes.all).toHaveLength(1);
    expect(reply?.text).toContain('I cannot tell whether it was accepted');
    expect(reply?.text).not.toContain('nobody expected this');
  });

  describe('whose time is over', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
    afterEach(() => void vi.useRealTimers());

    const never = new Promise<never>(() => {});

    it('does not say that nothing will happen while the store has not said what became of it', async () => {
      const house = new House();
      const { promise: sent, resolve: send } = Promise.withResolvers<void>();
      const accept = house.changes.accept.bind(house.changes);
      house.changes.accept = async (...all) => {
        await accept(...all);
        send();
        return never;
      };

      const answer = type(house);
      await sent;
      await vi.advanceTimersByTimeAsync(2_600);

      expect((await answer).reply?.text).toContain('I cannot tell whether it was accepted');
    });

    it('says that nothing will happen where nothing was sent to the store', async () => {
      const house = new House();
      const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
      house.changes.lines = () => {
        ask();
        return never;
      };

      const answer = type(house);
      await asked;
      await vi.advanceTimersByTimeAsync(2_600);

      expect((await answer).reply?.text).toContain('Nothing will happen');
    });
  });
});

it('tells in the status that nothing signs what is kept', async () => {
  const house = new House();
  const { user, origin, request } = house.asker();
  const asked = { user, origin, request };
  const said = async (isUnsigned: boolean) => {
    const answer = await answerText({ ...conversationIn(house), isUnsigned }, 'status', asked);
    return answer.reply?.text ?? '';
  };

  expect(await said(true)).toContain('*Nothing signs what is kept in Redis:*');
  expect(await said(false)).not.toContain('signs');
});

function type(house: House, desk: Partial<House['desk']> = {}): ReturnType<typeof answerText> {
  const { user, origin, request } = house.asker();
  return answerText(conversationIn(house, desk), 'reviews v3 50', { user, origin, request });
}

function conversationIn(house: House, desk: Partial<House['desk']> = {}): Conversation {
  return {
    desk: { ...house.desk, ...desk },
    cards: house.cards,
    botName: 'shiftbot',
    isLate: () => false,
    limits: new InMemoryLimits(() => house.now()),
    allowance: { perMinute: 0 },
  };
}
