import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/workflow/turns.ts';

describe('turns', () => {
  it('are taken one after the other on one thing, and at once on several', async () => {
    const turns = new Turns();
    const running = new Map<string, number>();
    let most = 0;
    const work = (key: string) => async () => {
      running.set(key, (running.get(key) ?? 0) + 1);
      most = Math.max(
        most,
        [...running.values()].reduce((sum, count) => sum + count, 0),
      );
      expect(running.get(key)).toBe(1);
      await turn();
      running.set(key, 0);
      return key;
    };

    const keys = ['a', 'b', 'a', 'a', 'b'];
    const answers = await Promise.all(keys.map((key) => turns.run(key, work(key))));

    expect(answers).toEqual(keys);
    expect(most).toBe(2);
  });

  it('go on after one that failed', async () => {
    const turns = new Turns();
    const failed = turns.run('a', () => Promise.reject(new Error('no')));

    expect(await Promise.allSettled([failed, turns.run('a', async () => 1)])).toMatchObject([
      { status: 'rejected' },
      { status: 'fulfilled', value: 1 },
    ]);
  });
});
