import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wish } from '../../../src/domain/change/plan.ts';
import type { MovingCommand } from '../../../src/domain/language/command.ts';
import type { Standing } from '../../../src/domain/policy/groups.ts';
import { readPolicy } from '../../../src/policy-file/read-policy.ts';
import { type ExplainAnswer, explain } from '../../../src/workflow/asking/explain.ts';
import { type RollbackAnswer, requestRollback } from '../../../src/workflow/asking/roll-back.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import type { Asker } from '../../../src/workflow/desk.ts';
import { freezeHold, lockHold, reviewsObject } from '../../support/builders.ts';
import { destination, EditsHouse, manifest, routing, service, versions } from '../edits-house.ts';
import { stampIn } from '../house.ts';

const people = ['U01ALICE', 'U02BOB', 'U03CAROL'] as const;
const aPerson = fc.constantFrom(...people);
const someWho = fc.uniqueArray(fc.constantFrom('everyone', ...people, 'sre', 'payments'), {
  minLength: 1,
  maxLength: 3,
});
const aTarget = fc.constantFrom('**', '*/default/*', '*/default/reviews', '*/*/rev*', '*/other/*', '*/default/ratings');
const aChannel = fc.constantFrom('C01CHANNEL', 'C02OTHER');

const aRollback = fc.oneof(
  someWho,
  fc.record({ only: someWho, approve: fc.boolean(), duringFreeze: fc.boolean() }, { requiredKeys: [] }),
);
const anApproval = fc.record({
  by: someWho,
  count: fc.integer({ min: 1, max: 2 }),
  from: fc.constantFrom(0, 25, 50, 100),
});
const aRule = fc.record(
  {
    target: aTarget,
    shift: someWho,
    channels: fc.uniqueArray(aChannel, { minLength: 1 }),
    approve: anApproval,
    maxStep: fc.constantFrom(10, 50, 100),
    rollback: aRollback,
    duringFreeze: someWho,
  },
  { requiredKeys: ['target', 'shift'] },
);
const aFreeze = fc.record(
  {
    target: aTarget,
    cron: fc.constantFrom('0 18 * * FRI', '0 0 * * *', '30 2 29 3 *', '0 12 * * SUN'),
    for: fc.constantFrom('1h', '24h', '62h', '7d'),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
    except: fc.uniqueArray(fc.constantFrom('rollback', 'sre', ...people), { maxLength: 2 }),
  },
  { requiredKeys: ['target', 'cron', 'for'] },
);
/** As somebody might write the file: JSON is YAML. */
const aPolicy = fc
  .record({
    groups: fc.constant({ sre: ['U02BOB', 'U03CAROL'], payments: { usergroup: 'S01PAY' } }),
    rules: fc.array(aRule, { minLength: 1, maxLength: 4 }),
    freezes: fc.array(aFreeze, { maxLength: 2 }).map((all) => all.map((each, at) => ({ ...each, name: `f${at}` }))),
  })
  .map((file) => readPolicy(Buffer.from(JSON.stringify(file))))
  .filter((read) => read.ok)
  .map(({ policy }) => policy);

const aStanding = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Standing>({ kind: 'member' }) },
  fc.constantFrom<Standing>(
    { kind: 'guest' },
    { kind: 'deactivated' },
    { kind: 'unknown', why: 'Slack did not answer' },
  ),
);
const aGroup = fc.oneof(fc.subarray([...people]), fc.constant({ why: 'this plan of Slack has no user groups' }));
const aHold = fc.constantFrom(
  lockHold({ by: 'U02BOB', except: { rollback: true, who: [{ kind: 'user', id: 'U02BOB' }] } }),
  freezeHold({ target: 'sandbox/**' }),
  undefined,
);

const aVersion = fc.constantFrom('v1', 'v2', 'v3');
const aPercent = fc.constantFrom(0, 5, 25, 50, 100);
const aWish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ kind: fc.constant('share' as const), version: aVersion, percent: aPercent }),
  aPercent.map((v3) => ({ kind: 'whole' as const, shares: { v1: 100 - v3, v3 } })),
);

/** What was done before, when everybody might. */
const aPast = fc.array(
  fc.oneof(
    fc.record({ what: fc.constantFrom('applied' as const, 'waits' as const), version: aVersion, percent: aPercent }),
    fc.record({ what: fc.constant('by hand' as const), percent: aPercent }),
    fc.record({ what: fc.constantFrom('file applied' as const, 'file deleted' as const), percent: aPercent }),
    fc.record({ what: fc.constantFrom('rolled back' as const, 'asked to roll back' as const) }),
  ),
  { minLength: 1, maxLength: 4 },
);
type Step = typeof aPast extends fc.Arbitrary<(infer T)[]> ? T : never;

