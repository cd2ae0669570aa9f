import { describe, expect, it } from 'vitest';
import type { MovingCommand } from '../../../src/domain/language/command.ts';
import type { Hold } from '../../../src/domain/policy/freeze.ts';
import { explain } from '../../../src/workflow/asking/explain.ts';
import { overview, serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';

describe('locks and freezes', () => {
  const shift: MovingCommand = {
    verb: 'shift',
    service: { service: 'reviews' },
    wish: { kind: 'share', version: 'v3', percent: 50 },
    options: { dryRun: false },
  };

  it('are shown in the status of a service and of its namespace, with freezes of the policy file', async () => {
    const house = new House();
    house.policies.take(
      policyOf(
        'rules:\n  - { target: "**", shift: [everyone] }\nfreezes:\n  - { name: sunday, target: "**", cron: "0 0 * * SUN", for: 24h }\n',
      ),
    );
    await house.lock('U01ALICE', { reason: 'migrating ratings' });
    await house.freeze('U02BOB', 'sandbox/payments');

    const status = await serviceStatus(house.desk, { service: 'reviews' });
    const all = await overview(house.desk, {});

    const held: Partial<Hold>[] = [
      { kind: 'lock', by: 'U01ALICE', reason: 'migrating ratings' },
      { kind: 'freeze', name: 'sunday' },
    ];
    expect([status, all]).toMatchObject([{ holds: held }, { holds: held }]);
  });

  it('are the reason that /shift why gives', async () => {
    const house = new House();
    await house.lock('U01ALICE');

    expect(await explain(house.desk, shift, house.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { denial: { reason: 'locked', hold: { by: 'U01ALICE' } } } },
    });
  });
});
