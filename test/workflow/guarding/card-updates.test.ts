import { describe, expect, it } from 'vitest';
import { reviews, rule } from '../../support/builders.ts';
import { minute, RampHouse, steps } from '../ramping/ramp-house.ts';

const host = 'reviews.default.svc.cluster.local';
const second = 1_000;

/** Requests of both versions for so long, as the live split sends them; so many in a hundred of v3 fail. */
async function serve(house: RampHouse, ms: number, failing: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5 * second) {
    const at = new Date(house.now().getTime() + second);
    const sent = { host, workload: 'productpage-v1', workloadNamespace: 'default' };
    house.traffic.send(at, { ...sent, version: 'v1', requests: 90 });
    house.traffic.send(at, { ...sent, version: 'v3', requests: 10 - failing });
    if (failing > 0) house.traffic.send(at, { ...sent, version: 'v3', requests: failing, code: '500' });
    house.pass(5 * second);
    await house.goOn();
  }
}

function countedHouse(): RampHouse {
  const backends = ['v1', 'v2', 'v3'].map((version) => ({ version, host, label: version }));
  const house = new RampHouse(reviews({}, { rules: [rule({ v1: 100, v2: 0, v3: 0 }, { host, backends })] }));
  house.traffic.countFor('sandbox');
  return house;
}

describe('the card of a ramp', () => {
  it('is updated every 30 s while the guards say the same of more requests', async () => {
    const house = countedHouse();
    const { id } = await house.started({ steps: steps([10, 100], 10 * minute) });
    await serve(house, minute, 0);
    const before = house.chat.timesShown(id);
    await serve(house, 5 * minute, 0);

    const updates = house.chat.timesShown(id) - before;
    expect(updates).toBeGreaterThanOrEqual(8);
    expect(updates).toBeLessThanOrEqual(10);
  });

  it('shows at once what the guards say of a step at their first look', async () => {
    const house = countedHouse();
    const { id } = await house.started({ steps: steps([10, 100], 10 * minute) });
    const looked = () => house.ramps.read(id).then((ramp) => ramp?.guards?.last);
    while ((await looked()) === undefined) await serve(house, 5 * second, 0);

    expect(house.chat.showsRamp(id)?.ramp.guards?.last).toEqual(await looked());
  });

  it('is not updated for traffic that it does not tell of', async () => {
    const house = countedHouse();
    const { changes } = await house.started({ steps: steps([10, 100], 10 * minute) });

    for (const { id } of changes) expect(house.stored(id).state).not.toHaveProperty('toBeSeen');
  });
});
