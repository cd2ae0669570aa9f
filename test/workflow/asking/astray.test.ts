import { beforeEach, describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { atHome } from '../../../src/workflow/looking/home.ts';
import { serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { gateway, router } from '../../domain/map/objects.ts';
import { reviewsObject } from '../../support/builders.ts';
import { acceptedIn } from '../house.ts';
import { routed } from '../manifests.ts';
import { minute, RampHouse, steps } from '../ramping/ramp-house.ts';

const host = 'reviews.default.svc.cluster.local';
const inMesh = { kind: 'mesh' } as const;
const half = { kind: 'share', version: 'v3', percent: 50 } as const;

let house: RampHouse;

beforeEach(() => {
  house = new RampHouse();
});

/** Somebody writes the host as istiod does not read it. */
function misspell(): void {
  house.mesh.addService(reviewsObject, { name: 'reviews', ports: [9080] });
  house.mesh.editWhole(reviewsObject, (content) => ({
    ...content,
    spec: { ...content.spec, hosts: ['reviews.default'] },
  }));
}

function spellRight(): void {
  house.mesh.editWhole(reviewsObject, (content) => ({ ...content, spec: { ...content.spec, hosts: ['reviews'] } }));
}

const elsewhere = [{ host, caller: inMesh, why: 'host-spelling' }];

describe('weights that no requests follow', () => {
  it('are not moved for a service', async () => {
    misspell();

    const answer = await house.shift('v3', 50);

    expect(answer).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'not-followed', object: reviewsObject, elsewhere },
    });
    expect(house.split).toMatchObject({ v1: 100 });
    expect(await house.askRamp()).toMatchObject({ kind: 'ramp-refused', refusal: { reason: 'not-followed' } });
  });

  it('are moved for who names the object, and the card says so for as long as it is so', async () => {
    misspell();
    const answer = await house.request(half, {}, house.asker(), 'vs/reviews');
    const change = acceptedIn(answer);
    expect(change.warnings).toEqual([{ kind: 'not-followed', elsewhere, rule: 'default' }]);

    await house.work();
    await house.lookAround();
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
    expect(house.stored(change.id).state).toMatchObject({ effect: { kind: 'not-followed', elsewhere } });

    spellRight();
    await house.lookAround();
    expect(house.stored(change.id).state).toMatchObject({ kind: 'applied', effect: undefined });
    expect(house.chat.shows(change.id)).toEqual(house.stored(change.id));
  });

  it('are shown by status, with what is in their way', async () => {
    misspell();

    expect(await serviceStatus(house.desk, { service: 'reviews' })).toMatchObject({
      astray: { kind: 'not-followed', elsewhere },
    });
  });

  it('are told on the card of a change that was applied, once something else takes its requests', async () => {
    const { id } = await house.applied('v3', 50);
    house.mesh.addService(reviewsObject, { name: 'reviews', ports: [9080] });
    const taken: ObjectRef = { ...reviewsObject, kind: 'HTTPRoute', name: 'taken' };
    const parentRefs = [{ kind: 'Service', group: '', name: 'reviews', port: 9080 }];
    house.mesh.putWhole(taken, { spec: { parentRefs, rules: [{ backendRefs: [{ name: 'reviews', port: 9080 }] }] } });

    await house.lookAround();

    const by = { kind: 'HTTPRoute', namespace: 'default', name: 'taken' };
    expect(house.stored(id).state).toMatchObject({
      effect: {
        kind: 'followed-in-part',
        elsewhere: [{ host, caller: { kind: 'mesh', namespace: 'default' }, by, why: 'gateway-api-route' }],
      },
    });
  });
});

