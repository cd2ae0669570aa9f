import { beforeEach, describe, expect, it } from 'vitest';
import { reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn } from '../house.ts';
import { RampHouse } from '../ramping/ramp-house.ts';

const host = 'reviews.default.svc.cluster.local';
const half = { kind: 'share', version: 'v3', percent: 50 } as const;
const pod = (version: string, ready = true) => ({ labels: { app: 'reviews', version }, ready });

let house: RampHouse;

beforeEach(() => {
  house = new RampHouse();
  const labels = (version: string) => ({ version });
  house.mesh.relabel(reviewsObject, { v1: labels('v1'), v2: labels('v2'), v3: labels('v3') }, host);
});

describe('a version without a ready pod', () => {
  beforeEach(() => house.mesh.runs(host, [pod('v1'), pod('v2'), pod('v3', false)]));

  it('gets nothing, by a shift or a ramp, and it is said how many pods it has', async () => {
    const refusal = { reason: 'no-pods', version: 'v3', all: 1, mayInsist: true };

    expect(await house.shift('v3', 50)).toMatchObject({ kind: 'refused', refusal: { ...refusal, percent: 50 } });
    expect(await house.askRamp()).toMatchObject({ kind: 'ramp-refused', refusal: { ...refusal, percent: 100 } });
    expect(house.changes.all).toEqual([]);
  });

  it('gets it from who insists, and the card says what comes of it', async () => {
    const change = acceptedIn(await house.request(half, { anyway: true }, house.asker()));

    expect(change.warnings).toEqual([{ kind: 'no-pods', version: 'v3', all: 1, percent: 50 }]);
  });

  it('gets it from nobody where policy does not allow that', async () => {
    const rules = (more: string) => policyOf(`rules: [{ target: "**", shift: [everyone]${more} }]`);
    house.policies.take(rules(''));
    expect(await house.shift('v3', 50, { anyway: true })).toMatchObject({ refusal: { mayInsist: false } });

    house.policies.take(rules(', withoutPods: true'));
    expect(await house.shift('v3', 50, { anyway: true })).toMatchObject({ kind: 'accepted' });
  });

  it('is no reason not to go back to it', async () => {
    house.mesh.runs(host, [pod('v1'), pod('v3')]);
    const { id } = await house.applied('v3', 50);
    house.mesh.runs(host, [pod('v3')]);

    expect(await house.clickRollback(id)).toMatchObject({
      kind: 'accepted',
      change: { warnings: [{ kind: 'no-pods', version: 'v1' }] },
    });
  });
});

it('a version without a ready pod is not brought back by a rollback that does not go back, unless somebody insists', async () => {
  house.mesh.runs(host, [pod('v1'), pod('v3')]);
  const { id } = await house.applied('v3', 50);
  const back = await house.rolledBack(id);
  house.mesh.runs(host, [pod('v1')]);

  expect(await house.clickRollback(back.id)).toMatchObject({ kind: 'refused', refusal: { reason: 'no-pods' } });
  expect(await house.typeRollback(id, house.asker(), { anyway: true })).toMatchObject({ kind: 'accepted' });
});

it('a version with few of the pods gets what is asked for, and the card says how few', async () => {
  house.mesh.runs(host, [pod('v1'), pod('v1'), pod('v1'), pod('v1'), pod('v1'), pod('v3')]);

  expect(acceptedIn(await house.shift('v3', 50)).warnings).toEqual([
    { kind: 'few-pods', version: 'v3', ready: 1, all: 6, percent: 50 },
  ]);
  await house.work();
  expect(acceptedIn(await house.shift('v3', 20)).warnings).toBeUndefined();
});

it('nothing is said of pods that are not known', async () => {
  expect(acceptedIn(await house.shift('v3', 50)).warnings).toBeUndefined();
});
