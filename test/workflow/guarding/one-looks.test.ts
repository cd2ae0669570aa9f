import { describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/workflow/desk.ts';
import { type DependencyError, MeshUnavailableError, NotPermittedError } from '../../../src/workflow/errors.ts';
import { Driver } from '../../../src/workflow/ramping/drive.ts';
import { InMemoryMesh } from '../../support/in-memory-mesh.ts';
import { InMemoryTraffic } from '../../support/in-memory-traffic.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse, second } from './counted-house.ts';

/** A ramp of which a look is due, and two processes that drive it. */
async function twoDrivers() {
  const house = new CountedHouse();
  const ramp = await house.started({ steps: steps([10, 50], 5 * minute) });
  await house.serve(minute);
  house.pass(20 * second);
  house.traffic.looks = 0;
  const { traffic, meter } = house;
  const [one, other] = [new Driver(house.desk, { traffic, meter }), new Driver(house.desk, { traffic, meter })];
  return { house, ramp, one, other };
}

describe('of several processes', () => {
  it('one looks, when all find that a look is due', async () => {
    const { house, ramp, one, other } = await twoDrivers();
    const before = await house.ramp(ramp.id);

    await Promise.all([one.sweep(), other.sweep()]);
    await house.settled();

    expect(house.traffic.looks).toBe(1);
    expect((await house.ramp(ramp.id)).rev).toBe(before.rev + 1);
  });

  it('the next one knows when it is time, by what the one before left', async () => {
    const { house, one, other } = await twoDrivers();
    await one.sweep();
    await house.settled();
    house.pass(5 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(1);

    house.pass(11 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(2);
  });

  it('none makes a step while another one looks', async () => {
    const { house, ramp, one, other } = await twoDrivers();
    house.pass(4 * minute);
    house.traffic.duringNextLook(async () => {
      await other.sweep();
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
    });
    await one.sweep();
    await house.settled();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'stepping', step: 2 });
    expect(house.traffic.looks).toBe(1);
  });

  it('another one looks soon, if the one that looks dies', async () => {
    const { house, ramp, other } = await twoDrivers();
    await house.ramps.claimLook(ramp.id, 'a process that dies', 15 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(0);

    house.pass(16 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(1);
  });
});

/** A process that cannot look, with its own way to the cluster and to Prometheus, and one that can. The first one is always first. */
async function oneThatCannot(
  fails: (house: CountedHouse) => { readonly desk?: Desk; readonly traffic?: InMemoryTraffic },
) {
  const house = new CountedHouse();
  const ramp = await house.started({ steps: steps([10, 50], 5 * minute) });
  const { traffic, meter, desk } = house;
  const failing = fails(house);
  const cannot = new Driver(failing.desk ?? desk, { traffic: failing.traffic ?? traffic, meter });
  const can = new Driver(desk, { traffic, meter });
  const serve = async (ms: number, drivers: readonly Driver[]) => {
    for (let passed = 0; passed < ms; passed += 5 * second) {
      await house.idle(5 * second);
      for (const driver of drivers) {
        await driver.sweep();
        await house.settled();
      }
      await house.work();
    }
  };
  return { house, ramp, cannot, can, serve };
}

const awayTraffic = () => {
  const traffic = new InMemoryTraffic();
  traffic.countFor('sandbox');
  traffic.goAway();
  return { traffic };
};

/** Every read of the cluster fails. */
function deskThat(fails: DependencyError) {
  return ({ desk }: CountedHouse) => {
    const mesh = new InMemoryMesh();
    mesh.failReads(...Array.from({ length: 500 }, () => fails));
    return { desk: { ...desk, mesh } };
  };
}

describe('a process that cannot look', () => {
  it.each([
    ['as the API server does not answer it', deskThat(new MeshUnavailableError('no answer'))],
    ['as it may not read the object', deskThat(new NotPermittedError('may not get'))],
    ['as Prometheus does not answer it', awayTraffic],
  ])('%s leaves it to another one, which takes the ramp back', async (_, fails) => {
    const { house, ramp, cannot, can, serve } = await oneThatCannot(fails);
    house.failing = { v3: 0.5 };
    await serve(90 * second, [cannot, can]);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard' });
  });

  it('still stops the ramp for other reasons', async () => {
    const { house, ramp, cannot, serve } = await oneThatCannot(deskThat(new MeshUnavailableError('no answer')));
    house.pass(30 * minute);
    await serve(5 * second, [cannot]);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'late' } });
  });

  it('asks no more often than every five seconds, and the others do not wait while there is nothing to see', async () => {
    const { house, ramp, can } = await oneThatCannot(() => ({}));
    await can.sweep();
    await house.settled();

    expect(await house.ramps.claimLook(ramp.id, 'another process', 15 * second)).toBe('rests');
  });
});
