import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { realPrometheus } from '../support/prometheus.ts';
import { isCard, startTestWorld } from '../support/test-world.ts';

const prometheus = await realPrometheus();

const vector = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

const requestsByVersion =
  'sum by (destination_version) (increase(istio_requests_total{reporter=~"source|waypoint",destination_service_name="reviews",destination_service_namespace="default"}[1m]))';

describe('the world with Bookinfo in it', () => {
  it.skipIf(prometheus === undefined)(
    'shifts traffic from the chat, and a real Prometheus sees it shift (needs a Prometheus)',
    async () => {
      const world = await startTestWorld({ bookinfo: { requestsPerSecond: 40 }, prometheus: {} });
      try {
        const state = await world.measuring.state;
        await world.people.command('alice', 'reviews v3 50');
        await world.people.waitFor('the card', (messages) => messages.find((each) => isCard(each, 'Applied')));

        await vi.waitFor(
          async () => {
            const seen = await query(world.measuring.url, requestsByVersion);
            expect(seen.get('v1')).toBeGreaterThan(20);
            expect(seen.get('v3')).toBeGreaterThan(20);
          },
          { timeout: 12_000, interval: 250 },
        );
        const page = await (await fetch(world.page?.url ?? '')).text();

        expect(state).toEqual({ kind: 'running' });
        expect(page).toMatch(/reviews v[13]/);
      } finally {
        await world.stop();
      }
    },
    60_000,
  );

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

async function query(url: string | undefined, expression: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const { result } = vector.parse(await answer.json()).data;
  return new Map(result.map(({ metric, value: [, count] }) => [metric['destination_version'] ?? '', Number(count)]));
}
