import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { weightOf } from '../../../src/domain/routing/split.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { backends, CountedHouse, host, second } from './counted-house.ts';

const us = { ...reviewsObject, cluster: 'us' };

/** The same service in a second cluster, whose requests are counted, too. */
class TwoClusters extends CountedHouse {
  /** The share of the requests to a version that fails in a cluster. */
  failingIn: Readonly<Record<string, Readonly<Record<string, number>>>> = {};

  constructor() {
    super();
    const rules = [rule({ v1: 100, v2: 0, v3: 0 }, { host, backends })];
    this.mesh.put(reviews({}, { rules, object: us }));
    this.mesh.serveAlso('us');
    this.traffic.countFor('sandbox', 'us');
  }

  async serveBoth(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5 * second) {
      for (const object of [reviewsObject, us]) this.#requests(object.cluster, this.mesh.splitOf(object));
      this.pass(5 * second);
      await this.goOn();
    }
  }

  #requests(cluster: string, split: Readonly<Record<string, number>>): void {
    for (const version of Object.keys(split)) {
      const requests = Math.round(weightOf(split, version));
      const bad = Math.round(requests * (this.failingIn[cluster]?.[version] ?? 0));
      const at = new Date(this.now().getTime() + second);
      const sent = { host, version, workload: 'productpage-v1', workloadNamespace: 'default' };
      if (requests > bad) this.traffic.send(at, { ...sent, requests: requests - bad }, cluster);
      if (bad > 0) this.traffic.send(at, { ...sent, requests: bad, code: '500' }, cluster);
    }
  }
}

describe('the guards of a ramp over several clusters', () => {
  let house: TwoClusters;

  beforeEach(() => {
    house = new TwoClusters();
  });

  const splits = () => [reviewsObject, us].map((object) => weightOf(house.mesh.splitOf(object), 'v3'));
  const started = (percents: readonly [number, ...number[]]): Promise<Ramp> =>
    house.started({ service: { service: 'reviews', cluster: 'sandbox,us' }, steps: steps(percents, 2 * minute) });

  it('let a good release go to the end', async () => {
    house.failingIn = { sandbox: { v1: 0.01, v3: 0.01 }, us: { v1: 0.05, v3: 0.05 } };
    const ramp = await started([10, 50, 100]);
    await house.serveBoth(7 * minute);
    expect(splits()).toEqual([100, 100]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('take it back in all of them when it fails more often in one', async () => {
    house.failingIn = { us: { v3: 0.5 } };
    const ramp = await started([10, 50]);
    await house.serveBoth(2 * minute);
    expect(splits()).toEqual([0, 0]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', why: 'taken-back', by: 'guard' });
  });

  it('compare within each cluster: one where everything fails says nothing of the version', async () => {
    house.failingIn = { us: { v1: 0.4, v3: 0.4 } };
    const ramp = await started([10, 50, 100]);
    await house.serveBoth(7 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('hold it in the first cluster, before it comes to the next', async () => {
    house.failingIn = { sandbox: { v3: 0.6 } };
    const ramp = await started([50]);
    await house.serveBoth(3 * minute);
    expect(splits()).toEqual([0, 0]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', why: 'taken-back' });
    expect(house.mesh.ledgerOf(us).seq).toBe(0);
  });

  it('count each request once', async () => {
    const ramp = await started([10, 50]);
    await house.serveBoth(minute);
    const { guards } = await house.ramp(ramp.id);
    const [looked] = guards?.recent?.slice(-1) ?? [];
    const ms = Date.parse(looked?.until ?? '') - Date.parse(looked?.from ?? '');
    expect(looked?.counted.canary.requests).toBe((2 * 10 * ms) / (5 * second));
    expect(Object.keys(guards?.seen[1]?.callers ?? {}).toSorted()).toEqual([
      'sandbox:default/productpage-v1',
      'us:default/productpage-v1',
    ]);
  });

  it('do not watch where the requests of one cluster are not counted', async () => {
    const uncounted = new TwoClusters();
    uncounted.mesh.serveAlso('ap');
    uncounted.mesh.put(reviews({ v1: 100, v2: 0, v3: 0 }, { object: { ...reviewsObject, cluster: 'ap' } }));
    const service = { service: 'reviews', cluster: 'sandbox,ap' };
    const ramp = await uncounted.started({ service, steps: steps([10, 50], 2 * minute) });
    expect(ramp.guards).toBeUndefined();
  });
});