describe('a ramp whose rule no requests follow any more', () => {
  it('is held before its next step, shown so in the home, and goes on when they do again', async () => {
    const ramp = await house.started();
    misspell();
    expect(await atHome(house.desk, house.cards)).toMatchObject({ ramps: [{ astray: { kind: 'not-followed' } }] });
    await house.after(5 * minute);

    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 1,
      hold: { because: 'no-plan', refusal: 'not-followed' },
    });

    spellRight();
    expect(await atHome(house.desk, house.cards)).toMatchObject({ ramps: [{ ramp: { id: ramp.id } }] });
    await house.does('resume', ramp);
    await house.goOn();
    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
  });

  it('goes back all the same', async () => {
    const ramp = await house.started();
    misspell();
    await house.after(5 * minute);
    await house.does('abort', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  it('goes on where a person named the object', async () => {
    misspell();
    await house.started({ service: { service: 'vs/reviews' } });
    await house.after(5 * minute);

    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
  });
});

describe('a service whose requests follow an object elsewhere', () => {
  it('is shifted there', async () => {
    const older: ObjectRef = { ...reviewsObject, namespace: 'legacy', name: 'old' };
    const spec = { hosts: [host], http: [{ route: [{ destination: { host, subset: 'v1' } }] }] };
    house.mesh.putWhole(older, { spec });
    house.mesh.recreate(reviewsObject);

    const change = acceptedIn(await house.shift('v3', 50));

    expect(change.edits).toMatchObject([{ object: older }]);
    expect(await house.mesh.following(reviewsObject, 'default')).toMatchObject({
      followed: [],
      elsewhere: [{ by: { namespace: 'legacy', name: 'old' }, why: 'older' }],
    });
  });
});

describe('a service whose requests follow a gateway’s object, too', () => {
  const edge: ObjectRef = { ...reviewsObject, name: 'edge' };
  const single: ObjectRef = { ...reviewsObject, name: 'single' };
  const to = (...subsets: readonly string[]) => ({
    route: subsets.map((subset, at) => ({ destination: { host: 'reviews', subset }, weight: at === 0 ? 100 : 0 })),
  });

  beforeEach(() => {
    house = new RampHouse(routed('reviews', { v1: 100 }));
    house.mesh.addService(reviewsObject, { name: 'reviews', ports: [9080] });
    house.mesh.surround(gateway, router);
    const reviewsThere = { match: [{ uri: { prefix: '/reviews' } }], ...to('v1') };
    const shop = { match: [{ uri: { prefix: '/' } }], route: [{ destination: { host: 'shop' } }] };
    house.mesh.putWhole(edge, {
      spec: { hosts: ['shop.example.com'], gateways: ['gw'], http: [reviewsThere, shop] },
    });
    const whole = {
      hosts: ['all.example.com'],
      gateways: ['gw'],
      http: [{ route: [{ destination: { host: 'reviews' } }] }],
    };
    house.mesh.putWhole(single, { spec: whole });
  });

  it('is moved in the mesh alone, and told of the others', async () => {
    const change = acceptedIn(await house.shift('v3', 50));

    expect(change.edits).toHaveLength(1);
    expect(change.warnings).toMatchObject([
      { kind: 'followed-in-part', elsewhere: [{ by: { name: 'edge' } }, { by: { name: 'single' } }] },
    ]);
  });

  it('is moved everywhere with --all-routes, in one change that is taken back in one', async () => {
    const before = house.spec(edge);
    const change = acceptedIn(await house.shift('v3', 50, { allRules: true }));

    expect(change.edits.map(({ object, moves }) => [object.name, moves.map(({ rule }) => rule)])).toEqual([
      ['reviews', ['default']],
      ['edge', ['#1 path starts with /reviews']],
    ]);
    expect(change.warnings).toMatchObject([{ kind: 'followed-in-part', elsewhere: [{ by: { name: 'single' } }] }]);
    await house.work();
    await house.lookAround();
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 50, v3: 50 });
    expect(house.mesh.splitOf(edge, '#1 path starts with /reviews')).toEqual({ v1: 50, v3: 50 });
    expect(house.stored(change.id).state).toMatchObject({
      effect: { kind: 'followed-in-part', elsewhere: [{ by: { name: 'single' } }] },
    });

    await house.rolledBack(change.id);
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 100, v3: 0 });
    expect(house.mesh.splitOf(edge, '#1 path starts with /reviews')).toEqual({ v1: 100, v3: 0 });
    expect(house.spec(edge)?.['hosts']).toEqual(before?.['hosts']);
  });

  it('is moved where it is not yet as wished, and refused where it is so everywhere', async () => {
    await house.applied('v3', 50);
    const change = acceptedIn(await house.shift('v3', 50, { allRules: true }));
    expect(change.edits).toMatchObject([{ object: edge }]);
    await house.work();

    expect(await house.shift('v3', 50, { allRules: true })).toMatchObject({
      kind: 'refused',
      name: { service: 'reviews' },
      refusal: { reason: 'already-there' },
    });
  });

  it('is not moved at all if one of the objects cannot be, and says which', async () => {
    house.mesh.editWhole(edge, (content) => ({
      ...content,
      spec: { ...content.spec, http: [{ match: [{ uri: { prefix: '/reviews' } }], ...to('v1', 'v9') }] },
    }));

    expect(await house.shiftAll({ v9: 100 }, { allRules: true })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'unknown-version', version: 'v9' },
    });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('goes up everywhere by a ramp with --all-routes, one change a step, and back in one', async () => {
    const rule = '#1 path starts with /reviews';
    const splits = () => [house.mesh.splitOf(reviewsObject), house.mesh.splitOf(edge, rule)];
    const ramp = await house.started({ steps: steps([10, 50]), allRules: true });
    expect(splits()).toEqual([
      { v1: 90, v3: 10 },
      { v1: 90, v3: 10 },
    ]);

    await house.after(5 * minute);
    expect(splits()).toEqual([
      { v1: 50, v3: 50 },
      { v1: 50, v3: 50 },
    ]);
    expect((await house.ramp(ramp.id)).changes).toHaveLength(2);

    await house.does('abort', ramp);
    await house.goOn();
    expect(splits()).toEqual([
      { v1: 100, v3: 0 },
      { v1: 100, v3: 0 },
    ]);
    expect((await house.ramp(ramp.id)).changes).toHaveLength(3);
  });

  it('goes up by a ramp with --all-routes also where a part has the share of a step already', async () => {
    await house.applied('v3', 10);
    const ramp = await house.started({ allRules: true });
    expect(house.mesh.splitOf(edge, '#1 path starts with /reviews')).toEqual({ v1: 90, v3: 10 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });

    await house.after(5 * minute);
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 75, v3: 25 });
    expect(house.mesh.splitOf(edge, '#1 path starts with /reviews')).toEqual({ v1: 75, v3: 25 });
  });

  it('is what its own name means: no object that is named is joined by others', async () => {
    const answer = await house.request(half, { allRules: true }, house.asker(), 'vs/reviews');

    expect(acceptedIn(answer).edits).toMatchObject([{ object: reviewsObject }]);
  });
});

