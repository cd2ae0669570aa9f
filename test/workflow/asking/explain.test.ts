import { beforeEach, describe, expect, it } from 'vitest';
import { type ExplainAnswer, explain } from '../../../src/workflow/asking/explain.ts';
import { planning } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House } from '../house.ts';
import { kinds } from '../kinds.ts';
import { routed, sendsWhole } from '../manifests.ts';

type Explained = Parameters<typeof explain>[1];

const shift: Explained = {
  verb: 'shift',
  service: { service: 'reviews' },
  wish: { kind: 'share', version: 'v3', percent: 50 },
  options: { dryRun: false },
};
const rollback: Explained = { verb: 'rollback', service: { service: 'reviews' }, options: { dryRun: false } };

let house: House;

function why(command = shift, asker = house.asker()) {
  return explain(house.desk, command, asker);
}

function verdictIn(answer: ExplainAnswer) {
  return answer.kind === 'explained' ? answer.judgement.verdict : undefined;
}

describe('why of a shift', () => {
  const policy = policyOf(`
groups: { sre: [U02BOB], payments: { usergroup: S01PAY } }
rules:
  - { name: reviews, target: "*/default/reviews", shift: [payments], approve: { by: [sre], from: 25 } }
freezes:
  - { name: sunday, target: "**", cron: "0 0 * * SUN", for: 14h, except: [sre] }
`);

  /** The clock of the house stands in a Sunday, three minutes after the freeze has ended. */
  beforeEach(() => {
    house = new House();
    house.policies.take(policy);
    house.people.group('S01PAY', ['U01ALICE', 'U04DAVE']);
  });

  it('says what policy would say, and by which rule, and changes nothing', async () => {
    expect(await why()).toMatchObject({
      kind: 'explained',
      plan: planning({ v1: 100 }, { v1: 50, v3: 50 }),
      judgement: { verdict: { kind: 'needs-approval', needs: { count: 1 } }, rule: { name: 'reviews', line: 4 } },
    });
    await house.work();

    expect([house.split, house.changes.all, house.queue.take()]).toEqual([{ v1: 100 }, [], undefined]);
  });

  it.each`
    who                   | user          | team          | denial
    ${'of another group'} | ${'U03CAROL'} | ${undefined}  | ${{ reason: 'not-allowed' }}
    ${'of another team'}  | ${'U01ALICE'} | ${'T02OTHER'} | ${{ reason: 'outsider' }}
  `('answers for the person who asks: one $who', async ({ user, team, denial }) => {
    expect(verdictIn(await why(shift, house.asker(user, { team })))).toMatchObject({ denial });
  });

  it('answers for this moment', async () => {
    house.pass(-4 * 60_000); // one minute before the freeze ends

    expect(verdictIn(await why())).toMatchObject({ denial: { reason: 'frozen', hold: { name: 'sunday' } } });
  });

  it('says whose lock is in the way', async () => {
    await house.lock('U01ALICE');

    const denial = { reason: 'locked', hold: { by: 'U01ALICE' } };
    expect(verdictIn(await why(shift, house.asker('U04DAVE')))).toMatchObject({ denial });
  });

  it('does not conclude anything where Slack does not tell who is in a group', async () => {
    house.people.group('S01PAY', { why: 'Slack did not answer' });

    const groups = [{ name: 'payments', why: 'Slack did not answer' }];
    expect(verdictIn(await why())).toMatchObject({ denial: { reason: 'membership-unknown', groups } });
  });

  it('plans behind what waits, as the command itself would', async () => {
    house.policies.take(policyOf('rules:\n  - { target: "**", shift: [everyone] }\n'));
    await house.accepted('v3', 40);

    expect(await why()).toMatchObject({ plan: planning({ v1: 60, v3: 40 }) });
  });

  it('says why there would be no plan', async () => {
    const refused = { kind: 'refused', refusal: { reason: 'nothing-to-roll-back' } };
    expect(await why(rollback)).toMatchObject({ kind: 'answered', answer: refused });
    const nowhere = await why({ ...shift, service: { service: 'nowhere' } });
    expect(nowhere).toMatchObject({ kind: 'answered', answer: { kind: 'not-found' } });
  });

  it('goes by the policy that is in force, which may change from one question to the next', async () => {
    const before = await why();
    house.policies.take(policyOf('rules:\n  - { target: "**", shift: [everyone] }\n'));

    expect([before, await why()].map((answer) => verdictIn(answer)?.kind)).toEqual(['needs-approval', 'allowed']);
  });
});

describe.each(kinds)('why of the rollback of $kind', ({ houseOf }) => {
  it('says that it goes through a freeze and needs no approval', async () => {
    house = houseOf();
    await house.applied('v3', 50);
    house.policies.take(
      policyOf(`
rules:
  - { target: "**", shift: [everyone], approve: { by: [everyone] } }
freezes:
  - { name: always, target: "**", cron: "0 0 * * *", for: 1d }
`),
    );

    const back = await why(rollback);
    const further = await why({ ...shift, wish: { kind: 'share', version: 'v3', percent: 60 } });

    const [edit] = house.moving({ v1: 50, v3: 50 }, house.brought({ v1: 100, v3: 0 })).edits;
    expect(back).toMatchObject({ plan: { edits: house.ofEach({ edit }) } });
    expect(verdictIn(back)?.kind).toBe('allowed');
    expect(verdictIn(further)).toMatchObject({ denial: { reason: 'frozen' } });
  });
});

describe('why of the rollback of several objects', () => {
  const onlyBobOfRatings = policyOf(`
rules:
  - { name: ratings, target: "*/default/ratings", shift: [everyone], rollback: { only: [U02BOB] } }
  - { name: rest, target: "**", shift: [everyone] }
`);
  const denied = { denial: { reason: 'not-allowed', rule: { name: 'ratings' } } };

  /** One change gave reviews and ratings to other versions. */
  beforeEach(async () => {
    house = new House(routed('reviews', { v1: 100 }), routed('ratings', { v1: 100 }));
    house.ruleFiles.write('both', [sendsWhole('reviews', { v3: 100 }), sendsWhole('ratings', { v2: 100 })]);
    await house.done('/shift apply both');
    house.policies.take(onlyBobOfRatings);
  });

  it('judges all of them, as the rollback itself is judged', async () => {
    const answer = await why(rollback);

    const moves = [{ v3: 100 }, { v2: 100 }].map((from) => ({ edit: { moves: [{ from, to: { v1: 100 } }] } }));
    expect(answer).toMatchObject({ kind: 'explained', plan: { edits: moves } });
    expect(verdictIn(answer)).toMatchObject(denied);
    expect(await house.typeRollback()).toMatchObject({ kind: 'denied', ...denied });
    expect(verdictIn(await why(rollback, house.asker('U02BOB')))?.kind).toBe('allowed');
  });

  it('knows of a service that the change deleted', async () => {
    await house.done('/shift delete both', { asker: house.asker('U02BOB') });

    expect(verdictIn(await why(rollback))).toMatchObject(denied);
    expect(verdictIn(await why(rollback, house.asker('U02BOB')))?.kind).toBe('allowed');
  });

  it('says what stands in the way before policy does, and leaves nothing in the audit', async () => {
    const events = house.audit.trail.length;
    const { id } = acceptedIn(await house.typeRollback(undefined, house.asker('U02BOB')));

    const underWay = await why(rollback);
    await house.settled();

    expect(underWay).toMatchObject({ kind: 'answered', answer: { kind: 'accepted', again: true, change: { id } } });
    expect(house.audit.trail).toHaveLength(events + 1);
  });
});
