import { beforeEach, describe, expect, it } from 'vitest';
import type { PodBehind } from '../../../src/domain/map/pods.ts';
import { reviewsObject } from '../../support/builders.ts';
import { emptyHouse, type House, stampIn, wayIn } from '../house.ts';
import { destination, service } from '../manifests.ts';

const { cluster, namespace } = reviewsObject;
const reviews = service('reviews');
const defined = destination('reviews');
const route = { ...reviewsObject, kind: 'HTTPRoute' } as const;
const host = `reviews.${namespace}.svc.cluster.local`;

const pod = (version: string, ready = true): PodBehind => ({ labels: { version }, ready });

describe('the first rules of a service', () => {
  let house: House;

  beforeEach(() => {
    house = emptyHouse();
    house.mesh.addService({ cluster, namespace }, { name: 'reviews', ports: [9080] });
    house.mesh.runs(host, [pod('v1'), pod('v1'), pod('v3')]);
  });

  it('are shown first, leave requests as they are, and are made on a click: the definitions, then the rules', async () => {
    const shown = await house.type('/shift init reviews --reason "first release"');

    expect(wayIn(shown).plan.edits.map(({ edit }) => edit.object)).toEqual([defined, reviews]);
    expect(house.spec(reviews)).toBeUndefined();
    const change = await house.done('/shift init reviews --reason "first release"');

    expect(change).toMatchObject({ aim: { kind: 'init', service: 'reviews' }, state: { kind: 'applied' } });
    expect(house.spec(defined)).toEqual({
      host,
      subsets: [
        { name: 'v1', labels: { version: 'v1' } },
        { name: 'v3', labels: { version: 'v3' } },
      ],
    });
    expect(house.mesh.splitOf(reviews)).toEqual({ v1: 67, v3: 33 });
    expect(house.mesh.ledgerOf(reviews).revisions[0]).toMatchObject({ does: 'init reviews', reason: 'first release' });
  });

  it('can be shifted then, and are all taken back', async () => {
    const { id } = await house.done('/shift init reviews v1');
    expect(house.mesh.splitOf(reviews)).toEqual({ v1: 100 });
    await house.shifted('v3', 10);
    await house.work();
    expect(house.mesh.splitOf(reviews)).toEqual({ v1: 90, v3: 10 });

    await house.typeRollback();
    await house.work();
    await house.rolledBack(id, stampIn(await house.clickRollback(id)));

    expect(house.spec(reviews)).toBeUndefined();
    expect(house.spec(defined)).toBeUndefined();
  });

  it('are made once, however many people click', async () => {
    const shown = await house.type('/shift init reviews');
    await house.click('/shift init reviews', shown);
    await house.work();
    const again = await house.click('/shift init reviews', shown, { asker: house.asker('U02BOB') });

    expect(again).toMatchObject({ kind: 'no-first-rules', because: { reason: 'routed', object: reviews } });
    expect(house.mesh.ledgerOf(reviews).seq).toBe(1);
  });

  it('are shown anew where the pods are others than those that were shown', async () => {
    const shown = await house.type('/shift init reviews');
    house.mesh.runs(host, [pod('v1'), pod('v3'), pod('v3'), pod('v3')]);

    expect(await house.click('/shift init reviews', shown)).toMatchObject({ kind: 'question', hasMoved: true });
    expect(house.spec(reviews)).toBeUndefined();
  });

  it('add what a DestinationRule of the service lacks, and a rollback takes away no more than that', async () => {
    const before = { host, trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } };
    house.mesh.putWhole(defined, { spec: before });
    const { id } = await house.done('/shift init reviews');
    expect(house.spec(defined)).toMatchObject({ ...before, subsets: [{ name: 'v1' }, { name: 'v3' }] });

    await house.rolledBack(id);

    expect(house.spec(defined)).toEqual(before);
  });

  it('may be an HTTPRoute among the Services of the versions', async () => {
    for (const name of ['reviews-v1', 'reviews-v3']) {
      house.mesh.addService({ cluster, namespace }, { name, ports: [9080] });
      house.mesh.runs(`${name}.${namespace}.svc.cluster.local`, [pod(name)]);
    }
    await house.done('/shift init reviews --http-route');

    expect(house.mesh.splitOf(route)).toEqual({ 'reviews-v1': 67, 'reviews-v3': 33 });
    expect(house.spec(defined)).toBeUndefined();
  });

  it('are refused where an object has the name and another host', async () => {
    const others = { hosts: ['ratings'], http: [{ route: [{ destination: { host: 'ratings' } }] }] };
    house.mesh.putWhole(destination('reviews'), { spec: { host: 'ratings' } });
    expect(await house.type('/shift init reviews')).toMatchObject({
      because: { reason: 'name-taken', object: defined },
    });

    house.mesh.putWhole(reviews, { spec: others });
    expect(await house.type('/shift init reviews')).toMatchObject({ because: { reason: 'routed', object: reviews } });
  });

  it('are refused for what is no Service that is seen, with what was typed', async () => {
    expect(await house.type('/shift init ratings')).toMatchObject({
      kind: 'no-first-rules',
      name: { service: 'ratings' },
      because: { reason: 'no-service' },
    });
  });

  it('are told of to somebody who wants to shift the service', async () => {
    expect(await house.shift('v3', 10)).toMatchObject({
      kind: 'not-found',
      found: { kind: 'unknown-service', unrouted: { name: 'reviews', pods: { versions: [{ version: 'v1' }, {}] } } },
    });
  });
});
