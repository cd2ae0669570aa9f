import { beforeEach, describe, expect, it } from 'vitest';
import { type Ramp, rampTo, targetsAt } from '../../../src/domain/ramp/ramp.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { MeshUnavailableError, NotPermittedError } from '../../../src/workflow/errors.ts';
import { decideOnRamp } from '../../../src/workflow/ramping/decide-on-ramp.ts';
import { standingShown } from '../../../src/workflow/ramping/standing-shown.ts';
import { reviewsObject, twoRules } from '../../support/builders.ts';
import { minute, RampHouse, steps } from './ramp-house.ts';

describe('a ramp', () => {
  let house: RampHouse;

  beforeEach(() => {
    house = new RampHouse();
  });

  it('makes its first step at once, and each next one when the time of the step is over', async () => {
    const ramp = await house.started();
    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    expect(ramp.state).toMatchObject({ kind: 'running', step: 1 });

    await house.after(5 * minute - 1);
    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    await house.after(1);
    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    await house.after(5 * minute);
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
    await house.after(5 * minute);
    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 4 });
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    expect(house.ledger.seq).toBe(4);
  });

  it('is one card, which shows its steps, and no card for each of its changes', async () => {
    const ramp = await house.started();
    await house.after(5 * minute);

    const { changes } = await house.ramp(ramp.id);
    expect(house.chat.showsRamp(ramp.id)?.ramp).toEqual(await house.ramp(ramp.id));
    expect(changes.map(({ id }) => house.chat.cardsOf(id))).toEqual([[], []]);
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('writes in the history of the object which step of which ramp a change is', async () => {
    const ramp = await house.started();
    await house.after(5 * minute);

    expect(house.ledger.revisions.map((revision) => revision.ramp)).toEqual([
      { id: ramp.id, step: 2, of: 4 },
      { id: ramp.id, step: 1, of: 4 },
    ]);
  });

  it('is accepted once, however often Slack delivers it', async () => {
    const asker = house.asker();
    const first = await house.askRamp({}, asker);
    const again = await house.askRamp({}, asker);
    await house.goOn();
    const late = await house.askRamp({}, asker);

    expect(first).toMatchObject({ kind: 'ramp', again: false });
    expect(again).toMatchObject({ kind: 'ramp', again: true });
    expect(late).toMatchObject({ kind: 'ramp', again: true });
    expect(await house.ramps.open()).toHaveLength(1);
    expect(house.ledger.seq).toBe(1);
  });

  it('makes a step once, however many processes move it on', async () => {
    const ramp = await house.started();
    house.pass(5 * minute);

    await Promise.all([1, 2, 3].map(() => house.drive(ramp)));
    await house.work(3);
    await house.goOn();

    expect(house.ledger.seq).toBe(2);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('is refused while another ramp moves the same rule', async () => {
    const ramp = await house.started();

    expect(await house.askRamp({ version: 'v2', steps: steps([5, 10]) })).toMatchObject({
      kind: 'ramp-taken',
      other: { id: ramp.id },
    });
  });

  it('changes nothing as a dry run', async () => {
    expect(await house.askRamp({ dryRun: true })).toMatchObject({
      kind: 'ramp-preview',
      plan: { steps: [{ percent: 10 }, { percent: 25 }, { percent: 50 }, { percent: 100 }] },
    });
    await house.goOn();
    expect(await house.ramps.open()).toEqual([]);
    expect(house.ledger.seq).toBe(0);
  });

  it.each([
    ['an unknown version', { version: 'v9' }, 'unknown-version'],
    ['a share that is live already', { steps: steps([0, 50]) }, 'already-there'],
  ] as const)('is refused for %s', async (_, asked, reason) => {
    expect(await house.askRamp(asked)).toMatchObject({ kind: 'ramp-refused', refusal: { reason } });
    expect(await house.ramps.open()).toEqual([]);
  });

  it('does once what is delivered twice', async () => {
    const ramp = await house.started();
    const asker = house.asker();
    const next = () => decideOnRamp(house.desk, { id: ramp.id, gesture: 'next' }, asker);
    await next();
    await house.goOn();
    expect(await next()).toMatchObject({ kind: 'done' });
    await house.goOn();
    expect(house.ledger.seq).toBe(2);

    const again = house.asker();
    const pause = () => decideOnRamp(house.desk, { id: ramp.id, gesture: 'pause' }, again);
    await pause();
    await house.does('resume', ramp);
    expect(await pause()).toMatchObject({ kind: 'done' });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running' });
  });

  it('aborted while all the rest is in line goes back from where it is', async () => {
    const ramp = await house.started();
    await house.does('finish', ramp);
    await house.does('abort', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(house.ledger.seq).toBe(2);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  it('goes on from what somebody else left at its last step by being over', async () => {
    const ramp = await house.started({ steps: steps([50]) });
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.after(minute);
    await house.does('resume', ramp);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    expect(house.split).toEqual({ v1: 60, v2: 0, v3: 40 });
  });

  it('leaves no change behind that waits for a decision', async () => {
    const ramp = await house.started();
    house.pass(5 * minute);
    await house.drive(ramp);
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.goOn();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 1, hold: { because: 'moved' } });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is held, and not over, if somebody moved its rule while a change of another rule waits', async () => {
    const two = new RampHouse(twoRules);
    const ramp = await two.started();
    two.pass(5 * minute);
    two.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });
    await two.accepted('v3', 100, { rule: 'orders' });
    await two.drive(ramp);

    expect(await two.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'moved' } });
  });

  it('says in the thread of its card, once, that somebody must act', async () => {
    const ramp = await house.started();
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.after(minute);
    await house.after(minute);

    expect(house.chat.told.map(({ id }) => id)).toEqual([ramp.id]);
  });

  it('is told of in its thread when chat is back', async () => {
    const ramp = await house.started();
    house.chat.goDown();
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.after(minute);
    expect(house.chat.told).toEqual([]);

    house.chat.comeBack();
    await house.after(minute);
    expect(house.chat.told.map(({ id }) => id)).toEqual([ramp.id]);
    expect(house.chat.showsRamp(ramp.id)?.ramp.state).toMatchObject({ kind: 'held' });
  });

  describe('paused', () => {
    it('stands still, and goes on with what was left of its step', async () => {
      const ramp = await house.started();
      await house.after(2 * minute);
      expect(await house.does('pause', ramp)).toMatchObject({ kind: 'done' });

      await house.after(60 * minute);
      expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'paused', leftMs: 3 * minute });

      await house.does('resume', ramp);
      await house.after(3 * minute - 1);
      expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
      await house.after(1);
      expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    });

    it('while a step is being made, stops once that step is live', async () => {
      const answer = await house.askRamp();
      if (answer.kind !== 'ramp') throw new Error('not accepted');
      await house.does('pause', answer.ramp);
      await house.goOn();
      await house.after(60 * minute);

      expect(await house.state(answer.ramp.id)).toMatchObject({ kind: 'paused', step: 1, leftMs: 5 * minute });
      expect(house.ledger.seq).toBe(1);
    });
  });

  describe('next step now', () => {
    it('makes it at once, and two clicks on one button make one step', async () => {
      const ramp = await house.started();
      const seen = standingShown(ramp);

      const answers = await Promise.all([
        house.does('next', ramp, seen),
        house.does('next', ramp, seen, house.asker('U02BOB')),
      ]);
      await house.goOn();

      expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['done', 'moved-on']);
      expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
      expect(house.ledger.seq).toBe(2);
    });

    it('answers an old button with where the ramp is', async () => {
      const ramp = await house.started();
      const seen = standingShown(ramp);
      await house.after(5 * minute);

      expect(await house.does('next', ramp, seen)).toMatchObject({ kind: 'moved-on', ramp: { state: { step: 2 } } });
      await house.goOn();
      expect(house.ledger.seq).toBe(2);
    });

    it('is not made once the person was told that it came too late', async () => {
      const ramp = await house.started();
      house.changes.afterNextLine(() => house.pass(3_000));

      await expect(house.does('next', ramp)).rejects.toThrow(TooLateError);
      await house.goOn();
      expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    });

    it('is told to the audit with who pressed', async () => {
      const ramp = await house.started();
      await house.does('next', ramp, standingShown(ramp), house.asker('U02BOB'));

      expect(house.audit.trail.filter(({ kind }) => kind === 'ramp-resumed')).toMatchObject([
        { rampId: ramp.id, deed: 'next', by: { user: 'U02BOB' }, askedBy: ramp.by },
      ]);
    });

    it('is not there after the last one', async () => {
      const ramp = await house.started({ steps: steps([50]) });

      expect(await house.does('next', ramp)).toMatchObject({ kind: 'not-now' });
    });
  });

  it('finished by a person makes its last step at once', async () => {
    const ramp = await house.started();
    await house.does('finish', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(house.ledger.seq).toBe(2);
  });

  describe('aborted', () => {
    it('goes back to what was before it, in one change', async () => {
      const ramp = await house.started();
      await house.after(5 * minute);
      await house.does('abort', ramp);
      await house.goOn();

      expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
      expect(house.ledger.seq).toBe(3);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', why: 'aborted', by: 'U01ALICE' });
      await house.after(60 * minute);
      expect(house.ledger.seq).toBe(3);
    });

    it('goes ahead of what waits for the same object', async () => {
      const two = new RampHouse(twoRules);
      const ramp = await two.started();
      const waiting = await two.accepted('v3', 100, { rule: 'orders' });
      await two.does('abort', ramp);
      await two.drive(ramp);

      const { waiting: inLine } = await two.changes.lines([reviewsObject]);
      expect(inLine.map(({ id }) => id)).toEqual([(await two.ramp(ramp.id)).changes.at(-1)?.id, waiting.id]);
    });

    it('before its first step is begun, changes nothing', async () => {
      const answer = await house.askRamp();
      if (answer.kind !== 'ramp') throw new Error('not accepted');
      await house.does('abort', answer.ramp);
      await house.goOn();

      expect(house.ledger.seq).toBe(0);
      const state = await house.state(answer.ramp.id);
      expect(state).toMatchObject({ kind: 'back' });
      expect(state).not.toHaveProperty('change');
    });

    it('while a step waits in line, makes it no more', async () => {
      const ramp = await house.started();
      await house.does('next', ramp);
      await house.does('abort', ramp);
      await house.goOn();

      expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
      expect(house.ledger.seq).toBe(2);
    });

    it('by two people goes back once', async () => {
      const ramp = await house.started();
      await Promise.all([house.does('abort', ramp), house.does('abort', ramp, undefined, house.asker('U02BOB'))]);
      await house.goOn();

      expect(house.ledger.seq).toBe(2);
    });
  });

  describe('that asks', () => {
    const gated = [
      { percent: 10, stay: { kind: 'ask' } },
      { percent: 100, stay: { kind: 'for', ms: minute } },
    ] as const;

    it('waits for a person, and goes on when one lets it', async () => {
      const ramp = await house.started({ steps: gated });
      expect(ramp.state).toMatchObject({ kind: 'asking', step: 1 });
      await house.after(60 * minute);
      expect(house.ledger.seq).toBe(1);

      await house.does('next', ramp, standingShown(ramp));
      await house.goOn();
      expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
    });

    it('is held, and never goes on, if nobody answers', async () => {
      const ramp = await house.started({ steps: gated });
      await house.after(25 * 60 * minute);

      expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'not-asked-on' } });
      expect(house.ledger.seq).toBe(1);
    });
  });

  describe('whose rule somebody else moves', () => {
    it('is held, and says who moved what', async () => {
      const ramp = await house.started();
      house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
      await house.after(5 * minute);

      expect(await house.state(ramp.id)).toMatchObject({
        kind: 'held',
        step: 1,
        hold: { because: 'moved', away: { manager: 'kubectl-edit', live: { v1: 60, v2: 0, v3: 40 } } },
      });
      expect(house.split).toEqual({ v1: 60, v2: 0, v3: 40 });
    });

    it('goes on from there when a person says so', async () => {
      const ramp = await house.started();
      house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
      await house.after(minute);
      await house.does('resume', ramp);
      await house.goOn();

      expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
    });

    it('is over when a person says so at its last step, and the audit tells its end, with who said so', async () => {
      const ramp = await house.started({ steps: steps([50, 100]) });
      await house.after(5 * minute);
      house.mesh.moveByHand(reviewsObject, { v1: 10, v2: 0, v3: 90 });
      await house.after(minute);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 2 });

      await house.does('resume', ramp);
      await house.goOn();

      expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
      const ends = house.audit.trail.filter(({ kind }) => kind === 'ramp-finished' || kind === 'ramp-resumed');
      expect(ends).toMatchObject([{ kind: 'ramp-finished', rampId: ramp.id, deed: 'resume' }]);
      expect(ends[0]?.by).toBeDefined();
    });

    it('goes back over that when a person aborts it, but not over what came after', async () => {
      const ramp = await house.started();
      house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
      await house.after(minute);
      await house.does('abort', ramp);
      await house.goOn();

      expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    });
  });

  it('is asked about before a change of ours ends it', async () => {
    const ramp = await house.started();
    expect(await house.ask('v2', 50)).toMatchObject({ kind: 'ramp-runs', ramp: { id: ramp.id } });
    await house.goOn();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });

    const change = await house.shiftOver(ramp, 'v2', 50);
    await house.goOn();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'superseded', by: change.id });
    await house.after(60 * minute);
    expect(house.ledger.seq).toBe(2);
  });

  it('does not mind a change of another rule', async () => {
    const pinned = new RampHouse(twoRules);
    const ramp = await pinned.started();
    await pinned.accepted('v3', 100, { rule: 'orders' });
    await pinned.goOn();
    await pinned.after(5 * minute);

    expect(await pinned.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });

  it('that was due while nobody worked goes on if it is not too late, and is held if it is', async () => {
    const ramp = await house.started();
    await house.after(9 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });

    await house.after(20 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 2, hold: { because: 'late' } });
    expect(house.ledger.seq).toBe(2);
  });

  it('is taken back whole by a rollback of the service', async () => {
    const ramp = await house.started();
    await house.after(5 * minute);
    await house.typeRollback();
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  describe('after its end', () => {
    async function finished(): Promise<Ramp> {
      const ramp = await house.started({ steps: steps([10, 50, 100]) });
      for (let step = 0; step < 3; step += 1) await house.after(5 * minute);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
      return house.ramp(ramp.id);
    }

    it('is taken back whole by a rollback of the service, at once, in one change', async () => {
      await finished();
      expect(await house.typeRollback()).toMatchObject({ kind: 'accepted' });
      await house.goOn();

      expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
      expect(house.ledger.seq).toBe(4);
    });

    it('is taken back whole by a click on its card, at once, in one change', async () => {
      const [first] = (await finished()).changes;
      if (first === undefined) throw new Error('it made changes');
      expect(await house.clickRollback(first.id)).toMatchObject({ kind: 'accepted' });
      await house.goOn();

      expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
      expect(house.ledger.seq).toBe(4);
    });

    it('goes back to one of its steps by that name', async () => {
      const [, second] = (await finished()).changes;
      expect(await house.typeRollback(second?.id)).toMatchObject({ kind: 'accepted' });
      await house.goOn();

      expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
    });
  });

  it('is over once a person goes back to one of its steps', async () => {
    const ramp = await house.started();
    await house.after(5 * minute);
    const [first] = (await house.ramp(ramp.id)).changes;
    await house.typeRollback(first?.id);
    await house.goOn();

    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'superseded' });
    await house.after(60 * minute);
    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
  });

  it('is taken back whole also where a step was put back in the middle of it', async () => {
    const ramp = await house.started();
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.after(minute);
    await house.does('put-back', ramp);
    await house.goOn();
    await house.after(5 * minute);
    await house.typeRollback();
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  it('keeps what is left of its step’s time, if the next step that a person wants finds somebody else’s edit', async () => {
    const ramp = await house.started();
    house.pass(2 * minute);
    house.mesh.deafen();
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });

    expect(await house.does('next', ramp)).toMatchObject({ kind: 'stopped' });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', leftMs: 3 * minute, hold: { because: 'moved' } });
  });

  it('knows that the step was made in which it was aborted: who lets it go on after somebody else’s edit makes the next one', async () => {
    const ramp = await house.started();
    await house.does('next', ramp);
    await house.work();
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'stepping', step: 2, live: 1 });
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.does('abort', ramp);
    await house.goOn();
    const held = await house.ramp(ramp.id);
    expect(held.state).toMatchObject({ kind: 'held', step: 2, hold: { because: 'moved' } });

    await house.does('resume', ramp, standingShown(held));
    await house.goOn();

    expect(house.ledger.revisions.map((revision) => revision.ramp?.step)).toEqual([3, 2, 1]);
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
  });

  it('goes back although an older copy of its record came back, which does not know its last step', async () => {
    const ramp = await house.started();
    const first = house.stored(ramp.changes[0]?.id ?? 'c-00000000');
    await house.after(5 * minute);
    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    house.changes.fallBackTo([first]);
    house.ramps.lose();
    house.ramps.put({ ...ramp, rev: 0 });
    await house.does('abort', ramp);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { away: { live: { v1: 75, v3: 25 } } } });
    await house.does('abort', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(house.ledger.revisions[0]?.ramp).toMatchObject({ id: ramp.id, step: 0 });
  });

  it('is held, with the reason, where its next step cannot be planned and trying again does not help', async () => {
    const ramp = await house.started();
    house.pass(5 * minute);
    house.mesh.failReads(new NotPermittedError('may not get virtualservices'));
    await house.drive(ramp);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 1,
      hold: { because: 'step-failed', reason: 'not-permitted', detail: 'may not get virtualservices' },
    });
  });

  it('is held, with the reason, where its way back cannot be planned, and makes its step later where the cluster is away', async () => {
    const ramp = await house.started();
    house.pass(5 * minute);
    house.mesh.failReads(new MeshUnavailableError('no answer'));
    await expect(house.drive(ramp)).rejects.toThrow('no answer');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running' });
    await house.does('pause', ramp);
    house.mesh.spoilLedger(reviewsObject);
    await house.ramps.update(goingBack(await house.ramp(ramp.id)), {});
    await house.drive(ramp);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      hold: { because: 'back-failed', reason: 'ledger-unreadable', back: { why: 'aborted' } },
    });
  });
});

/** A person has just aborted it. */
function goingBack(ramp: Ramp): Ramp {
  const at = ramp.acceptedAt;
  return rampTo(ramp, { kind: 'going-back', why: 'aborted', by: 'U02BOB', at, step: 1, seen: targetsAt(ramp, 1) });
}