describe('requests that follow several objects', () => {
  it('are all moved with --all-routes', async () => {
    house = new RampHouse(routed('reviews', { v1: 100 }));
    house.mesh.addService(reviewsObject, { name: 'reviews', ports: [9080] });
    const own: ObjectRef = { ...reviewsObject, name: 'own' };
    const spec = house.spec(reviewsObject) ?? {};
    house.mesh.putWhole(own, { spec: { ...spec, exportTo: ['.'] } });
    house.mesh.recreate(reviewsObject);

    expect(await house.shift('v3', 50)).toMatchObject({ kind: 'not-found', found: { kind: 'several' } });
    const change = acceptedIn(await house.shift('v3', 50, { allRules: true }));

    expect(change.edits.map(({ object }) => object.name).toSorted()).toEqual(['own', 'reviews']);
  });
});

describe('an object for several hosts', () => {
  it('says which others it moves, to who names one of them', async () => {
    const hosts = ['reviews', 'shop', 'shop.example.com'];
    house.mesh.editWhole(reviewsObject, (content) => ({ ...content, spec: { ...content.spec, hosts } }));

    const change = acceptedIn(await house.request(half, {}, house.asker(), 'shop'));

    expect(change.warnings).toEqual([{ kind: 'also-for', hosts: ['reviews', 'shop.example.com'] }]);
  });
});

describe('an object for gateways alone', () => {
  it('says that nobody inside the mesh follows it, on the card of a shift and of a ramp', async () => {
    const edge = { gateways: ['edge/public'], hosts: ['reviews'] };
    house.mesh.editWhole(reviewsObject, (content) => ({ ...content, spec: { ...content.spec, ...edge } }));
    const told = [{ kind: 'gateways-only', gateways: ['edge/public'] }];

    const change = acceptedIn(await house.request(half, {}, house.asker()));

    expect(change.warnings).toEqual(told);
    expect(await house.askRamp({ dryRun: true })).toMatchObject({ kind: 'ramp-preview', plan: { warnings: told } });
  });
});

describe('a service whose clients are kept at pods', () => {
  const rule: ObjectRef = { ...reviewsObject, kind: 'DestinationRule' };
  const hash = { loadBalancer: { consistentHash: { httpHeaderName: 'x-user' } } };
  const subsets = [{ name: 'v1' }, { name: 'v3' }];

  beforeEach(() => {
    house = new RampHouse(routed('reviews', { v1: 100 }));
  });

  it.each`
    where             | spec
    ${'for all'}      | ${{ host: 'reviews', trafficPolicy: hash, subsets }}
    ${'of a version'} | ${{ host: 'reviews', subsets: [{ name: 'v1' }, { name: 'v3', trafficPolicy: hash }] }}
  `('says that they stay at no version ($where), as long as there is one to be drawn', async ({ spec }) => {
    house.mesh.putWhole(rule, { spec });

    const change = acceptedIn(await house.shift('v3', 50));
    expect(change.warnings).toContainEqual({ kind: 'hashed', hosts: [host] });
    await house.work();
    expect(acceptedIn(await house.shift('v3', 100)).warnings ?? []).toEqual([]);
  });

  it('says nothing of other ways to choose a pod', async () => {
    const trafficPolicy = { loadBalancer: { simple: 'LEAST_REQUEST' } };
    house.mesh.putWhole(rule, { spec: { host: 'reviews', trafficPolicy, subsets } });

    expect(acceptedIn(await house.shift('v3', 50)).warnings ?? []).toEqual([]);
  });
});

describe('a name of two labels', () => {
  it('is a host, where something routes that', async () => {
    house.mesh.editWhole(reviewsObject, (content) => ({
      ...content,
      spec: { ...content.spec, hosts: ['example.com'] },
    }));

    const change = acceptedIn(await type('example.com v3 50'));

    expect(change).toMatchObject({ service: 'example.com', edits: [{ object: reviewsObject }] });
    expect(await type('reviews.default v3 60')).toMatchObject({ kind: 'accepted', change: { service: 'reviews' } });
  });

  function type(line: string) {
    const command = parseCommand(line);
    if (command.verb !== 'shift') throw new Error(`not understood: ${JSON.stringify(command)}`);
    return requestShift(house.desk, command, house.asker());
  }
});
