import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { realPrometheus } from '../support/prometheus.ts';
import { startTestWorld, type TestWorld } from '../support/test-world.ts';

const prometheus = await realPrometheus();
/** A busy machine sends fewer requests, and Prometheus misses some scrapes. */
const within = { timeout: 60_000 };

describe.skipIf(prometheus === undefined)('faults, as a real Prometheus counts them (needs a Prometheus)', () => {
  it('are failures and slow requests of the version that has them, at the caller', { timeout: 240_000 }, async () => {
    const world = await startTestWorld({ bots: [], bookinfo: { requestsPerSecond: 40 }, prometheus: {} });
    try {
      expect(await world.measuring.state).toEqual({ kind: 'running' });
      await world.objects.editByHand('reviews', (spec) => ({ ...spec, http: [{ route: [to('v1'), to('v3')] }] }));
      const answered = () => count(world, `istio_requests_total{${reviews},response_code="200"}`);
      await expect.poll(async () => (await answered())['v3'] ?? 0, within).toBeGreaterThan(10);
      expect(await count(world, `istio_requests_total{${reviews},response_code=~"5.."}`)).toEqual({});

      await set(world, { 'reviews-v3.fail': '40', 'reviews-v3.slow': '50', 'reviews-v3.delay': '300' });
      const before = await answered();

      const failed = () => count(world, `istio_requests_total{${reviews},${failure}}`);
      await expect.poll(async () => (await failed())['v3'] ?? 0, within).toBeGreaterThan(10);
      const slow = `istio_request_duration_milliseconds_count{${reviews}} - ignoring(le) istio_request_duration_milliseconds_bucket{${reviews},le="250"}`;
      await expect.poll(async () => (await count(world, slow))['v3'] ?? 0, within).toBeGreaterThan(10);
      await expect.poll(async () => (await answered())['v1'] ?? 0, within).toBeGreaterThan((before['v1'] ?? 0) + 10);
      expect(Object.keys(await failed())).toEqual(['v3']);
    } finally {
      await world.stop();
    }
  });
});

const reviews =
  'reporter="source",source_workload="productpage-v1",source_workload_namespace="default",destination_service_name="reviews",destination_service_namespace="default"';
const failure = 'response_code="500",response_flags="-",grpc_response_status=""';

function to(subset: string): object {
  return { destination: { host: 'reviews', subset }, weight: 50 };
}

async function set(world: TestWorld, form: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(new URL('/faults', world.page?.url), { method: 'POST', body: new URLSearchParams(form) });
  expect(await answer.text()).toContain('reviews-v3 fails 40 % (500)');
}

const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.object({ destination_version: z.string() }),
        value: z.tuple([z.number(), z.coerce.number()]),
      }),
    ),
  }),
});

/** By version of reviews. */
async function count({ measuring }: TestWorld, expression: string): Promise<Readonly<Record<string, number>>> {
  const query = new URLSearchParams({ query: `sum by (destination_version) (${expression})` });
  const { data } = answer.parse(await (await fetch(`${measuring.url}/api/v1/query?${query}`)).json());
  return Object.fromEntries(data.result.map(({ metric, value: [, sum] }) => [metric.destination_version, sum]));
}
