import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { noPolicy } from '../../../src/domain/policy/policy.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { explain } from '../../../src/workflow/asking/explain.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn } from '../house.ts';
import { routed, sendsWhole } from '../manifests.ts';
import { minute, RampHouse } from '../ramping/ramp-house.ts';

const everyone = 'rules:\n  - { name: r, target: "**", shift: [everyone]';
const free = policyOf(`${everyone} }`);
const approved = policyOf(`groups: { sre: [U02BOB] }\n${everyone}, approve: { by: [sre], from: 25 } }`);
const frozen = { kind: 'denied', denial: { reason: 'frozen', isForward: true } };

let house: RampHouse;

beforeEach(() => {
  house = new RampHouse();
  house.policies.take(free);
});

/** `/shift reviews v3 50` */
async function shifted(percent: number, version = 'v3'): Promise<Change> {
  const change = await house.shifted(version, percent);
  await house.work();
  house.pass(2 * minute);
  return house.stored(change.id);
}

function never(): never {
  throw new Error('there is at least one step');
}

async function freeze(): Promise<void> {
  await house.freeze('U02BOB', 'sandbox/default', { end: { kind: 'for', ms: 24 * 60 * minute } });
}

/** `/shift rollback reviews` and what came of it. */
async function rollback(backTo?: ChangeId) {
  const answer = await house.typeRollback(backTo);
  await house.goOn();
  house.pass(2 * minute);
  return answer;
}

const share = (version = 'v3') => house.split[version] ?? 0;

