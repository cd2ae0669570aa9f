import { beforeEach, describe, expect, it } from 'vitest';
import type { MovingCommand } from '../../../src/domain/language/command.ts';
import { explain } from '../../../src/workflow/asking/explain.ts';
import { changeId, planning, reviews, revision } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House } from '../house.ts';
import { routed, sendsWhole } from '../manifests.ts';

const shift: MovingCommand = {
  verb: 'shift',
  service: { service: 'reviews' },
  wish: { kind: 'share', version: 'v3', percent: 50 },
  options: { dryRun: false },
};
const rollback: MovingCommand = { verb: 'rollback', service: { service: 'reviews' }, options: { dryRun: false } };

const policy = policyOf(`
groups: { sre: [U02BOB], payments: { usergroup: S01PAY } }
rules:
  - name: reviews
    target: "*/default/reviews"
    shift: [payments]
    approve: { by: [sre], from: 25 }
freezes:
  - { name: sunday, target: "**", cron: "0 0 * * SUN", for: 14h, except: [sre] }
`);

/** House's clock stands in a Sunday, three minutes after the freeze has ended. */
function houseWith(...members: readonly string[]): House {
  const house = new House();
  house.policies.take(policy);
  house.people.group('S01PAY', members);
  return house;
}

describe('why', () => {
  it('says what policy would say of a shift, and by which rule', async () => {
    const house = houseWith('U01ALICE');

    const answer = await explain(house.desk, shift, house.asker());

    expect(answer).toMatchObject({
      kind: 'explained',
      plan: planning({ v1: 100 }, { v1: 50, v3: 50 }),
      judgement: { verdict: { kind: 'needs-approval', needs: { count: 1 } }, rule: { name: 'reviews', line: 4 } },
    });
  });

  it('changes nothing, and accepts nothing', async () => {
    const house = houseWith('U01ALICE');

    await explain(house.desk, shift, house.asker());
    await house.work();

    expect([house.split, house.changes.all, house.queue.take()]).toEqual([{ v1: 100 }, [], undefined]);
  });

  it('answers for whoever asks', async () => {
    const house = houseWith('U01ALICE');

    const answers = await Promise.all([
      explain(house.desk, shift, house.asker('U03CAROL')),
      explain(house.desk, shift, house.asker('U01ALICE', { team: 'T02OTHER' })),
    ]);

    expect(answers).toMatchObject([
      { judgement: { verdict: { denial: { reason: 'not-allowed' } } } },
      { judgement: { verdict: { denial: { reason: 'outsider' } } } },
    ]);
  });

  it('answers for this moment', async () => {
    const house = houseWith('U01ALICE');
    house.pass(-4 * 60_000); // one minute before the freeze ends

    expect(await explain(house.desk, shift, house.asker())).toMatchObject({
      judgement: { verdict: { denial: { reason: 'frozen', hold: { name: 'sunday' } } } },
    });
  });

  it('does not conclude anything where Slack does not tell who is in a group', async () => {
    const house = houseWith();
    house.people.group('S01PAY', { why: 'Slack did not answer' });

    expect(await explain(house.desk, shift, house.asker())).toMatchObject({
      judgement: {
        verdict: {
          denial: { reason: 'membership-unknown', groups: [{ name: 'payments', why: 'Slack did not answer' }] },
        },
      },
    });
  });

  it('says of a rollback that it goes through a freeze and needs no approval', async () => {
    const done = revision({ id: changeId(1), from: { v1: 100 }, to: { v1: 50, v3: 50 } });
    const house = new House(reviews({ v1: 50, v3: 50 }, { revisions: [done] }));
    house.policies.take(
      policyOf(`
rules:
  - { target: "**", shift: [everyone], approve: { by: [everyone] } }
freezes:
  - { name: always, target: "**", cron: "0 0 * * *", for: 1d }
`),
    );

    const answers = [
      await explain(house.desk, rollback, house.asker()),
      await explain(house.desk, { ...shift, wish: { kind: 'share', version: 'v3', percent: 60 } }, house.asker()),
    ];

    expect(answers).toMatchObject([
      { plan: planning({ v1: 50, v3: 50 }, { v1: 100, v3: 0 }), judgement: { verdict: { kind: 'allowed' } } },
      { judgement: { verdict: { denial: { reason: 'frozen' } } } },
    ]);
  });

  it('plans behind what waits, as the command itself would', async () => {
    const house = new House();
    await house.accepted('v3', 40);

    expect(await explain(house.desk, shift, house.asker())).toMatchObject({ plan: planning({ v1: 60, v3: 40 }) });
  });

  it('says why there would be no plan', async () => {
    const house = new House();
    const nowhere = { ...shift, service: { service: 'nowhere' } };

    expect(await explain(house.desk, rollback, house.asker())).toMatchObject({
      kind: 'answered',
      answer: { kind: 'refused', refusal: { reason: 'nothing-to-roll-back' } },
    });
    expect(await explain(house.desk, nowhere, house.asker())).toMatchObject({
      kind: 'answered',
      answer: { kind: 'not-found' },
    });
  });
});

