import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faulty } from '../../../../src/sandbox/bookinfo/faults/faulty.ts';
import { noFault, type VersionFault } from '../../../../src/sandbox/bookinfo/faults/version-faults.ts';
import { sendJson, serve } from '../../../../src/sandbox/bookinfo/http-service.ts';

/** A service with this fault. `points` are the random numbers that it draws, again and again. */
async function serviceWith(fault: Partial<VersionFault>, points: readonly number[]) {
  let drawn = 0;
  let asked = 0;
  const service = await serve(
    faulty(
      (_, response) => {
        asked++;
        sendJson(response, 200, {});
      },
      { fault: () => ({ ...noFault, ...fault }), random: () => points[drawn++ % points.length] ?? 0 },
    ),
  );
  onTestFinished(() => service.stop());
  return { url: service.url, asked: () => asked };
}

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url);
  await body.dump();
  return statusCode;
}

/** Random numbers from 0 to 1, in equal steps. */
const hundred = Array.from({ length: 100 }, (_, at) => at / 100);

describe('a version with a fault', () => {
  it.each`
    fault                                 | expected
    ${{}}                                 | ${{ 200: 100 }}
    ${{ failPercent: 5 }}                 | ${{ 200: 95, 500: 5 }}
    ${{ failPercent: 100, status: 503 }}  | ${{ 503: 100 }}
    ${{ slowPercent: 0, delayMs: 2_000 }} | ${{ 200: 100 }}
    ${{ slowPercent: 100, delayMs: 0 }}   | ${{ 200: 100 }}
  `('answers $expected of a hundred requests with $fault', async ({ fault, expected }) => {
    // A request draws two numbers: is it slow, does it fail.
    const { url, asked } = await serviceWith(
      fault,
      hundred.flatMap((point) => [point, point]),
    );

    const counts: Record<number, number> = {};
    for (const _ of hundred) {
      const status = await statusOf(url);
      counts[status] = (counts[status] ?? 0) + 1;
    }

    expect(counts).toEqual(expected);
    expect(asked()).toBe(counts[200] ?? 0);
  });

  it('is slow for its share of requests, and answers them all the same', async () => {
    const { url } = await serviceWith({ slowPercent: 50, delayMs: 300 }, [0.49, 0.9, 0.5, 0.9]);

    const slow = await timed(url);
    const fast = await timed(url);

    expect([slow.status, fast.status]).toEqual([200, 200]);
    expect(slow.tookMs).toBeGreaterThanOrEqual(299); // timers may be a fraction early
    expect(fast.tookMs).toBeLessThan(slow.tookMs);
  });

  it('does not do the work of a caller that left meanwhile', async () => {
    const { url, asked } = await serviceWith({ slowPercent: 100, delayMs: 100 }, [0]);

    await expect(request(url, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
    await statusOf(url); // slow as well, so the first one would have been done before

    expect(asked()).toBe(1);
  });
});

async function timed(url: string) {
  const startedMs = performance.now();
  return { status: await statusOf(url), tookMs: performance.now() - startedMs };
}
