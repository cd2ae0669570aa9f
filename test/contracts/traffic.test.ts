import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CountedRequests } from '../../src/domain/change/seen.ts';
import { PrometheusTraffic } from '../../src/prometheus/prometheus-traffic.ts';
import { TrafficUnavailableError } from '../../src/workflow/errors.ts';
import type { TrafficQuery } from '../../src/workflow/ports/traffic.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { StubPrometheus } from '../support/stub-prometheus.ts';
import { cluster, inMemoryWorld, queryFor, realWorld, type World } from './traffic-world.ts';

const prometheus = await realPrometheus();

describeTraffic('in memory', inMemoryWorld);

describeTraffic('a stubbed Prometheus', async () => {
  const stub = new StubPrometheus();
  await stub.start();
  const traffic = new PrometheusTraffic(new Map([[cluster, new URL(stub.url)]]));
  const away = new PrometheusTraffic(new Map([[cluster, new URL('http://127.0.0.1:1')]]));
  return {
    traffic,
    away,
    play: async ({ host, before = [], after = [] }) => {
      stub.scraped(before.length > 0 ? 0 : undefined);
      const versions = new Set([...before, ...after].map(({ version = 'unknown' }) => version));
      stub.count([...versions].flatMap((version) => rowsOf(version, after)));
      return queryFor(host);
    },
    knows: () => {},
    tooFine: (query) => {
      stub.scraped(5_000);
      return query;
    },
    unknownTime: (query) => {
      stub.scraped(undefined, { knowsMesh: false });
      return query;
    },
    stop: async () => {
      await Promise.all([traffic.close(), away.close()]);
      await stub.stop();
    },
  };
});

function rowsOf(version: string, after: readonly CountedRequests[]) {
  const own = after.filter((each) => (each.version ?? 'unknown') === version);
  if (own.length === 0) return [{ destination_version: version, response_flags: '-', requests: 0 }];
  return own.map(({ flags = '-', requests }) => ({ destination_version: version, response_flags: flags, requests }));
}

describe.runIf(prometheus)('with a prometheus', () => {
  describeTraffic('Prometheus', () => realWorld(prometheus));

  it('counts what a client sent since its counters were reset', async () => {
    const world = await realWorld(prometheus);
    const host = 'restarted.default.svc.cluster.local';

    const query = await world.play({
      host,
      before: [{ host, version: 'v1', requests: 1_000 }],
      after: [{ host, version: 'v1', requests: 7 }],
      restarts: true,
    });

    expect(await world.traffic.count(query)).toEqual({
      kind: 'counted',
      requests: [{ host, version: 'v1', flags: undefined, requests: 7 }],
    });
    await world.stop();
  });
});

function describeTraffic(where: string, enter: () => Promise<World>): void {
  describe(`the traffic: ${where}`, () => {
    let world: World;
    const hostOf = (service: string) => `${service}.default.svc.cluster.local`;
    const counted = async (query: TrafficQuery) => {
      const count = await world.traffic.count(query);
      if (count.kind !== 'counted') return count;
      return { ...count, requests: count.requests.toSorted((a, b) => b.requests - a.requests) };
    };

    beforeAll(async () => {
      world = await enter();
    }, 30_000);
    afterAll(() => world.stop());

    it('counts the requests since a change by version, also for a version that had none before', async () => {
      const host = hostOf('reviews');
      const query = await world.play({
        host,
        before: [{ host, version: 'v1', requests: 5_000 }],
        after: [
          { host, version: 'v1', requests: 591 },
          { host, version: 'v3', requests: 613 },
        ],
      });

      expect(await counted(query)).toEqual({
        kind: 'counted',
        requests: [
          { host, version: 'v3', flags: undefined, requests: 613 },
          { host, version: 'v1', flags: undefined, requests: 591 },
        ],
      });
    });

    it('counts requests that reached no version separately, with the response flag of Envoy', async () => {
      const host = hostOf('ratings');
      const query = await world.play({
        host,
        before: [{ host, version: 'v1', requests: 50 }],
        after: [
          { host, version: 'v1', requests: 30 },
          { host, flags: 'NC', requests: 20 },
          { host, flags: 'UH', requests: 10 },
        ],
      });

      expect(await counted(query)).toEqual({
        kind: 'counted',
        requests: [
          { host, version: 'v1', flags: undefined, requests: 30 },
          { host, version: undefined, flags: 'NC', requests: 20 },
          { host, version: undefined, flags: 'UH', requests: 10 },
        ],
      });
    });

    it('reports that there was no traffic, with and without traffic before', async () => {
      const [host, fresh] = [hostOf('details'), hostOf('never-called')];
      const query = await world.play({ host, before: [{ host, version: 'v1', requests: 50 }] });
      expect(await counted(query)).toEqual({ kind: 'counted', requests: [] });

      expect(await counted(await world.play({ host: fresh }))).toEqual({ kind: 'counted', requests: [] });
    });

    it('does not count requests to another host', async () => {
      const [host, other] = [hostOf('one'), hostOf('two')];
      const query = await world.play({ host, before: [{ host, version: 'v1', requests: 1 }] });
      await world.play({ host: other, after: [{ host: other, version: 'v1', requests: 0 }] });

      expect(await counted(query)).toEqual({ kind: 'counted', requests: [] });
    });

    it('uses a host literally, whatever characters it has', async () => {
      const query = await world.play({ host: hostOf('plain') });

      for (const host of [
        'a"} or vector(1) or x{a="',
        'back\\slash',
        'new\nline',
        '`t`',
        'a*(.b".svc.x',
        '\u2028.ü.svc',
      ])
        expect(await counted({ ...query, host })).toEqual({ kind: 'counted', requests: [] });
    });

    it('says that the count is unknown if the scrapes are too far apart, or nothing is scraped', async () => {
      const host = hostOf('coarse');
      const query = await world.play({ host, before: [{ host, version: 'v1', requests: 50 }] });

      expect(await counted(world.tooFine(query))).toEqual({ kind: 'unknown', because: 'too-seldom' });
      expect(await counted(world.unknownTime(query))).toEqual({ kind: 'unknown', because: 'not-counted' });
    });

    it('knows nothing about a cluster without Prometheus', async () => {
      const query = await world.play({ host: hostOf('far') });

      expect(world.traffic.clusters).toEqual([cluster]);
      expect(await counted({ ...query, cluster: 'other' })).toEqual({ kind: 'unknown', because: 'not-counted' });
    });

    it('fails with our own error if nobody answers', async () => {
      const query = await world.play({ host: hostOf('away') });

      await expect(world.away.count(query)).rejects.toThrow(TrafficUnavailableError);
    });
  });
}
