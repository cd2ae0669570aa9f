import { beforeEach, describe, expect, it } from 'vitest';
import type { Split } from '../../../src/domain/routing/split.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import { House } from '../house.ts';
import { destinations, manifest, routed, routing } from '../manifests.ts';

describe('a change of weights', () => {
  let house: House;

  beforeEach(() => {
    house = new House();
  });

  it('goes ahead over an edit of anything but the weights', async () => {
    const { id } = await house.accepted('v3', 50);
    house.mesh.afterNextRead(() =>
      house.mesh.editByHand(reviewsObject, (route) => ({ ...route, gateways: ['mesh', 'edge'] })),
    );

    await house.work();

    expect(house.stored(id).state.kind).toBe('applied');
    expect(house.mesh.routeOf(reviewsObject)).toMatchObject({
      gateways: ['mesh', 'edge'],
      rules: [{ split: { v1: 50, v3: 50 } }],
    });
  });

  it.each`
    what                           | happens                                                                                                        | state
    ${'has its rule removed'}      | ${(house: House) => house.mesh.put(reviews({}, { rules: [] }))}                                                | ${{ kind: 'failed', because: 'rule-gone' }}
    ${'has its version undefined'} | ${(house: House) => house.mesh.serve(reviewsObject, ['v1', 'v2'])}                                             | ${{ kind: 'failed', because: 'version-gone', detail: 'v3' }}
    ${'redirects instead'}         | ${(house: House) => house.mesh.put(reviews({}, { rules: [rule({ v1: 100 }, { unsplittable: 'redirect' })] }))} | ${{ kind: 'failed', because: 'rule-changed', detail: 'redirect' }}
  `('ends without effect when the object $what', async ({ happens, state }) => {
    const { id } = await house.accepted('v3', 50);
    happens(house);

    await house.work();

    expect(house.stored(id).state).toMatchObject(state);
    expect(house.meter.outcomes).toEqual([`${state.kind}:${state.because}`]);
  });

  it('leaves the cards of other rules alone', async () => {
    const api = rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' });
    house = new House(reviews({}, { rules: [api, rule({ v1: 100 })] }));
    const first = await house.applied('v3', 50, { rule: 'api' });
    await house.applied('v3', 80);

    expect(house.stored(first.id)).toEqual(first);
  });
});

describe('an earlier change of a rule beside the default one', () => {
  let house: House;

  /** Reviews with a rule for orders that sends so much to each version. */
  const orders = (weights: Split) => ({
    name: 'orders',
    match: [{ uri: { prefix: '/orders' } }],
    route: destinations('reviews', weights),
  });

  /** The change shifts half of the orders, and then a file sets them and another field. */
  async function afterFile(weights: Split) {
    house = new House(routed('reviews', { v1: 100 }, orders({ v1: 100, v2: 0 })));
    const spec = { ...routing('reviews', { v1: 100 }, orders(weights)), gateways: ['mesh', 'public'] };
    house.ruleFiles.write('gateway', [manifest('reviews', spec)]);
    const { id } = await house.applied('v2', 50, { rule: 'orders' });
    return { id, file: await house.done('/shift apply gateway') };
  }

  it('is followed by a file that sets it', async () => {
    const { id, file } = await afterFile({ v1: 80, v2: 20 });

    expect(house.stored(id).state).toMatchObject({ later: file.id });
  });

  it('still is what made the rule after a file that leaves it, and is watched over', async () => {
    const { id } = await afterFile({ v1: 50, v2: 50 });
    expect(house.stored(id).state).not.toHaveProperty('later');

    house.mesh.moveByHand(reviewsObject, { v1: 100, v2: 0 }, 'orders');
    await house.look();

    expect(house.mesh.splitOf(reviewsObject, 'orders')).toEqual({ v1: 100, v2: 0 });
    expect(house.stored(id).state).toMatchObject({ movedAway: { how: 'weights', rule: 'orders' } });
  });
});
