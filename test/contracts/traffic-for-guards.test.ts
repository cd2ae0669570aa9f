import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latencyBound } from '../../src/domain/guard/latency-bound.ts';
import { errorBatches } from '../../src/domain/guard/sides.ts';
import { TrafficUnavailableError } from '../../src/workflow/errors.ts';
import type { OwnNumber, Traffic, TrafficQuery } from '../../src/workflow/ports/traffic.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { inMemoryWorld, realWorld, type World } from './traffic-world.ts';

const prometheus = await realPrometheus();
const hostOf = (service: string) => `${service}.default.svc.cluster.local`;
const page = { workload: 'productpage-v1', workloadNamespace: 'default' };
const gateway = { workload: 'gateway', workloadNamespace: 'istio-system' };

/** Everything that is asked about a period. */
function allAbout(traffic: Traffic, query: TrafficQuery) {
  return [
    traffic.countByCaller(query),
    traffic.countSlow({ ...query, slowerThanMs: 100 }),
    traffic.durations(query),
  ] as const;
}

describeGuardTraffic('in memory', inMemoryWorld);

describe.runIf(prometheus)('with a prometheus', () => {
  describeGuardTraffic('Prometheus', () => realWorld(prometheus));

  it('counts for guards what a client sent since its counters were reset', { timeout: 30_000 }, async () => {
    const world = await realWorld(prometheus);
    const host = hostOf('restarted');
    const before = [{ host, version: 'v1', code: '503', requests: 1_000 }];
    const after = [{ host, version: 'v1', code: '503', requests: 7 }];

    const query = await world.play({ host, before, after, restarts: true });

    const counted = await world.traffic.countByCaller(query);
    expect(counted.kind === 'counted' && counted.requests.map(({ requests }) => requests)).toEqual([7]);
    await world.stop();
  });

  it('knows nothing slower than a bound that no bucket has, and says what is wrong with a query', async () => {
    const world = await realWorld(prometheus);
    const host = hostOf('reviews');
    const query = await world.play({ host, after: [{ host, version: 'v1', requests: 7 }] });

    expect(await world.traffic.countSlow({ ...query, slowerThanMs: 99 })).toEqual({ kind: 'counted', requests: [] });
    const asked = world.traffic.evaluate({ cluster: query.cluster, query: 'sum(', at: query.until });
    await expect(asked).rejects.toThrow(/Prometheus answered 400: .*parse error/);
    await expect(asked).rejects.toThrow(TrafficUnavailableError);
    await world.stop();
  });
});

