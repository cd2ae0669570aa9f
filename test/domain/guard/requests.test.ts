import { describe, expect, it } from 'vitest';
import { latelyByVersion, latelyTogether } from '../../../src/domain/guard/lately.ts';
import { type Bucket, latencyBound } from '../../../src/domain/guard/latency-bound.ts';
import { endingOf, type LabelledRequests, unreachedBy } from '../../../src/domain/guard/requests.ts';
import { errorBatches, pooled, type Sides, slowBatches, versionOf } from '../../../src/domain/guard/sides.ts';

const host = 'reviews.default.svc.cluster.local';
const backends = ['v1', 'v2', 'v3'].map((version) => ({ version, host, label: version }));
const sides: Sides = { canary: ['v3'], others: ['v1', 'v2'], backends };

function answered(version: string, requests: number, more: Partial<LabelledRequests> = {}): LabelledRequests {
  return { host, version, code: '200', workload: 'page', workloadNamespace: 'default', requests, ...more };
}

describe('how a request ended', () => {
  it.each`
    code     | grpcStatus   | flags        | version      | ending
    ${'200'} | ${undefined} | ${undefined} | ${'v1'}      | ${'good'}
    ${'301'} | ${undefined} | ${undefined} | ${'v1'}      | ${'good'}
    ${'404'} | ${undefined} | ${undefined} | ${'v1'}      | ${'good'}
    ${'429'} | ${undefined} | ${undefined} | ${'v1'}      | ${'good'}
    ${'500'} | ${undefined} | ${undefined} | ${'v1'}      | ${'bad'}
    ${'503'} | ${undefined} | ${'UF,URX'}  | ${'v1'}      | ${'bad'}
    ${'504'} | ${undefined} | ${'UT'}      | ${'v1'}      | ${'bad'}
    ${'599'} | ${undefined} | ${'DC'}      | ${'v1'}      | ${'bad'}
    ${'0'}   | ${undefined} | ${'DC'}      | ${'v1'}      | ${'left'}
    ${'0'}   | ${undefined} | ${'DC,URX'}  | ${'v1'}      | ${'left'}
    ${'0'}   | ${undefined} | ${undefined} | ${'v1'}      | ${'bad'}
    ${'0'}   | ${undefined} | ${'UC'}      | ${'v1'}      | ${'bad'}
    ${'0'}   | ${undefined} | ${'DCX'}     | ${'v1'}      | ${'bad'}
    ${'200'} | ${'0'}       | ${undefined} | ${'v1'}      | ${'good'}
    ${'200'} | ${'1'}       | ${undefined} | ${'v1'}      | ${'good'}
    ${'200'} | ${'2'}       | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'3'}       | ${undefined} | ${'v1'}      | ${'good'}
    ${'200'} | ${'4'}       | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'5'}       | ${undefined} | ${'v1'}      | ${'good'}
    ${'200'} | ${'8'}       | ${undefined} | ${'v1'}      | ${'good'}
    ${'200'} | ${'12'}      | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'13'}      | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'14'}      | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'15'}      | ${undefined} | ${'v1'}      | ${'bad'}
    ${'200'} | ${'16'}      | ${undefined} | ${'v1'}      | ${'good'}
    ${''}    | ${undefined} | ${undefined} | ${'v1'}      | ${'good'}
    ${'503'} | ${undefined} | ${'NC'}      | ${undefined} | ${'unreached'}
    ${'503'} | ${undefined} | ${'UH'}      | ${undefined} | ${'unreached'}
    ${'200'} | ${'14'}      | ${'UH'}      | ${undefined} | ${'unreached'}
    ${'503'} | ${undefined} | ${'UH'}      | ${'v1'}      | ${'bad'}
    ${'503'} | ${undefined} | ${'UO'}      | ${undefined} | ${'bad'}
    ${'200'} | ${undefined} | ${undefined} | ${undefined} | ${'good'}
  `('is $ending with code $code, gRPC status $grpcStatus, flags $flags at $version', (labels) => {
    expect(endingOf(labels)).toBe(labels.ending);
  });

  it('names why requests reached no version', () => {
    const lost = [
      { host, code: '503', flags: 'NC', requests: 20 },
      { host, code: '503', flags: 'NC', workload: 'gateway', requests: 5 },
      { host, code: '503', flags: 'UH,URX', requests: 3 },
      { host, code: '503', flags: 'UH', requests: 0 },
      { host, code: '503', flags: 'UO', requests: 7 },
      answered('v3', 9, { code: '503', flags: 'UF' }),
    ];

    expect(unreachedBy(lost)).toEqual({ NC: 25, UH: 3 });
    expect(unreachedBy([])).toEqual({});
  });
});

