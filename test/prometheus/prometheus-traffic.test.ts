import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PrometheusTraffic } from '../../src/prometheus/prometheus-traffic.ts';
import { durations, fastRequests, requestsByCaller, requestsTo, timedRequests } from '../../src/prometheus/promql.ts';
import { TrafficUnavailableError } from '../../src/workflow/errors.ts';
import type { TrafficQuery } from '../../src/workflow/ports/traffic.ts';
import { StubPrometheus } from '../support/stub-prometheus.ts';

const t0 = Date.parse('2026-11-22T14:03:11.000Z');
const host = 'reviews.default.svc.cluster.local';
const query: TrafficQuery = {
  cluster: 'sandbox',
  host,
  since: new Date(t0),
  from: new Date(t0 + 15_000),
  until: new Date(t0 + 75_000),
};
let stub: StubPrometheus;
let traffic: PrometheusTraffic;

function trafficAt(address: string): PrometheusTraffic {
  return new PrometheusTraffic(new Map([['sandbox', new URL(address)]]));
}

beforeEach(async () => {
  stub = new StubPrometheus();
  await stub.start();
  traffic = trafficAt(stub.url);
});
afterEach(async () => {
  await traffic.close();
  await stub.stop();
});

describe('the queries to Prometheus', () => {
  it('query as of the given time, not as of now', async () => {
    await traffic.count(query);

    expect(stub.asked.map(({ atMs, windowMs }) => [atMs - t0, windowMs])).toEqual([
      [75_000, 60_000],
      [75_000, 60_000],
    ]);
  });

  it('count on the client side, by service and namespace, and include requests for which Envoy has no service', () => {
    const asked = requestsTo(host, 60_000);

    expect(asked).toMatch(/^sum by \(destination_version, response_flags\) \(/);
    expect(asked).toContain(
      '{reporter=~"source|waypoint",destination_service_name="reviews",destination_service_namespace="default"}[60000ms]',
    );
    expect(asked).toContain('destination_service=~"reviews\\\\.default([.]svc([.]cluster[.]local)?)?(:[0-9]+)?"');
    expect(asked).toContain('source_workload_namespace="default",destination_service=~"reviews(:[0-9]+)?"');
  });

  it('look back an hour for where a counter of a guard stood, so that one which was not scraped for a while is not new', () => {
    for (const asked of [
      requestsByCaller(host, 15_000),
      timedRequests(host, 15_000),
      fastRequests(host, 15_000, 250),
      durations(host, 15_000),
    ])
      expect(asked).toMatch(/\[1h\] offset 15000ms/);
  });

  it('find a bucket in the spelling of any Prometheus', () => {
    const le = (boundMs: number) => /le=~"((?:[^"\\]|\\.)*)"/.exec(fastRequests(host, 15_000, boundMs))?.[1] ?? '';
    const finds = (boundMs: number, written: string) =>
      new RegExp(`^(?:${JSON.parse(`"${le(boundMs)}"`)})$`).test(written);

    expect(['100', '100.0', '1000', '1001', '10', '+Inf'].filter((written) => finds(100, written))).toEqual([
      '100',
      '100.0',
    ]);
    expect(['0.5', '0x5', '5', '0.50'].filter((written) => finds(0.5, written))).toEqual(['0.5']);
  });

  it('use a host outside the cluster unchanged', () => {
    expect(requestsTo('www.example.com', 10_000)).toContain('destination_service="www.example.com"');
  });

  it.each(['a"} or vector(1) or x{a="', 'back\\slash', 'new\nline', '`tick`', 'a.b".svc.cluster.local'])(
    'never let a host name become part of the query: %j',
    (evil) => {
      for (const asked of [requestsTo(evil, 10_000), requestsByCaller(evil, 10_000), fastRequests(evil, 10_000, 100)]) {
        const outside = asked.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '');

        expect(outside).not.toMatch(/["`\n]|vector/);
      }
    },
  );

  it('know the counters up to the last scrape of the proxy that was not scraped for the longest, and how often that is', async () => {
    stub.scraped(4_000);

    const scraped = await traffic.scraped({ cluster: 'sandbox', host, at: query.until });

    expect(stub.asked.map(({ atMs }) => atMs - t0)).toEqual([75_000, 71_000, 70_999]);
    expect(scraped).toEqual({
      kind: 'scraped',
      until: new Date(t0 + 71_000),
      since: new Date(t0 + 67_000),
      everyMs: 4_001,
    });
  });

  it('send the user and password of the URL as a header, and keep its path', async () => {
    const { port } = new URL(stub.url);
    const own = trafficAt(`http://me:p%40ss@127.0.0.1:${port}/prometheus/`);

    await own.count(query);
    await own.close();

    expect(stub.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    expect(stub.asked[0]?.path).toBe('/prometheus/api/v1/query');
  });
});

describe('a bad answer from Prometheus', () => {
  it.each`
    what                         | status | body                                                                                                | says
    ${'an error with its words'} | ${422} | ${'{"status":"error","errorType":"execution","error":"query timed out"}'}                           | ${/answered 422: query timed out/}
    ${'an error without words'}  | ${503} | ${'<html>'}                                                                                         | ${/answered 503$/}
    ${'a page'}                  | ${200} | ${'<html>'}                                                                                         | ${/not an instant vector/}
    ${'another kind of answer'}  | ${200} | ${'{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'}                           | ${/not an instant vector/}
    ${'rows of another shape'}   | ${200} | ${'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1}}]}}'}              | ${/not an instant vector/}
    ${'far too much'}            | ${200} | ${`{"status":"success","data":{"x":"${'x'.repeat(1_100_000)}"}}`}                                   | ${/did not answer/}
    ${'what is no number'}       | ${200} | ${'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}}'} | ${/not an instant vector/}
  `('$what is a TrafficUnavailableError', async ({ status, body, says }) => {
    stub.answerWith(status, body);

    const asked = traffic.count(query);

    await expect(asked).rejects.toThrow(TrafficUnavailableError);
    await expect(asked).rejects.toThrow(says);
  });

  it('times out after a few seconds, and stops at once when closed', { timeout: 10_000 }, async () => {
    stub.hang();
    const began = performance.now();

    await expect(traffic.count(query)).rejects.toThrow(TrafficUnavailableError);
    expect(performance.now() - began).toBeLessThan(6_000);

    const closed = traffic.count(query).catch((error: unknown) => error);
    await expect.poll(() => stub.asked.length).toBe(4);
    const closing = performance.now();
    await traffic.close();
    expect(await closed).toBeInstanceOf(TrafficUnavailableError);
    expect(performance.now() - closing).toBeLessThan(1_000);
  });

  it('never shows the password', async () => {
    const own = trafficAt('http://me:secret@127.0.0.1:1');

    const error = await own.count(query).catch((caught: unknown) => caught);
    await own.close();

    expect(error).toBeInstanceOf(TrafficUnavailableError);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
  });
});