function describeGuardTraffic(where: string, enter: () => Promise<World>): void {
  describe(`the traffic that guards look at: ${where}`, { timeout: 30_000 }, () => {
    let world: World;
    beforeAll(async () => {
      world = await enter();
    }, 30_000);
    afterAll(() => world.stop());

    it('is counted by who called, what answered, and how it ended', async () => {
      const host = hostOf('reviews');
      const rows = [
        { version: 'v1', code: '200', ...page, requests: 900 },
        { version: 'v3', code: '200', ...page, requests: 100 },
        { version: 'v3', code: '503', flags: 'UF,URX', ...page, requests: 9 },
        { version: 'v3', code: '0', flags: 'DC', ...page, requests: 8 },
        { version: 'v3', code: '200', grpcStatus: '14', ...gateway, requests: 7 },
        { version: 'v1', code: '200', workload: undefined, workloadNamespace: undefined, requests: 6 },
        { version: undefined, code: '503', flags: 'NC', ...page, requests: 5 },
        { version: undefined, code: '503', flags: 'UH', ...page, requests: 4 },
      ].map((row) => ({ host, ...row }));

      const query = await world.play({ host, before: [{ host, version: 'v1', requests: 5_000 }], after: rows });
      const counted = await world.traffic.countByCaller(query);

      if (counted.kind !== 'counted') throw new Error(counted.because);
      expect(counted.requests.toSorted((a, b) => b.requests - a.requests)).toEqual(rows);
      const backends = ['v1', 'v3'].map((version) => ({ version, host, label: version }));
      const sides = { canary: ['v3'], others: ['v1'], backends };
      expect(Object.fromEntries(errorBatches(counted.requests, sides))).toEqual({
        'default/productpage-v1': { canary: { requests: 109, bad: 9 }, others: { requests: 900, bad: 0 } },
        'istio-system/gateway': { canary: { requests: 7, bad: 7 }, others: { requests: 0, bad: 0 } },
        unknown: { canary: { requests: 0, bad: 0 }, others: { requests: 6, bad: 0 } },
      });
    });

    it('has each request once in periods that adjoin', async () => {
      const host = hostOf('adjoining');
      const first = await world.play({ host, after: [{ host, version: 'v1', requests: 11 }] });
      const later = [{ host, version: 'v1', requests: 20 }];
      const last = await world.play({ host, before: later, after: [{ host, version: 'v1', requests: 300 }] });
      const requestsIn = async (period: Pick<TrafficQuery, 'from' | 'until'>) => {
        const counted = await world.traffic.countByCaller({ ...first, ...period });
        return counted.kind === 'counted' ? counted.requests.reduce((sum, { requests }) => sum + requests, 0) : counted;
      };

      expect(await requestsIn({ from: first.from, until: first.until })).toBe(11);
      expect(await requestsIn({ from: first.until, until: last.until })).toBe(320);
      expect(await requestsIn({ from: first.from, until: last.until })).toBe(331);
    });

    it('is slow or not, by version and caller', async () => {
      const host = hostOf('slow');
      const query = await world.play({
        host,
        before: [{ host, version: 'v1', requests: 50, tookMs: 2_000 }],
        after: [
          { host, version: 'v1', ...page, requests: 90, tookMs: 20 },
          { host, version: 'v1', ...page, requests: 10, tookMs: 101 },
          { host, version: 'v3', ...gateway, requests: 30, tookMs: 7_000 },
        ],
      });

      const counted = await world.traffic.countSlow({ ...query, slowerThanMs: 100 });

      if (counted.kind !== 'counted') throw new Error(counted.because);
      const all = new Map<string, readonly number[]>();
      for (const { version, workload, requests, slow } of counted.requests) {
        const [sum = 0, slowSum = 0] = all.get(`${version} ${workload}`) ?? [];
        all.set(`${version} ${workload}`, [sum + requests, slowSum + slow]);
      }
      expect(Object.fromEntries(all)).toEqual({ 'v1 productpage-v1': [100, 10], 'v3 gateway': [30, 30] });
    });

    it('tells how long requests took, from which the bound of slow ones comes', async () => {
      const host = hostOf('durations');
      const after = [
        { host, version: 'v1', requests: 94, tookMs: 20 },
        { host, version: 'v1', requests: 6, tookMs: 300 },
        { host, version: 'v3', requests: 50, tookMs: 3_000 },
      ];

      const counted = await world.traffic.durations(await world.play({ host, after }));

      if (counted.kind !== 'counted') throw new Error(counted.because);
      const of = (version: string, bound: number) =>
        counted.requests
          .filter((bucket) => bucket.version === version && bucket.upToMs === bound)
          .reduce((sum, { requests }) => sum + requests, 0);
      expect([of('v1', 10), of('v1', 25), of('v1', 500), of('v1', Infinity)]).toEqual([0, 94, 100, 100]);
      expect([of('v3', 2_500), of('v3', Infinity)]).toEqual([0, 50]);
      const backends = ['v1', 'v3'].map((version) => ({ version, host, label: version }));
      expect(latencyBound(counted.requests, { others: ['v1'], backends })).toBe(25);
    });

    it('is known up to the last sample, and a period that ends there stays as it is', async () => {
      const [host, fresh] = [hostOf('scraped'), hostOf('never-called')];
      const seven = [{ host, version: 'v1', requests: 7 }];
      const query = await world.play({ host, before: seven, after: seven });

      for (const each of [host, fresh]) {
        const scraped = await world.traffic.scraped({ cluster: query.cluster, host: each, at: query.until });

        if (scraped.kind !== 'scraped') throw new Error(scraped.because);
        expect(scraped.until.getTime()).toBeLessThanOrEqual(query.until.getTime());
        expect(scraped.until.getTime()).toBeGreaterThan(query.until.getTime() - 5_000);
        expect(scraped.since.getTime()).toBeLessThanOrEqual(scraped.until.getTime());
        expect(scraped.everyMs).toBeGreaterThan(0);
        expect(scraped.everyMs).toBeLessThan(5_000);
        const period = { ...query, until: scraped.until };
        const counted = await world.traffic.countByCaller(period);
        await world.play({ host, before: seven, after: seven });
        expect(await world.traffic.countByCaller(period)).toEqual(counted);
      }
    });

    it('takes a host literally, whatever characters it has', async () => {
      const query = await world.play({ host: hostOf('plain') });

      for (const host of ['a"} or vector(1) or x{a="', 'back\\slash', 'new\nline', 'a*(.b".svc.x', '\u2028.ü.svc'])
        for (const answer of allAbout(world.traffic, { ...query, host }))
          expect(await answer).toEqual({ kind: 'counted', requests: [] });
    });

    it('is unknown if the scrapes are too far apart, or nothing is scraped', async () => {
      const host = hostOf('coarse');
      const query = await world.play({ host, before: [{ host, version: 'v1', requests: 50 }] });

      for (const answer of allAbout(world.traffic, world.tooFine(query)))
        expect(await answer).toEqual({ kind: 'unknown', because: 'too-seldom' });
      for (const answer of allAbout(world.traffic, world.unknownTime(query)))
        expect(await answer).toEqual({ kind: 'unknown', because: 'not-counted' });
    });

    it('is unknown in a cluster without Prometheus', async () => {
      const query = { ...(await world.play({ host: hostOf('far') })), cluster: 'other' };

      const unknown = { kind: 'unknown', because: 'not-counted' };
      for (const answer of allAbout(world.traffic, query)) expect(await answer).toEqual(unknown);
      expect(await world.traffic.scraped({ ...query, at: query.until })).toEqual(unknown);
      expect(await world.traffic.evaluate({ ...query, query: 'vector(1)', at: query.until })).toEqual(unknown);
    });

    it('fails with our own error if nobody answers', async () => {
      const query = await world.play({ host: hostOf('away') });
      const at = query.until;

      const asked = [
        ...allAbout(world.away, query),
        world.away.scraped({ ...query, at }),
        world.away.evaluate({ ...query, query: 'vector(1)', at }),
      ];

      for (const outcome of await Promise.allSettled(asked))
        expect(outcome).toEqual({ status: 'rejected', reason: expect.any(TrafficUnavailableError) });
    });

    it.each<[string, OwnNumber]>([
      ['vector(0.25)', { kind: 'number', value: 0.25 }],
      ['scalar(vector(3))', { kind: 'number', value: 3 }],
      ['vector(0) / vector(0)', { kind: 'unknown', because: 'no-number' }],
      ['vector(1) / vector(0)', { kind: 'unknown', because: 'no-number' }],
      ['nobody_counts_this', { kind: 'unknown', because: 'no-row' }],
      ['vector(1) or label_replace(vector(2), "a", "b", "", "")', { kind: 'unknown', because: 'several-rows' }],
    ])('has an answer to a query of the operator’s own: %s', async (query, answer) => {
      const { cluster, until } = await world.play({ host: hostOf('own') });
      world.knows(query, answer);

      expect(await world.traffic.evaluate({ cluster, query, at: until })).toEqual(answer);
    });
  });
}