describe('why of a rollback that takes back more than weights', () => {
  const onlyBobOfRatings = policyOf(`
rules:
  - { name: ratings, target: "*/default/ratings", shift: [everyone], rollback: { only: [U02BOB] } }
  - { name: rest, target: "**", shift: [everyone] }
`);

  let house: House;

  /** One change gave reviews and ratings to other versions. */
  beforeEach(async () => {
    house = new House(routed('reviews', { v1: 100 }), routed('ratings', { v1: 100 }));
    house.ruleFiles.write('both', [sendsWhole('reviews', { v3: 100 }), sendsWhole('ratings', { v2: 100 })]);
    await house.done('/shift apply both');
    house.policies.take(onlyBobOfRatings);
  });

  it('judges all the objects that the change wrote, as the rollback itself is judged', async () => {
    const why = await explain(house.desk, rollback, house.asker());

    expect(why).toMatchObject({
      kind: 'explained',
      plan: {
        edits: [
          { edit: { moves: [{ from: { v3: 100 }, to: { v1: 100 } }] } },
          { edit: { moves: [{ from: { v2: 100 }, to: { v1: 100 } }] } },
        ],
      },
      judgement: { verdict: { denial: { reason: 'not-allowed' } }, rule: { name: 'ratings' } },
    });
    expect(await house.typeRollback()).toMatchObject({ kind: 'denied', denial: { rule: { name: 'ratings' } } });
    expect(await explain(house.desk, rollback, house.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { kind: 'allowed' } },
    });
  });

  it('knows of a service that the change deleted', async () => {
    await house.done('/shift delete both', { asker: house.asker('U02BOB') });

    expect(await explain(house.desk, rollback, house.asker())).toMatchObject({
      judgement: { verdict: { denial: { reason: 'not-allowed' } } },
    });
    expect(await explain(house.desk, rollback, house.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { kind: 'allowed' } },
    });
  });

  it('says what stands in the way before policy does, and leaves nothing in the audit', async () => {
    const events = house.audit.trail.length;
    const { id } = acceptedIn(await house.typeRollback(undefined, house.asker('U02BOB')));

    const underWay = await explain(house.desk, rollback, house.asker());
    await house.settled();

    expect(underWay).toMatchObject({ kind: 'answered', answer: { kind: 'accepted', again: true, change: { id } } });
    expect(house.audit.trail).toHaveLength(events + 1);
  });
});

describe('the policy in force', () => {
  it('may change from one question to the next', async () => {
    const house = houseWith('U01ALICE');
    const before = await explain(house.desk, shift, house.asker());

    house.policies.take(policyOf('rules:\n  - { target: "**", shift: [everyone] }\n'));

    expect([before, await explain(house.desk, shift, house.asker())]).toMatchObject([
      { judgement: { verdict: { kind: 'needs-approval' } } },
      { judgement: { verdict: { kind: 'allowed' } } },
    ]);
  });
});
