import { describe, expect, it } from 'vitest';
import { startTestWorld } from '../support/test-world.ts';

describe('the world with Bookinfo in it', () => {
  it('runs nothing of it unless it is asked to', async () => {
    const world = await startTestWorld({ bots: [] });
    try {
      expect(world.page).toBeUndefined();
      expect(world.measuring.url).toBeUndefined();
      expect(await world.measuring.state).toMatchObject({ kind: 'missing' });
    } finally {
      await world.stop();
    }
  });

  it('takes the Prometheus it is given as it is', async () => {
    const world = await startTestWorld({ bots: [], bookinfo: {}, prometheus: { url: 'http://127.0.0.1:9' } });
    try {
      expect(world.measuring.url).toBe('http://127.0.0.1:9');
      expect(await world.measuring.state).toEqual({ kind: 'given' });
      expect((await fetch(world.page?.url ?? '')).status).toBe(200);
    } finally {
      await world.stop();
    }
  });
});
