import { expect, it } from 'vitest';
import { Driver } from '../../../src/workflow/ramping/drive.ts';
import { RampHouse } from './ramp-house.ts';

it('a process that starts says once which ramps are not over, where they stand, and when they are due', async () => {
  const house = new RampHouse();
  const { id } = await house.started();
  house.log.lines.splice(0);
  const driver = new Driver(house.desk);
  await driver.sweep();
  await driver.sweep();
  await house.settled();

  expect(house.log.lines.filter(({ message }) => message === 'the ramps that are not over')).toEqual([
    {
      level: 'info',
      message: 'the ramps that are not over',
      fields: {
        ramps: [{ id, service: 'reviews', state: 'running', step: 1, dueAt: '2026-11-22T14:08:11.000Z' }],
      },
    },
  ]);
});

it('a process that starts while there is no ramp says so at once, and nothing when the first one begins', async () => {
  const house = new RampHouse();
  await house.reconcile();
  await house.started();

  const told = house.log.lines.filter(({ message }) => message === 'the ramps that are not over');
  expect(told.map(({ fields }) => fields)).toEqual([{ ramps: [] }]);
});
