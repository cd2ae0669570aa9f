import { beforeEach, describe, expect, it } from 'vitest';
import { unfinishedIn } from '../../../src/domain/ramp/in-history.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { atOnce, type RampSteps } from '../../../src/domain/ramp/steps.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { requestRollback } from '../../../src/workflow/asking/roll-back.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import { minute, RampHouse, steps } from './ramp-house.ts';

const us = { ...reviewsObject, cluster: 'us' };
const start = { v1: 100, v2: 0, v3: 0 };
const half = { v1: 50, v2: 0, v3: 50 };
const all = { v1: 0, v2: 0, v3: 100 };
const halfAtOnce: RampSteps = [{ percent: 50, stay: atOnce }];

describe('one cluster after the other', () => {
  let house: RampHouse;

  beforeEach(() => {
    house = new RampHouse(reviews(start), reviews(start, { object: us }));
    house.mesh.serveAlso('us');
  });

  const inBoth = { service: { service: 'reviews', cluster: 'sandbox,us' } };
  const splits = (): readonly Split[] => [house.split, house.mesh.splitOf(us)];

  const waiting = () =>
    Promise.all([reviewsObject, us].map(async (object) => (await house.changes.lines([object])).waiting.length));

  async function asked(ramp: RampSteps): Promise<Ramp> {
    const answer = await house.askRamp({ ...inBoth, steps: ramp });
    if (answer.kind !== 'ramp') throw new Error(`it was not accepted: ${JSON.stringify(answer)}`);
    return answer.ramp;
  }

  it('makes a change in each, the next one when the one before is applied, and is over', async () => {
    const ramp = await asked(halfAtOnce);
    expect(await waiting()).toEqual([1, 0]);

    await house.goOn();
    expect(splits()).toEqual([half, half]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    expect((await house.ramp(ramp.id)).changes.map(({ step }) => step)).toEqual([1, 2]);
    expect([house.ledger.seq, house.mesh.ledgerOf(us).seq]).toEqual([1, 1]);
  });

  it('makes each step of a ramp in all of them, and then watches it for its time', async () => {
    const ramp = await asked(steps([10, 50], 5 * minute));
    await house.goOn();
    const tenth = { v1: 90, v2: 0, v3: 10 };
    expect(splits()).toEqual([tenth, tenth]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });

    await house.after(5 * minute - 1);
    expect(splits()).toEqual([tenth, tenth]);
    await house.after(1);
    expect(splits()).toEqual([half, half]);
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('watches a step that stands alone in each cluster before the next one', async () => {
    await asked(steps([50], 5 * minute));
    await house.goOn();
    expect(splits()).toEqual([half, start]);
    await house.after(5 * minute);
    expect(splits()).toEqual([half, half]);
  });

  it('leaves out a cluster in which the version has its share already', async () => {
    house.mesh.put(reviews(half));
    const ramp = await asked(halfAtOnce);
    await house.goOn();
    expect(splits()).toEqual([half, half]);
    const { name, before } = await house.ramp(ramp.id);
    expect([name.cluster, ...before.map(({ object }) => object.cluster)]).toEqual(['us', 'us']);
  });

  it('is refused with more steps than its buttons have room for', async () => {
    const clusters = ['sandbox', 'us', 'ap', 'sa'];
    for (const cluster of ['ap', 'sa']) {
      house.mesh.serveAlso(cluster);
      house.mesh.put(reviews(start, { object: { ...reviewsObject, cluster } }));
    }
    const service = { service: 'reviews', cluster: clusters.join() };
    const many = steps([1, ...Array.from({ length: 15 }, (_, at) => at + 2)]);
    expect(await house.askRamp({ service, steps: many })).toMatchObject({ kind: 'too-many-steps', steps: 64 });
  });

  it('is no ramp in the middle to the history of any of its clusters, once it is over', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    await house.after(5 * minute);
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    expect([house.ledger, house.mesh.ledgerOf(us)].map(unfinishedIn)).toEqual([[], []]);
  });

  it('stands in no line of a cluster before its turn', async () => {
    await asked(steps([50], 5 * minute));
    await house.goOn();
    expect(await waiting()).toEqual([0, 0]);
  });

  describe('where one does not answer', () => {
    let ramp: Ramp;

    beforeEach(async () => {
      ramp = await asked(steps([50, 100], 5 * minute));
      await house.work();
      house.mesh.cutOff('us');
      await house.goOn();
      await house.after(20_000);
    });

    it('is held, and goes on without it when a person says so', async () => {
      expect(splits()).toEqual([half, start]);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 1, hold: { reason: 'unreachable' } });

      expect(await house.does('go-without', ramp)).toMatchObject({ kind: 'done' });
      await house.goOn();
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
      await house.after(5 * minute);
      expect(splits()).toEqual([all, start]);
      await house.after(5 * minute);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
    });

    it('goes on in it once it answers', async () => {
      house.mesh.cutOff();
      await house.does('resume', ramp);
      await house.goOn();
      expect(splits()).toEqual([half, half]);
    });

    it('goes back in the others', async () => {
      await house.does('abort', ramp);
      await house.goOn();
      expect(splits()).toEqual([start, start]);
      expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
    });
  });

  it('ends without the last one when a person says so', async () => {
    const ramp = await asked(halfAtOnce);
    await house.work();
    house.mesh.cutOff('us');
    await house.goOn();
    await house.after(20_000);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', step: 1 });

    await house.does('go-without', ramp);
    await house.goOn();
    expect(splits()).toEqual([half, start]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('goes back in each, the last one first', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    await house.does('abort', ramp);
    await house.goOn();
    expect(splits()).toEqual([start, start]);
    const { state, changes } = await house.ramp(ramp.id);
    expect(state).toMatchObject({ kind: 'back' });
    expect(changes.map(({ step }) => step)).toEqual([1, 2, 0, 0]);
    expect([house.ledger.seq, house.mesh.ledgerOf(us).seq]).toEqual([2, 2]);
  });

  it('goes back where it can while a cluster does not answer, and there when it does', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    house.mesh.cutOff('us');
    await house.does('abort', ramp);
    await house.goOn();
    expect(splits()).toEqual([start, half]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'going-back' });

    house.mesh.cutOff();
    await house.goOn();
    expect(splits()).toEqual([start, start]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  it('goes back in whichever answers first, when none did', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    house.mesh.cutOff('sandbox', 'us');
    await house.does('abort', ramp);
    await house.goOn();
    expect(splits()).toEqual([half, half]);

    house.mesh.cutOff('us');
    await house.goOn();
    expect(splits()).toEqual([start, half]);
    house.mesh.cutOff('sandbox');
    await house.goOn();
    expect(splits()).toEqual([start, start]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });

  it('does the rest at once when a person finishes it', async () => {
    const ramp = await asked(steps([10, 50, 100], 5 * minute));
    await house.goOn();
    expect(await house.does('finish', ramp)).toMatchObject({ kind: 'done' });
    await house.goOn();
    expect(splits()).toEqual([all, all]);
    expect([house.ledger.seq, house.mesh.ledgerOf(us).seq]).toEqual([2, 2]);
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('stops when somebody else moves what it made in a cluster before', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, rules: [rule({ v1: 70, v2: 0, v3: 30 })] }));
    await house.goOn();
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      hold: { because: 'moved', away: { object: { cluster: 'sandbox' } } },
    });
    expect(splits()).toEqual([{ v1: 70, v2: 0, v3: 30 }, half]);
  });

  it('goes back everywhere when a person rolls the service back in one cluster', async () => {
    const ramp = await asked(steps([50, 100], 5 * minute));
    await house.goOn();
    const back = { service: { service: 'reviews', cluster: 'us' }, backTo: undefined, options: { dryRun: false } };
    await requestRollback(house.desk, { verb: 'rollback', ...back }, house.asker());
    await house.goOn();
    expect(splits()).toEqual([start, start]);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back' });
  });
});