describe('the batches of a look', () => {
  it('are one a caller, the versions that grow against the rest', () => {
    const counted = [
      answered('v1', 800),
      answered('v1', 4, { code: '503' }),
      answered('v2', 90),
      answered('v3', 100),
      answered('v3', 2, { code: '500' }),
      answered('v3', 1, { code: '200', grpcStatus: '14' }),
      answered('v3', 30, { code: '0', flags: 'DC' }),
      answered('v3', 7, { workload: 'gateway', workloadNamespace: 'istio-system' }),
      answered('v1', 5, { workload: undefined, workloadNamespace: undefined }),
      answered('v9', 1_000),
      answered('v1', 11, { host: 'elsewhere.default.svc.cluster.local' }),
      answered('v2', 0, { workload: 'silent' }),
    ];

    const batches = errorBatches(counted, sides);

    expect(Object.fromEntries(batches)).toEqual({
      'default/page': { canary: { requests: 103, bad: 3 }, others: { requests: 894, bad: 4 } },
      'istio-system/gateway': { canary: { requests: 7, bad: 0 }, others: { requests: 0, bad: 0 } },
      unknown: { canary: { requests: 0, bad: 0 }, others: { requests: 5, bad: 0 } },
    });
    expect(pooled(batches)).toEqual({ canary: { requests: 110, bad: 3 }, others: { requests: 899, bad: 4 } });
  });

  it('count slow requests in place of failed ones', () => {
    const timed = [
      { host, version: 'v3', workload: 'page', workloadNamespace: 'default', requests: 100, slow: 20 },
      { host, version: 'v1', workload: 'page', workloadNamespace: 'default', requests: 900, slow: 45 },
    ];

    expect(Object.fromEntries(slowBatches(timed, sides))).toEqual({
      'default/page': { canary: { requests: 100, bad: 20 }, others: { requests: 900, bad: 45 } },
    });
  });

  it('know a version by its host alone if all pods of the host are meant, and by nothing if it is not clear', () => {
    const hosts = [
      { version: 'old', host: 'old.a' },
      { version: 'new', host: 'new.a' },
    ];
    const twins = ['v3', 'v3-too'].map((version) => ({ version, host, label: 'v3' }));

    expect(versionOf({ host: 'new.a', version: 'whatever' }, hosts)).toBe('new');
    expect(versionOf({ host: 'new.a' }, hosts)).toBe('new');
    expect(versionOf({ host, version: 'v3' }, twins)).toBeUndefined();
    expect(versionOf({ host }, backends)).toBeUndefined();
  });
});

describe('what is known from the last hour', () => {
  const counted = [
    answered('v1', 35_640),
    answered('v1', 360, { code: '503' }),
    answered('v1', 500, { code: '0', flags: 'DC' }),
    answered('v2', 3_600),
    answered('v9', 3_600),
  ];

  it('is the rate of requests and of failures by version, and together', () => {
    const lately = latelyByVersion(counted, backends, 3_600);

    expect(Object.fromEntries(lately)).toEqual({
      v1: { requestsPerSecond: 10, failureRate: 0.01 },
      v2: { requestsPerSecond: 1, failureRate: 0 },
    });
    expect(latelyTogether(lately.values())?.requestsPerSecond).toBe(11);
    expect(latelyTogether(lately.values())?.failureRate).toBeCloseTo(0.1 / 11, 9);
  });

  it('is nothing without traffic', () => {
    expect(latelyTogether(latelyByVersion([], backends, 3_600).values())).toBeUndefined();
  });
});

describe('the time from which a request is slow', () => {
  const histogram = (version: string, cumulative: Readonly<Record<string, number>>): readonly Bucket[] =>
    Object.entries(cumulative).map(([upTo, requests]) => ({ host, version, upToMs: Number(upTo), requests }));

  it.each`
    cumulative                                                 | bound
    ${{ 10: 500, 25: 800, 50: 930, 100: 985, Infinity: 1000 }} | ${50}
    ${{ 10: 500, 25: 900, 50: 999, Infinity: 1000 }}           | ${25}
    ${{ 10: 500, 25: 600, 50: 990, Infinity: 1000 }}           | ${50}
    ${{ 10: 899, 25: 991, Infinity: 1000 }}                    | ${undefined}
    ${{ 10: 1000, Infinity: 1000 }}                            | ${undefined}
    ${{ 10: 0, Infinity: 0 }}                                  | ${undefined}
    ${{}}                                                      | ${undefined}
  `('is $bound ms with buckets $cumulative', ({ cumulative, bound }) => {
    expect(latencyBound(histogram('v1', cumulative), sides)).toBe(bound);
  });

  it('comes from the others alone', () => {
    const all = [
      ...histogram('v1', { 10: 400, 25: 470, Infinity: 500 }),
      ...histogram('v2', { 10: 400, 25: 480, Infinity: 500 }),
      ...histogram('v3', { 10: 0, 25: 0, Infinity: 5_000 }),
      ...histogram('v9', { 10: 0, 25: 0, Infinity: 5_000 }),
    ];

    expect(latencyBound(all, sides)).toBe(25);
  });
});
