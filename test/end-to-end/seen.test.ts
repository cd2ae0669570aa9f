import { describe, it } from 'vitest';
import { realPrometheus } from '../support/prometheus.ts';
import type { SlackMessage } from '../support/slack-client.ts';
import { StubPrometheus } from '../support/stub-prometheus.ts';
import { cardIn, startTestWorld, type TestWorld } from '../support/test-world.ts';

const answeredByV1AndV3 = [
  { destination_version: 'v1', response_flags: '-', requests: 591 },
  { destination_version: 'v3', response_flags: '-', requests: 613 },
];

const prometheus = await realPrometheus();

/** A world of a test's own, since each of them waits for many seconds. */
class Scene {
  readonly stub = new StubPrometheus();
  #world: TestWorld | undefined;

  get world(): TestWorld {
    if (this.#world === undefined) throw new Error('there is no world yet');
    return this.#world;
  }

  static async open(onTestFinished: (end: () => Promise<void>) => void): Promise<Scene> {
    const scene = new Scene();
    await scene.stub.start();
    onTestFinished(() => scene.#close());
    return scene;
  }

  async start(options?: Parameters<typeof startTestWorld>[0]): Promise<TestWorld> {
    this.#world = await startTestWorld(options);
    return this.#world;
  }

  card(words: readonly string[], timeoutMs = 20_000): Promise<SlackMessage> {
    return cardIn(this.world.people, words, { timeoutMs });
  }

  async #close(): Promise<void> {
    await this.#world?.stop();
    await this.stub.stop();
  }
}

describe.concurrent('what the card says of the traffic', () => {
  it('is on it some seconds after the change, though whoever applied it was killed', { timeout: 120_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const scene = await Scene.open(onTestFinished);
    const { stub } = scene;
    stub.count(answeredByV1AndV3);
    const world = await scene.start({
      bots: [{ roles: 'chat' }, { roles: 'worker' }],
      environment: { PROMETHEUS_URL: stub.url },
    });
    await world.people.command('alice', 'reviews v3 50');
    const applied = await scene.card(['reviews · 50 % to v3', 'Applied in']);
    await world.bots[1]?.kill();
    expect(applied.text).not.toContain('Seen');

    await Promise.all([world.startBot('worker'), world.startBot('worker')]);

    const seen = await scene.card(['Seen in the last 10 s: v1 49.1 %, v3 50.9 % of 1,204 requests'], 40_000);
    expect(seen.ts).toBe(applied.ts);
    expect(stub.asked[0]?.query).toContain(
      'destination_service_name="reviews",destination_service_namespace="default"',
    );
    const notes = () => world.logs.filter((line) => line.includes('traffic after a change was noted'));
    await expect.poll(notes).toHaveLength(1);
  });

  it.skipIf(prometheus === undefined)(
    'is how the traffic of Bookinfo was split, by a real Prometheus (needs a Prometheus)',
    { timeout: 120_000 },
    async ({ expect, onTestFinished }) => {
      const scene = await Scene.open(onTestFinished);
      const world = await scene.start({ bookinfo: { requestsPerSecond: 40 }, prometheus: {} });
      expect(await world.measuring.state).toEqual({ kind: 'running' });
      const query = new URLSearchParams({ query: 'count(istio_requests_total)' });
      await expect
        .poll(async () => (await fetch(`${world.measuring.url}/api/v1/query?${query}`)).text(), { timeout: 20_000 })
        .toContain('"value"'); // it scrapes only some seconds after it has started
      await world.people.command('alice', 'reviews v3 50');

      const seen = await scene.card(['50 % to v3', 'Seen in the last'], 60_000);

      const [, v1, v3, requests] =
        /Seen in the last 10 s: v1 ([\d.]+) %, v3 ([\d.]+) % of (\d+) requests/.exec(seen.text)?.map(Number) ?? [];
      expect(v3).toBeGreaterThan(30);
      expect(v3).toBeLessThan(70);
      expect((v1 ?? 0) + (v3 ?? 0)).toBeCloseTo(100, 1);
      expect(requests).toBeGreaterThan(20); // four hundred come where the machine has time for them
    },
  );

  it('holds up neither the card nor the next change while Prometheus hangs', { timeout: 120_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const scene = await Scene.open(onTestFinished);
    const { stub } = scene;
    stub.hang();
    const world = await scene.start({ environment: { PROMETHEUS_URL: stub.url } });
    await world.people.command('alice', 'reviews v3 50');
    await scene.card(['reviews · 50 % to v3', 'Applied in']);
    await expect.poll(() => stub.asked.length, { timeout: 40_000 }).toBeGreaterThan(0);

    const began = performance.now();
    await world.people.command('bob', 'reviews v3 60');
    const next = await scene.card(['reviews · 60 % to v3', 'Applied in']);

    expect(performance.now() - began).toBeLessThan(4_000);
    expect(next.text).not.toMatch(/Seen|measured/);
    await expect.poll(async () => (await fetch(`${world.bots[0]?.url}/readyz`)).status).toBe(200);
    await expect
      .poll(async () => (await fetch(`${world.bots[0]?.url}/metrics`)).text(), { timeout: 30_000 })
      .toContain('shiftbot_traffic_looks_total{outcome="unreachable"} 1');
  });

  it('is nothing where nobody counts requests', async ({ expect, onTestFinished }) => {
    const scene = await Scene.open(onTestFinished);
    const { stub } = scene;
    const world = await scene.start();
    await world.people.command('alice', 'reviews v3 50');
    const applied = await scene.card(['reviews · 50 % to v3', 'Applied in']);

    expect(applied.text).not.toMatch(/Seen|measured/);
    expect(stub.asked).toEqual([]);
  });
});
