import { describe, expect, it } from 'vitest';
import { Driver } from '../../../src/workflow/ramping/drive.ts';
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
    await house.ramps.claimLook(ramp.id, 'a process that dies', 5 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(0);

    house.pass(6 * second);
    await other.sweep();
    await house.settled();
    expect(house.traffic.looks).toBe(1);
  });
});
