import { describe, expect, it } from 'vitest';
import type { MovingCommand } from '../../../src/domain/language/command.ts';
import { explain } from '../../../src/workflow/asking/explain.ts';
import { changeId, planning, reviews, revision } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { EditsHouse, manifest, routing, service } from '../edits-house.ts';
import { acceptedIn, House } from '../house.ts';

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
  const house = new House(reviews({ v1: 100 }));
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
    const house = new House(reviews({ v1: 100 }));
    await house.accepted('v3', 40);

    expect(await explain(house.desk, shift, house.asker())).toMatchObject({ plan: planning({ v1: 60, v3: 40 }) });
  });

  it('says why there would be no plan', async () => {
    const house = new House(reviews({ v1: 100 }));
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

  /** One change gave reviews and ratings to other versions. */
  async function house(): Promise<EditsHouse> {
    const made = new EditsHouse([
      [service('reviews'), { spec: routing('reviews', { v1: 100 }) }],
      [service('ratings'), { spec: routing('ratings', { v1: 100 }) }],
    ]);
    made.ruleFiles.write('both', [
      manifest('reviews', routing('reviews', { v3: 100 })),
      manifest('ratings', routing('ratings', { v2: 100 })),
    ]);
    await made.done('/shift apply both');
    made.policies.take(onlyBobOfRatings);
    return made;
  }

  it('judges all the objects that the change wrote, as the rollback itself is judged', async () => {
    const world = await house();

    const why = await explain(world.desk, rollback, world.asker());

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
    expect(await world.typeRollback()).toMatchObject({ kind: 'denied', denial: { rule: { name: 'ratings' } } });
    expect(await explain(world.desk, rollback, world.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { kind: 'allowed' } },
    });
  });

  it('knows of a service that the change deleted', async () => {
    const world = await house();
    await world.done('/shift delete both', { asker: world.asker('U02BOB') });

    expect(await explain(world.desk, rollback, world.asker())).toMatchObject({
      judgement: { verdict: { denial: { reason: 'not-allowed' } } },
    });
    expect(await explain(world.desk, rollback, world.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { kind: 'allowed' } },
    });
  });

  it('says what stands in the way before policy does, and leaves nothing in the audit', async () => {
    const world = await house();
    const events = world.audit.trail.length;
    const { id } = acceptedIn(await world.typeRollback(undefined, world.asker('U02BOB')));

    const underWay = await explain(world.desk, rollback, world.asker());
    await world.settled();

    expect(underWay).toMatchObject({ kind: 'answered', answer: { kind: 'accepted', again: true, change: { id } } });
    expect(world.audit.trail).toHaveLength(events + 1);
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