describe('rollbacks in a freeze', () => {
  it('take back one change after the other, and not the one before that would raise the version again', async () => {
    await shifted(60);
    await shifted(0);
    for (const percent of [10, 50, 100]) await shifted(percent);
    await freeze();

    const shares: number[] = [];
    for (const _ of [1, 2, 3]) {
      expect(await rollback()).toMatchObject({ kind: 'accepted' });
      shares.push(share());
    }
    expect(shares).toEqual([50, 10, 0]);
    expect(await rollback()).toMatchObject(frozen);
    expect(share()).toBe(0);
  });

  it.each([0, 20])(
    'do not raise it again either where the history begins with what took it down to %s',
    async (low) => {
      house = new RampHouse(reviews({ v1: 40, v2: 0, v3: 60 }));
      await shifted(low);
      for (const percent of [low + 10, 50, 100]) await shifted(percent);
      await freeze();
      for (const _ of [1, 2, 3]) expect(await rollback()).toMatchObject({ kind: 'accepted' });

      expect(await rollback()).toMatchObject(frozen);
      expect(share()).toBe(low);
    },
  );

  it('take back the start of a canary where the history begins with what took it down', async () => {
    house = new RampHouse(reviews({ v1: 40, v2: 0, v3: 60 }));
    await shifted(0);
    await shifted(10);
    await freeze();

    expect(await house.shift('v3', 30)).toMatchObject({ kind: 'denied' });
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(0);
  });

  it.each([
    [60, [20, 30, 50]],
    [60, [0, 10, 50]],
    [50, [30, 0, 10, 20]],
    [5, [10, 50, 100]],
    [70, [50, 0, 30, 60]],
    [0, [60, 20, 40, 80]],
  ])('take back what was raised by hand, from %i by %j', async (first, percents) => {
    house = new RampHouse(reviews({ v1: 100 - first, v3: first }));
    for (const percent of percents) await shifted(percent);
    const fell = percents.findLastIndex((percent, at) => percent < (percents[at - 1] ?? first));
    const raised = percents.slice(fell + 1);
    await freeze();

    for (const percent of raised.toReversed()) {
      expect(share()).toBe(percent);
      expect(await rollback()).toMatchObject({ kind: 'accepted' });
      expect(share()).toBeLessThan(percent);
    }
  });

  it('do not bring back what a person took down by hand', async () => {
    await shifted(60);
    await shifted(0);
    await freeze();

    expect(await rollback()).toMatchObject(frozen);
    expect(share()).toBe(0);
  });

  it('do not bring back what was taken back, by its card or by name', async () => {
    const change = await shifted(60);
    await freeze();
    const back = acceptedIn(await rollback());

    expect(await house.clickRollback(back.id)).toMatchObject(frozen);
    expect(await rollback(change.id)).toMatchObject(frozen);
    expect(await house.clickPromote(change.id)).toMatchObject({ kind: 'denied', denial: { reason: 'frozen' } });
    expect(share()).toBe(0);
  });

  it('go back to any change on the way by name, and to none that is not on it', async () => {
    const gone = await shifted(80, 'v2');
    acceptedIn(await rollback());
    const first = await shifted(10);
    await shifted(50);
    await shifted(100);
    await freeze();

    expect(await rollback(gone.id)).toMatchObject(frozen);
    expect(await rollback(first.id)).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(10);
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(0);
  });

  it('do not bring back what the card of an older change, which was left already, took back', async () => {
    const first = await shifted(60);
    await shifted(0);
    const second = await shifted(60);
    await freeze();

    const question = await house.clickRollback(first.id);
    if (question.kind === 'confirm') await house.rolledBack(first.id, question.undo.stamp);
    await house.work();
    house.pass(2 * minute);
    expect(share()).toBe(0);
    expect(await rollback(second.id)).toMatchObject(frozen);
    expect(await rollback()).not.toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(0);
  });

  it('take back a ramp as one change', async () => {
    await shifted(5);
    const ramp = await house.started();
    for (const _ of [1, 2, 3, 4]) await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    await freeze();

    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(5);
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(share()).toBe(0);
  });

  it.each(['while it runs', 'when it is finished'])('do not take back a ramp that went back, %s', async (when) => {
    await shifted(60);
    const down = (percent: number) => ({ percent, stay: { kind: 'for', ms: 5 * minute } }) as const;
    const ramp = await house.started({ steps: [down(30), down(0)] });
    if (when !== 'while it runs') for (const _ of [1, 2]) await house.after(5 * minute);
    const was = share();
    await freeze();

    expect(await rollback()).toMatchObject(frozen);
    if (when === 'while it runs') expect(await house.does('abort', ramp)).toMatchObject(frozen);
    expect([was, share()]).toEqual(when === 'while it runs' ? [30, 30] : [0, 0]);
  });

  it.each([
    ['up', 5, [10, 50]],
    ['down first, and then up', 5, [2, 50]],
  ] as const)('abort a ramp that went %s', async (_, first, percents) => {
    await shifted(first);
    const up = percents.map((percent) => ({ percent, stay: { kind: 'for', ms: 5 * minute } }) as const);
    const ramp = await house.started({ steps: [up[0] ?? never(), ...up.slice(1)] });
    await house.after(5 * minute);
    expect(share()).toBe(50);
    await freeze();

    expect(await house.does('abort', ramp)).toMatchObject({ kind: 'done' });
    await house.goOn();
    expect(share()).toBe(5);
  });

  it('take back a rule file, and do not bring it back', async () => {
    const ofFile = new RampHouse(routed('reviews', { v1: 100 }));
    ofFile.ruleFiles.write('all', [sendsWhole('reviews', { v3: 100 })]);
    await ofFile.done('/shift apply all');
    await ofFile.freeze('U02BOB', 'sandbox/default');

    const typed = await ofFile.typeRollback();
    const back = typed.kind === 'confirm' ? await ofFile.rolledBack(typed.id, typed.undo.stamp) : acceptedIn(typed);
    await ofFile.work();
    expect(ofFile.split).toEqual({ v1: 100 });
    const again = await ofFile.clickRollback(back.id);
    expect(again.kind === 'confirm' ? await ofFile.clickRollback(again.id, again.undo.stamp) : again).toMatchObject(
      frozen,
    );
  });

  it('make again what was deleted, and do not delete it again', async () => {
    const ofFile = new RampHouse(routed('reviews', { v1: 100 }));
    ofFile.ruleFiles.write('all', [sendsWhole('reviews', { v1: 100 })]);
    await ofFile.done('/shift delete all');
    await ofFile.freeze('U02BOB', 'sandbox/default');

    const typed = await ofFile.typeRollback();
    const back = typed.kind === 'confirm' ? await ofFile.rolledBack(typed.id, typed.undo.stamp) : acceptedIn(typed);
    await ofFile.work();
    expect(ofFile.split).toEqual({ v1: 100 });
    const again = await ofFile.clickRollback(back.id);
    expect(again.kind === 'confirm' ? await ofFile.clickRollback(again.id, again.undo.stamp) : again).toMatchObject(
      frozen,
    );
  });

  it.each([
    ['a policy file', free],
    ['none', noPolicy],
  ])('are not applied any more where one that brings something back was accepted before (%s)', async (_, policy) => {
    house.policies.take(policy);
    await shifted(60);
    const back = acceptedIn(await rollback());
    const again = acceptedIn(await house.clickRollback(back.id));
    await freeze();
    await house.work();

    expect(house.stored(again.id).state).toMatchObject({ kind: 'void', because: 'denied', denied: 'frozen' });
    expect(share()).toBe(0);
  });
});

