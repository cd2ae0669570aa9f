import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { approveRamp, rejectRamp, withdrawRamp } from '../../../src/workflow/ramping/approve-ramp.ts';
import { reviews, reviewsObject, twoRules } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { minute, RampHouse, steps } from './ramp-house.ts';

const everyone = `rules:\n  - target: "**"\n    shift: [everyone]\n`;
const approved = `${everyone}    approve: { by: [U02BOB, U03CAROL], from: 50 }\n`;

const gated = [
  { percent: 10, stay: { kind: 'ask' } },
  { percent: 20, stay: { kind: 'for', ms: minute } },
] as const;

describe('policy and ramps', () => {
  let house: RampHouse;

  beforeEach(() => {
    house = new RampHouse();
  });

  async function waiting(): Promise<Ramp> {
    house.policies.take(policyOf(approved));
    const answer = await house.askRamp();
    if (answer.kind !== 'ramp') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
    return answer.ramp;
  }

  const until = (at: string) => house.after(Date.parse(at) - house.now().getTime());

  /** Asked for within the hours, which are over by now. */
  async function waitingOutside(): Promise<Ramp> {
    const policy = house.policies.current();
    const ramp = await waiting();
    house.policies.take(policy);
    return ramp;
  }

  const approve = (ramp: Ramp, user: string) => approveRamp(house.desk, { id: ramp.id }, house.asker(user));

  it('one approval is for all steps', async () => {
    const ramp = await waiting();
    await house.goOn();
    expect(house.ledger.seq).toBe(0);

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await house.goOn();
    for (let step = 0; step < 4; step += 1) await house.after(5 * minute);

    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('the last approval is told to the audit in the step that begins the ramp', async () => {
    const ramp = await waiting();
    await approve(ramp, 'U02BOB');

    const told = house.audit.trail.filter(({ rampId }) => rampId === ramp.id).map(({ kind }) => kind);
    expect(told).toEqual(['awaiting', 'accepted', 'approved']);
  });

  it('nothing begins once the person was told that the approval came too late', async () => {
    const ramp = await waiting();
    house.changes.afterNextLine(() => house.pass(3_000));

    await expect(approve(ramp, 'U02BOB')).rejects.toThrow(TooLateError);
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'awaiting' });
  });

  const labels = (v3: string) => ({ v1: { version: 'v1' }, v2: { version: 'v2' }, v3: { version: v3 } });

  it('a version that selects other pods by the time of the approval voids it', async () => {
    house.mesh.relabel(reviewsObject, labels('v3'));
    const ramp = await waiting();
    house.mesh.relabel(reviewsObject, labels('v4'));

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'voided' });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'void', because: 'relabelled' });
    expect(house.ledger.seq).toBe(0);
  });

  it('a version that selects other pods later on holds it before its next step up, and not its way back', async () => {
    house.mesh.relabel(reviewsObject, labels('v3'));
    const ramp = await waiting();
    await approve(ramp, 'U02BOB');
    await house.goOn();
    house.mesh.relabel(reviewsObject, labels('v4'));
    await house.after(5 * minute);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 1,
      hold: { because: 'no-plan', refusal: 'relabelled' },
    });
    await house.does('abort', ramp);
    await house.goOn();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
    expect(house.split).toMatchObject({ v3: 0 });
  });

  it('labels bind nobody where nobody had to approve', async () => {
    house.mesh.relabel(reviewsObject, labels('v3'));
    const ramp = await house.started();
    house.mesh.relabel(reviewsObject, labels('v4'));
    await house.after(5 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('who asked cannot approve', async () => {
    const ramp = await waiting();

    expect(await approve(ramp, 'U01ALICE')).toMatchObject({ kind: 'denied' });
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
  });

  it('an approval ends with the plan that it was for', async () => {
    const ramp = await waiting();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 0, v3: 30 });

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'voided' });
    await house.goOn();
    expect(house.ledger.seq).toBe(0);
  });

  it('a ramp that waits for approval is void as soon as its rule moves, and its card says so', async () => {
    const ramp = await waiting();
    await house.after(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'awaiting' });

    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 0, v3: 30 });
    await house.goOn();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'void', because: 'moved' });
    expect(house.chat.showsRamp(ramp.id)?.ramp.state).toMatchObject({ kind: 'void' });
    expect(house.audit.trail.filter(({ kind }) => kind === 'voided')).toMatchObject([{ rampId: ramp.id }]);
    expect(await house.ramps.open()).toEqual([]);
  });

  it('a ramp that waits for approval stays so while another rule of its object moves', async () => {
    const two = new RampHouse(twoRules);
    two.policies.take(policyOf(approved));
    const answer = await two.askRamp();
    two.mesh.moveByHand(reviewsObject, { v1: 10, v3: 90 }, 'orders');
    await two.goOn();

    expect(answer).toMatchObject({ kind: 'ramp' });
    expect(await two.ramps.open()).toMatchObject([{ state: { kind: 'awaiting' } }]);
  });

  it('a ramp that was planned behind a change waits for approval until that one is applied, and after it', async () => {
    await house.accepted('v3', 5);
    const ramp = await waiting();
    expect(ramp.before[0].split).toMatchObject({ v3: 5 });
    await house.goOn();

    expect(house.split).toMatchObject({ v3: 5 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'awaiting' });
  });

  it('who may approve may reject, and who asked may withdraw', async () => {
    const ramp = await waiting();
    expect(await rejectRamp(house.desk, { id: ramp.id }, house.asker('U02BOB'), 'not today')).toMatchObject({
      kind: 'rejected',
    });
    const again = await waiting();
    expect(await withdrawRamp(house.desk, { id: again.id }, house.asker())).toMatchObject({ kind: 'withdrawn' });
    expect(await house.ramps.open()).toEqual([]);
  });

  it('expires when nobody approves', async () => {
    const ramp = await waiting();
    await house.after(48 * 60 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'expired' });
  });

  it('a freeze in the middle holds it, and names the freeze', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.after(5 * minute);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 1,
      hold: { because: 'denied', denied: 'frozen' },
    });
    expect(house.ledger.seq).toBe(1);
  });

  it('goes on after a freeze when a person says so', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.after(5 * minute);
    await house.thaw('U02BOB', '**');
    await house.does('resume', ramp);
    await house.goOn();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('is aborted through a freeze', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    await house.freeze('U02BOB', '**', { reason: 'the sale' });
    await house.does('abort', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('is not begun where a freeze cannot be read, makes no step, and goes on when that is taken out', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    const { split } = house;
    house.holds.spoil();
    await house.after(5 * minute);

    expect(house.split).toEqual(split);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
    expect(house.log.lines).toContainEqual(
      expect.objectContaining({ message: 'a step of a ramp waits: policy cannot tell', level: 'warn' }),
    );
    house.holds.mend();
    await house.after(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
    await house.does('abort', ramp);
    await house.goOn();
    house.holds.spoil();
    expect(await house.askRamp()).toMatchObject({
      kind: 'denied',
      denial: { reason: 'frozen', hold: { unreadable: {} } },
    });
  });

  it('is aborted though a freeze cannot be read, also where rollbacks wait for freezes', async () => {
    house.policies.take(policyOf(`${everyone}    rollback: { duringFreeze: false }\n`));
    const ramp = await house.started();
    house.holds.spoil();

    expect(await house.does('abort', ramp)).toMatchObject({ kind: 'done' });
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('is paused and aborted by whoever may roll back, also where a freeze stops rollbacks', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    house.policies.take(
      policyOf(
        `rules:\n  - target: "**"\n    shift: [U01ALICE, U03CAROL]\n    rollback: { only: [U02BOB, U03CAROL], duringFreeze: false }\n`,
      ),
    );
    await house.freeze('U03CAROL', '**', { reason: 'the sale' });

    expect(await house.does('pause', ramp, undefined, house.asker('U09DAVE'))).toMatchObject({ kind: 'denied' });
    expect(await house.does('abort', ramp, undefined, house.asker('U09DAVE'))).toMatchObject({ kind: 'denied' });
    expect(await house.does('pause', ramp, undefined, house.asker('U01ALICE'))).toMatchObject({ kind: 'done' });
    expect(await house.does('abort', ramp, undefined, house.asker('U02BOB'))).toMatchObject({ kind: 'done' });
    await house.goOn();
    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('paused over night, goes on when the hours begin: the night is no part of its step', async () => {
    house.policies.take(policyOf(`${everyone}    hours: "Sun-Mon 10:00-14:05 UTC"\n`)); // it is 14:03 on a Sunday
    const ramp = await house.started();
    await house.after(5 * minute);
    await house.does('pause', ramp);
    await until('2026-11-23T09:00:00Z');
    await house.does('resume', ramp);
    await house.goOn();
    expect(await house.state(ramp.id)).toMatchObject({ waitsFor: 'hours', dueAt: '2026-11-23T10:00:00.000Z' });

    await until('2026-11-23T10:00:01Z');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('waits over night, and goes on by itself when the hours begin', async () => {
    house.policies.take(policyOf(`${everyone}    hours: "Sun-Mon 10:00-14:05 UTC"\n`)); // it is 14:03 on a Sunday
    const ramp = await house.started();
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'running',
      step: 1,
      waitsFor: 'hours',
      dueAt: '2026-11-23T10:00:00.000Z',
    });

    await until('2026-11-23T10:00:01Z');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  describe('typed outside the hours for steps up', () => {
    const hours = `hours: "Mon 10:00-14:00 UTC"\n`; // it is a Sunday
    const opens = '2026-11-23T10:00:00.000Z';

    it('is accepted, says when it begins, and begins then', async () => {
      house.policies.take(policyOf(`${everyone}    ${hours}`));
      expect(await house.shift('v3', 10)).toMatchObject({ kind: 'denied', denial: { reason: 'outside-hours' } });
      const asker = house.asker();
      const answer = await house.askRamp({}, asker);
      if (answer.kind !== 'ramp') throw new Error('not accepted');
      expect(answer.ramp.state).toMatchObject({ kind: 'running', step: 0, waitsFor: 'hours', dueAt: opens });
      await house.goOn();
      expect(house.chat.showsRamp(answer.ramp.id)?.ramp.state).toMatchObject({ step: 0, dueAt: opens });
      expect(await house.askRamp({}, asker)).toMatchObject({ kind: 'ramp', again: true });

      await until('2026-11-23T09:59:59Z');
      expect(house.ledger.seq).toBe(0);
      await until('2026-11-23T10:00:01Z');
      expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
      expect(await house.state(answer.ramp.id)).toMatchObject({ kind: 'running', step: 1 });
    });

    it('is aborted before it begins, and changes nothing', async () => {
      house.policies.take(policyOf(`${everyone}    ${hours}`));
      const ramp = await house.started();
      await house.does('abort', ramp);
      await until('2026-11-23T10:00:01Z');

      expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
      expect(house.ledger.seq).toBe(0);
    });

    it('waits for approval first, where one is needed', async () => {
      house.policies.take(policyOf(`${approved}    ${hours}`));
      expect(await house.askRamp()).toMatchObject({ kind: 'ramp', ramp: { state: { kind: 'awaiting' } } });
    });

    it('is refused if it may not be made then either', async () => {
      house.policies.take(policyOf(`${everyone}    maxStep: 25\n    ${hours}`));
      expect(await house.askRamp()).toMatchObject({ kind: 'denied', denial: { reason: 'step-too-large' } });
    });

    it('says in a dry run when it would begin', async () => {
      house.policies.take(policyOf(`${everyone}    ${hours}`));
      expect(await house.askRamp({ dryRun: true })).toMatchObject({
        kind: 'ramp-preview',
        plan: { opens: new Date(opens) },
        judgement: { verdict: { kind: 'allowed' } },
      });
      expect(await house.ramps.open()).toEqual([]);
    });
  });

  it('is approved outside the hours for steps up, and begins when they do', async () => {
    house.policies.take(policyOf(`${approved}    hours: "Mon 10:00-14:00 UTC"\n`));
    const ramp = await waitingOutside();

    expect(await approve(ramp, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await until('2026-11-23T09:59:59Z');
    expect(house.ledger.seq).toBe(0);
    await until('2026-11-23T10:00:01Z');
    expect(house.ledger.seq).toBe(1);
  });

  it('asks at a gate those who may approve, and not who asked for it', async () => {
    house.policies.take(policyOf(approved));
    const answer = await house.askRamp({ steps: gated });
    if (answer.kind !== 'ramp') throw new Error('not accepted');
    await house.goOn();

    expect(await house.does('next', answer.ramp)).toMatchObject({ kind: 'denied' });
    expect(await house.does('finish', answer.ramp)).toMatchObject({ kind: 'denied' });
    expect(await house.does('next', answer.ramp, undefined, house.asker('U02BOB'))).toMatchObject({ kind: 'done' });
  });

  it('calls at a gate those who may let it go on, once, and once more after an hour', async () => {
    house.policies.take(policyOf(approved));
    await house.started({ steps: gated });
    await house.after(30 * minute);
    const deciders = [
      { kind: 'user', id: 'U02BOB' },
      { kind: 'user', id: 'U03CAROL' },
    ];
    expect(house.chat.told.map(({ of }) => 'deciders' in of && of.deciders)).toEqual([deciders]);

    await house.after(31 * minute);
    await house.after(120 * minute);
    expect(house.chat.told.map(({ of }) => 'deciders' in of && of.deciders)).toEqual([deciders, deciders]);
  });

  it('lets who asked pass a gate where the rule asks for no approval', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started({ steps: gated });

    expect(house.chat.told).toMatchObject([{ of: { deciders: [] } }]);
    expect(await house.does('next', ramp)).toMatchObject({ kind: 'done' });
  });

  it('goes by the rule for any host of the object at a gate, and not by the name that was typed', async () => {
    const rules = `rules:\n  - target: "**/reviews"\n    shift: [everyone]\n    approve: { by: [U01ALICE, U02BOB], from: 50 }
  - target: "**"
    shift: [everyone]
`;
    const object = { ...reviewsObject, name: 'routes' };
    const other = new RampHouse({ ...reviews({ v1: 100, v2: 0, v3: 0 }, { object }), hosts: ['shop', 'reviews'] });
    other.policies.take(policyOf(rules));
    const ramp = await other.started({ service: { service: 'routes' }, steps: gated });

    expect(other.chat.told).toMatchObject([{ of: { deciders: [{ id: 'U01ALICE' }, { id: 'U02BOB' }] } }]);
    expect(await other.does('next', ramp)).toMatchObject({ kind: 'denied', denial: { reason: 'own-request' } });
  });

  it('lets nobody go faster than the policy allows', async () => {
    house.policies.take(
      policyOf(
        `ramps:\n  careful: { steps: "1, 5, 25, 100", every: 10m }\n${everyone}    ramp: { only: true, noSteeperThan: careful }\n`,
      ),
    );
    const ramp = await house.started({ steps: { named: 'careful' } });

    expect(await house.does('finish', ramp)).toMatchObject({
      kind: 'not-made',
      hold: { because: 'denied', denied: 'too-steep' },
    });
    await house.goOn();
    expect(house.split).toEqual({ v1: 99, v2: 0, v3: 1 });
    expect(await house.ramp(ramp.id)).toEqual(ramp);
    await house.after(10 * minute);
    expect(house.split).toEqual({ v1: 95, v2: 0, v3: 5 });
  });

  it.each([
    ['do', false],
    ['dry run', true],
  ] as const)(
    'refuses a ramp that can never come to its end, with the step that is too large (%s)',
    async (_, dryRun) => {
      house.policies.take(policyOf(`${everyone}    maxStep: 25\n`));
      const denial = { reason: 'step-too-large', step: 50, ofRamp: { number: 4, instead: [10, 25, 50, 75, 100] } };

      expect(await house.askRamp({ dryRun })).toMatchObject(
        dryRun ? { kind: 'ramp-preview', judgement: { verdict: { denial } } } : { kind: 'denied', denial },
      );
      expect(await house.ramps.open()).toEqual([]);
    },
  );

  it('holds a ramp whose later step is too large by now', async () => {
    house.policies.take(policyOf(everyone));
    const ramp = await house.started();
    house.policies.take(policyOf(`${everyone}    maxStep: 25\n`));
    await house.after(5 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 1, hold: { denied: 'step-too-large' } });
  });

  it('holds a ramp without guards where guards are required by now', async () => {
    house.policies.take(policyOf(`${everyone}    guard: { mayBeOff: true }\n`));
    const ramp = await house.started({ noGuard: true });
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });

    house.policies.take(policyOf(everyone));
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 2, hold: { denied: 'guard-required' } });
  });

  it('lets a ramp run on that goes by time because nothing is counted there', async () => {
    house.policies.take(policyOf(`${everyone}    guard: { mayBeOff: true }\n`));
    const ramp = await house.started();
    house.policies.take(policyOf(everyone));
    await house.after(5 * minute);

    expect(ramp.guards).toBeUndefined();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('has names for ramps', async () => {
    house.policies.take(policyOf(`ramps:\n  careful: { steps: "1, 5", every: 10m }\n${everyone}`));

    expect(await house.askRamp({ steps: { named: 'careful' } })).toMatchObject({
      kind: 'ramp',
      ramp: { named: 'careful', steps: [{ percent: 1 }, { percent: 5 }] },
    });
    expect(await house.askRamp({ steps: { named: 'carefree' } })).toMatchObject({
      kind: 'no-such-ramp',
      known: ['careful'],
    });
  });

  it('refuses a single shift up where ramps are wanted, and a ramp that is too steep', async () => {
    house.policies.take(
      policyOf(
        `ramps:\n  careful: { steps: "1, 5, 25, 100", every: 10m }\n${everyone}    ramp: { only: true, noSteeperThan: careful }\n`,
      ),
    );

    expect(await house.shift('v3', 10)).toMatchObject({ kind: 'denied', denial: { reason: 'ramp-only' } });
    expect(await house.askRamp({ steps: steps([10, 100]) })).toMatchObject({
      kind: 'denied',
      denial: { reason: 'too-steep' },
    });
    const ramp = await house.started({ steps: { named: 'careful' } });
    await house.after(10 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });
});
