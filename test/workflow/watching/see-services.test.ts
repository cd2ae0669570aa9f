import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { reviews, rule } from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';
import { routed, routing, sendsWhole, service } from '../manifests.ts';
import { flowIn, hostOf, passIn, seenIn, sendIn } from './traffic.ts';

describe('what came of the traffic after a shift', () => {
  function houseWith(only: Rule): House {
    const house = new House(reviews({}, { rules: [only] }));
    house.traffic.countFor('sandbox');
    return house;
  }

  it('is told by the names of the subsets, and by its own where there is none', async () => {
    const backends = [
      { version: 'stable', host: hostOf('reviews'), label: '1.4.2' },
      { version: 'canary', host: hostOf('reviews'), label: '1.5.0' },
    ];
    const house = houseWith(rule({ stable: 100 }, { backends, served: ['stable', 'canary'] }));
    const change = await house.applied('canary', 50);
    flowIn(house, { '1.4.2': 2, '1.5.0': 1, '0.9': 1 }, 14);

    await passIn(house, 14_000);

    expect(seenIn(house, change)).toMatchObject({ answered: { stable: 20, canary: 10, '0.9': 10 } });
  });

  it('adds up the hosts of a split between hosts', async () => {
    const split = { primary: 50, canary: 50 };
    const backends = Object.keys(split).map((version) => ({ version, host: hostOf(version) }));
    const house = houseWith(rule(split, { host: undefined, backends, served: ['primary', 'canary'] }));
    const change = await house.applied('canary', 20);
    sendIn(house, hostOf('primary'), 'v1', 80);
    sendIn(house, hostOf('canary'), 'v1', 20);

    await passIn(house, 14_000);

    expect(seenIn(house, change)).toMatchObject({ answered: { primary: 80, canary: 20 } });
  });
});

describe('what came of the traffic after a change of several objects', () => {
  const names = ['reviews', 'ratings', 'details'];
  const all = (version: string) => names.map((name) => sendsWhole(name, { [version]: 100 }));

  async function appliedToAll(): Promise<{ house: House; change: Change }> {
    const house = new House(...names.map((name) => routed(name, { v1: 100 })));
    house.traffic.countFor('sandbox');
    house.ruleFiles.write('all-v2', all('v2'));
    return { house, change: await house.done('/shift apply all-v2') };
  }

  it('is told of each of its services', async () => {
    const { house, change } = await appliedToAll();
    sendIn(house, hostOf('reviews'), 'v2', 40);
    sendIn(house, hostOf('ratings'), 'v2', 20);

    await passIn(house, 14_000);

    const services = [
      { namespace: 'default', name: 'reviews', answered: { v2: 40 } },
      { name: 'ratings', answered: { v2: 20 } },
      { name: 'details', answered: {} },
    ];
    expect(seenIn(house, change)).toMatchObject({ answered: { v2: 40 }, services });
  });

  it('is told of those services that are still as it made them', async () => {
    const { house, change } = await appliedToAll();
    sendIn(house, hostOf('ratings'), 'v2', 20);
    house.mesh.deafen();
    house.mesh.editWhole(service('reviews'), () => ({ spec: routing('reviews', { v3: 100 }) }));

    await passIn(house, 14_000);

    const seen = seenIn(house, change);
    expect(seen?.kind === 'counted' && seen.services?.map(({ name }) => name)).toEqual(['ratings', 'details']);
    expect(seen).toMatchObject({ answered: { v2: 20 } });
  });

  it('is told of what a rollback brings back, though it deletes something first', async () => {
    const house = new House(routed('ratings', { v1: 100 }));
    house.traffic.countFor('sandbox');
    house.ruleFiles.write('all-v2', all('v2').slice(0, 2));
    const change = await house.done('/shift apply all-v2');
    house.pass(1_000);
    const rollback = acceptedIn(await house.clickRollback(change.id));
    await house.work();
    sendIn(house, hostOf('ratings'), 'v1', 30);

    await passIn(house, 14_000);

    expect(house.spec(service('reviews'))).toBeUndefined();
    expect(seenIn(house, rollback)).toMatchObject({ answered: { v1: 30 } });
  });

  it('is not told of some only because somebody does not answer for the others', async () => {
    const { house, change } = await appliedToAll();
    house.traffic.duringNextCount(() => house.traffic.goAway());

    await passIn(house, 14_000);

    expect(seenIn(house, change)).toBeUndefined();
  });
});
