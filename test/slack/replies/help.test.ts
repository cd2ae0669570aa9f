import { describe, expect, it } from 'vitest';
import { commands, helpText } from '../../../src/slack/replies/help.ts';

describe('help', () => {
  it('lists every command, and in a thread how to mention the bot', () => {
    const text = helpText(undefined, 'shiftbot');

    for (const { usage } of commands) expect(text).toContain(usage);
    expect(text).toContain('`@shiftbot reviews v3 50`');
  });

  it('shows the name that Slack has for the bot, and what is in it, as text', () => {
    expect(helpText(undefined, 'a`<!channel>')).toContain('`@a &lt;!channel&gt; reviews v3 50`');
  });

  it.each([...commands.map(({ topic }) => topic), 'flags'])('says more about %s', (topic) => {
    expect(helpText(topic, undefined)).not.toContain('no such topic');
  });

  it.each(['constructor', 'toString', 'nonsense', '__proto__'])('has no topic %s, and says what there is', (topic) => {
    expect(helpText(topic, undefined)).toContain('There is no such topic');
  });
});