describe('a shift that goes back', () => {
  it.each`
    percent | what
    ${50}   | ${'a part of the way'}
    ${40}   | ${'all of the way'}
    ${20}   | ${'a part of the way of the change before'}
    ${0}    | ${'as far as the history reaches'}
  `('goes through a freeze to $percent %: $what', async ({ percent }) => {
    await shifted(40);
    await shifted(60);
    await freeze();

    expect(await house.shift('v3', percent)).toMatchObject({ kind: 'accepted' });
    await house.work();
    expect(share()).toBe(percent);
  });

  it('goes back from everything, too', async () => {
    house = new RampHouse(reviews({ v1: 100, v3: 0 }));
    for (const percent of [10, 50, 100]) await shifted(percent);
    await freeze();

    for (const percent of [60, 20, 0]) {
      expect(await house.shift('v3', percent)).toMatchObject({ kind: 'accepted' });
      await house.work();
    }
    expect(share()).toBe(0);
  });

  it.each`
    version | percent | what
    ${'v3'} | ${70}   | ${'goes on'}
    ${'v3'} | ${5}    | ${'goes further than the history reaches'}
    ${'v2'} | ${10}   | ${'gives another version more'}
  `('does not go through where it $what', async ({ version, percent }) => {
    house = new RampHouse(reviews({ v1: 90, v2: 0, v3: 10 }));
    await shifted(60);
    await freeze();

    expect(await house.shift(version, percent)).toMatchObject({ kind: 'denied', denial: { reason: 'frozen' } });
    expect(share()).toBe(60);
  });

  it('needs no approval, no ramp, no hours, and is of any size', async () => {
    await shifted(60);
    const rule = `${everyone}, maxStep: 5, ramp: { only: true }, hours: "Mon 9-10 UTC", approve: { by: [U02BOB] } }`;
    house.policies.take(policyOf(rule));

    expect(await house.shift('v3', 20)).toMatchObject({ change: { state: { kind: 'queued' } } });
    await house.work();
    expect(share()).toBe(20);
    expect(await house.shift('v3', 21)).toMatchObject({ kind: 'denied' });
  });

  it.each(['rollback: { approve: true }', 'rollback: { only: [U02BOB] }'])('needs it under %s', async (rollbacks) => {
    await shifted(60);
    house.policies.take(policyOf(`${everyone}, maxStep: 50, ${rollbacks}, approve: { by: [U02BOB] } }`));

    const { change } = await acceptedAnswer(house.shift('v3', 20));
    expect(change.state.kind).toBe('awaiting');
    expect(await house.approve(change.id, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('may not be made good again in a freeze: twenty of them flip nothing', async () => {
    const change = await shifted(60);
    await freeze();
    const shares = new Set<number>();
    for (let turn = 0; turn < 20; turn += 1) {
      await house.shift('v3', turn % 2 === 0 ? 0 : 60);
      await house.work();
      await rollback();
      await rollback(change.id);
      shares.add(share());
    }
    expect([...shares]).toEqual([0]);
  });
});

async function acceptedAnswer(asked: ReturnType<RampHouse['shift']>) {
  const answer = await asked;
  if (answer.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  return answer;
}

describe('a rollback that does not go back', () => {
  it('needs the approval of a shift, and is applied with it', async () => {
    const change = await shifted(60);
    await rollback();
    house.policies.take(approved);

    const again = acceptedIn(await rollback(change.id));
    expect(house.stored(again.id).state).toMatchObject({ kind: 'awaiting' });
    expect(share()).toBe(0);
    expect(await house.approve(again.id, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();
    expect(share()).toBe(60);
  });

  it('is no larger than one step', async () => {
    const old = await shifted(100);
    await rollback();
    house.policies.take(policyOf(`${everyone}, maxStep: 25 }`));

    expect(await rollback(old.id)).toMatchObject({ denial: { reason: 'step-too-large', step: 100, isForward: true } });
    expect(share()).toBe(0);
  });

  it('is for those who may shift, not for those who may only roll back', async () => {
    const change = await shifted(60);
    house.policies.take(policyOf('rules: [{ target: "**", shift: [U02BOB], rollback: [U01ALICE] }]'));

    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(await rollback(change.id)).toMatchObject({ denial: { reason: 'not-allowed', deed: 'shift' } });
  });

  it('is what /shift why says it is', async () => {
    await shifted(60);
    const why = async (backTo?: ChangeId) => {
      const command = {
        verb: 'rollback',
        service: { service: 'reviews' },
        backTo,
        options: { dryRun: false },
      } as const;
      const answer = await explain(house.desk, command, house.asker());
      return answer.kind === 'explained' ? answer.judgement : undefined;
    };
    expect(await why()).not.toHaveProperty('countsAs');
    const back = acceptedIn(await rollback());
    const taken = house.stored(back.id).reverts;
    await freeze();

    expect(await why(taken)).toMatchObject({ countsAs: 'shift', verdict: { denial: { reason: 'frozen' } } });
  });

  it('is judged so by whoever has it applied anyway', async () => {
    const change = await shifted(60);
    await rollback();
    const again = acceptedIn(await house.typeRollback(change.id));
    house.mesh.moveByHand(reviewsObject, { v1: 90, v2: 0, v3: 10 });
    await house.work();
    expect(house.stored(again.id).state).toMatchObject({ kind: 'held' });
    await freeze();

    expect(await house.clickApplyAnyway(again.id)).toMatchObject(frozen);
  });
});

describe('whatever people do in a freeze', () => {
  type Act =
    | { readonly kind: 'ramp' | 'time' }
    | { readonly kind: 'shift'; readonly version: string; readonly percent: number }
    | Back;
  type Back = { readonly kind: 'rollback' | 'to' | 'card'; readonly which: number };
  function actOn(versions: readonly string[]): fc.Arbitrary<Act> {
    const version = fc.constantFrom(...versions);
    return fc.oneof(
      fc.record({ kind: fc.constantFrom('ramp' as const, 'time' as const) }),
      fc.record({ kind: fc.constant('shift' as const), version, percent: fc.constantFrom(0, 10, 30, 60, 100) }),
      fc.record({ kind: fc.constantFrom('rollback' as const, 'to' as const, 'card' as const), which: fc.nat(3) }),
    );
  }

  async function act(one: Act): Promise<void> {
    const { revisions } = house.ledger;
    const id = 'which' in one ? revisions[one.which]?.id : undefined;
    if (one.kind === 'shift') await house.shift(one.version, one.percent);
    else if (one.kind === 'ramp') await (share() < 10 ? house.askRamp() : undefined);
    else if (one.kind === 'time') await house.after(5 * minute);
    else if (one.kind === 'rollback') await house.typeRollback();
    else if (id !== undefined) await confirmed(one.kind === 'to' ? house.typeRollback(id) : house.clickRollback(id));
    await house.goOn();
    house.pass(2 * minute);
  }

  async function confirmed(asked: ReturnType<RampHouse['typeRollback']>): Promise<void> {
    const answer = await asked;
    if (answer.kind === 'confirm') await house.clickRollback(answer.id, answer.undo.stamp);
  }

  /** Of a sequence of splits: no version gets more after it got less. */
  function isOneWay(splits: readonly Split[]): boolean {
    return ['v1', 'v2', 'v3'].every((version) => {
      const shares = splits.map((split) => split[version] ?? 0);
      const least = shares.findIndex((each, at) => at > 0 && each < (shares[at - 1] ?? 0));
      return least < 0 || shares.slice(least).every((each, at, all) => at === 0 || each <= (all[at - 1] ?? 0));
    });
  }

  it.each([
    ['two versions: only goes back, one way', ['v1', 'v3']],
    ['three versions: gives none more than it had before a change', ['v1', 'v2', 'v3']],
  ] as const)(
    '%s',
    async (_, versions) => {
      const anAct = actOn(versions);
      await fc.assert(
        fc.asyncProperty(
          fc.array(anAct, { minLength: 2, maxLength: 6 }),
          fc.array(anAct, { minLength: 1, maxLength: 6 }),
          async (before, within) => {
            house = new RampHouse(reviews(Object.fromEntries(versions.map((each, at) => [each, at === 0 ? 100 : 0]))));
            house.policies.take(free);
            for (const each of before) await act(each);
            await freeze();
            const was = house.split;
            const known = house.ledger.revisions.flatMap(({ from, to }) => [from, to]);
            const splits = [was];
            for (const each of within) {
              await act(each);
              splits.push(house.split);
            }
            if (versions.length === 2) expect(isOneWay(splits)).toBe(true);
            for (const version of ['v1', 'v2', 'v3'])
              expect(share(version)).toBeLessThanOrEqual(
                Math.max(...[was, ...known].map((split) => split[version] ?? 0)),
              );
          },
        ),
        { numRuns: 150 },
      );
    },
    120_000,
  );
});