const theService = { service: 'reviews' };
/** `back`: to which of the changes that there are by then, where there are so many. */
const aCommand = fc.oneof(
  aWish.map((wish) => ({ verb: 'shift' as const, wish })),
  fc.record({ verb: fc.constant('rollback' as const), back: fc.option(fc.nat(2), { nil: undefined }) }),
);
type Typed = typeof aCommand extends fc.Arbitrary<infer T> ? T : never;

async function houseWith(past: readonly Step[]): Promise<EditsHouse> {
  const house = new EditsHouse([
    [service('reviews'), { spec: routing('reviews', { v1: 100, v2: 0 }) }],
    [service('ratings'), { spec: routing('ratings', { v1: 100 }) }],
    [destination('reviews'), { spec: versions('reviews', 'v1', 'v2', 'v3') }],
  ]);
  for (const step of past) {
    await happens(house, step);
    house.pass(1_000);
  }
  return house;
}

async function happens(house: EditsHouse, step: Step): Promise<void> {
  const isThere = house.spec(service('reviews')) !== undefined;
  switch (step.what) {
    case 'applied':
    case 'waits':
      await house.shift(step.version, step.percent);
      break;
    case 'by hand':
      if (isThere) house.mesh.moveByHand(reviewsObject, { v1: 100 - step.percent, v2: step.percent });
      break;
    case 'file applied':
      await useFile(house, 'apply', step.percent);
      break;
    case 'file deleted':
      await useFile(house, 'delete', step.percent);
      break;
    default:
      await house.typeRollback();
  }
  if (step.what !== 'waits' && step.what !== 'asked to roll back') await house.work();
}

async function useFile(house: EditsHouse, verb: 'apply' | 'delete', percent: number): Promise<void> {
  house.ruleFiles.write('both', [
    manifest('reviews', routing('reviews', { v1: 100 - percent, v3: percent })),
    manifest('ratings', { ...routing('ratings', { v1: 100 - percent, v2: percent }), exportTo: ['.'] }),
  ]);
  const line = `/shift ${verb} both`;
  const shown = await house.type(line);
  if (shown.kind === 'question') await house.click(line, shown);
}

function typedIn(house: EditsHouse, typed: Typed): MovingCommand {
  const options = { dryRun: false };
  if (typed.verb === 'shift') return { verb: 'shift', service: theService, wish: typed.wish, options };
  const changes = house.changes.all.filter(({ object }) => object.name === 'reviews');
  const backTo = typed.back === undefined ? undefined : changes[typed.back]?.id;
  return { verb: 'rollback', service: theService, backTo, options };
}

async function done(house: EditsHouse, command: MovingCommand, asker: () => Asker): Promise<RollbackAnswer> {
  if (command.verb === 'shift') return requestShift(house.desk, command, asker());
  const answer = await requestRollback(house.desk, command, asker());
  return answer.kind === 'confirm' ? house.clickRollback(answer.id, stampIn(answer), asker()) : answer;
}

/** What `why` says, and what comes of it, in the same words. */
function verdictOf(answer: RollbackAnswer | ExplainAnswer): unknown {
  switch (answer.kind) {
    case 'explained': {
      const { verdict } = answer.judgement;
      const { from, to } = answer.plan;
      if (verdict.kind === 'refused') return { denial: verdict.denial };
      return { from, to, needs: verdict.kind === 'allowed' ? undefined : verdict.needs };
    }
    case 'accepted': {
      const { from, to, state } = answer.change;
      return { from, to, needs: state.kind === 'awaiting' ? state.needs : undefined };
    }
    case 'denied':
      return { denial: answer.denial };
    case 'refused':
      return { refusal: answer.refusal };
    case 'not-found':
      return { found: answer.found };
    case 'answered':
      return verdictOf(answer.answer);
    default:
      return answer;
  }
}

describe('why', () => {
  it('says of a command what comes of it, whatever the policy, the people, the clock and the past', async () => {
    const people = fc.record({ user: aPerson, channel: aChannel, standing: aStanding, group: aGroup });
    const world = fc.record({ policy: aPolicy, past: aPast, hold: aHold, minutes: fc.nat(7 * 24 * 60) });
    await fc.assert(
      fc.asyncProperty(world, people, aCommand, async ({ policy, past, hold, minutes }, asking, typed) => {
        const { user, channel, standing, group } = asking;
        const house = await houseWith(past);
        house.pass(minutes * 60_000);
        house.policies.take(policy);
        house.people.is(user, standing);
        house.people.group('S01PAY', group);
        const until = new Date(house.now().getTime() + 3_600_000);
        if (hold !== undefined) await house.holds.set({ ...hold, until }, { at: house.now() });
        const asker = () => house.asker(user, { origin: { team: 'T01TEAM', channel } });
        const command = typedIn(house, typed);

        const why = await explain(house.desk, command, asker());
        const answer = await done(house, command, asker);
        await house.settled();

        if (answer.kind === 'accepted' && answer.again) return; // it is under way, whoever asks
        expect(verdictOf(why)).toEqual(verdictOf(answer));
      }),
      { numRuns: 150 },
    );
  });
});
