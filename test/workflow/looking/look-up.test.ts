import { expect, it } from 'vitest';
import { overview, serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';

it('the status of a service and of its namespace shows locks and freezes, also those of the policy file', async () => {
  const house = new House(); // on a Sunday
  house.policies.take(
    policyOf(`
rules: [{ target: "**", shift: [everyone] }]
freezes: [{ name: sunday, target: "**", cron: "0 0 * * SUN", for: 24h }]`),
  );
  await house.lock('U01ALICE', { reason: 'migrating ratings' });
  await house.freeze('U02BOB', 'sandbox/payments');

  const status = await serviceStatus(house.desk, { service: 'reviews' });
  const all = await overview(house.desk, {});

  const lock = { kind: 'lock', by: 'U01ALICE', reason: 'migrating ratings' };
  const holds = [lock, { kind: 'freeze', name: 'sunday' }];
  expect([status, all]).toMatchObject([{ holds }, { holds }]);
});
