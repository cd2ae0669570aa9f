import { describe, expect, it } from 'vitest';
import { defaultGuard } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { rampReply } from '../../../src/slack/replies/ramps/asked.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse, host, second } from './counted-house.ts';

const latency = { ...defaultGuard, latency: { times: 1 } };

describe('before a ramp begins, what its guards go by is fixed', () => {
  it('from when on a request is slow: the bound that most requests of the others lay under', async () => {
    const house = new CountedHouse();
    house.guarded(latency);
    const at = new Date(house.now().getTime() - minute);
    house.traffic.send(at, { host, version: 'v1', requests: 960, tookMs: 20 });
    house.traffic.send(at, { host, version: 'v1', requests: 40, tookMs: 200 });

    const ramp = await house.started();

    expect(ramp.guards?.latency?.slowerThanMs).toBe(25);
  });

  it('and it says so where there is no such bound', async () => {
    const house = new CountedHouse();
    house.guarded(latency);

    const answer = await house.askRamp();

    expect(answer).toMatchObject({ kind: 'ramp' });
    expect(rampReply(answer, house.now()).text).toContain('latency is not watched');
  });

  it('the shortest step: one in which they could not look twice is refused', async () => {
    const house = new CountedHouse();
    house.traffic.scrapeEvery(15 * second);

    const answer = await house.askRamp({ steps: steps([10, 50], 30 * second) });

    expect(answer).toMatchObject({ kind: 'too-short', step: 1, shortestMs: 55 * second });
  });

  it('so a ramp whose latency is watched is not accepted while Prometheus does not answer', async () => {
    const house = new CountedHouse();
    house.guarded(latency);
    house.traffic.goAway();

    const answer = await house.askRamp();

    expect(answer).toMatchObject({ kind: 'unmeasured' });
    expect(rampReply(answer, house.now()).text).toMatch(/^\*Not accepted:\* Prometheus does not answer/);
    expect(house.ledger.seq).toBe(0);
    house.traffic.comeBack();
    expect(await house.askRamp()).toMatchObject({ kind: 'ramp' });
  });

  it('other guards need nothing of before: the ramp is accepted, and is told that nothing is known yet', async () => {
    const house = new CountedHouse();
    house.traffic.goAway();

    const shown = await house.askRamp({ dryRun: true });
    const answer = await house.askRamp();

    for (const each of [shown, answer])
      expect(rampReply(each, house.now()).text).toContain(
        'Prometheus does not answer now, so what the guards could notice is not known. It goes up from a step only when',
      );
    expect(answer).toMatchObject({ kind: 'ramp' });
  });
});

describe('after a time in which no process worked', () => {
  it('the looks that were missed are made up for before the step that is due: a bad version is taken back', async () => {
    const house = new CountedHouse();
    house.failing = { v3: 0.5 };
    const ramp = await house.started({ steps: steps([10, 50, 100], 5 * minute) });
    await house.serve(20 * second);
    await house.idle(6 * minute);
    await house.goOn();

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard', proof: { guard: 'errors' } });
    expect(house.ledger.revisions.map(({ ramp: of }) => of?.step)).toEqual([0, 1]);
  });

  it('all of it is counted, once, and then comes the next step, watched for its full time', async () => {
    const house = new CountedHouse();
    const ramp = await house.started({ steps: steps([10, 50, 100], 5 * minute) });
    await house.serve(20 * second);
    await house.idle(6 * minute);
    const back = house.now();
    await house.goOn();

    const { state, guards } = await house.ramp(ramp.id);
    expect(state).toMatchObject({
      kind: 'running',
      step: 2,
      dueAt: new Date(back.getTime() + 5 * minute).toISOString(),
    });
    const seen = guards?.seen[0]?.callers['default/productpage-v1'];
    const counted = (seen?.canary.requests ?? 0) + (seen?.others.requests ?? 0);
    expect(counted).toBeGreaterThanOrEqual(20 * 6 * 60);
    expect(counted).toBeLessThanOrEqual(20 * (6 * 60 + 20));
  });

  it('too late for the next step, it is held, and what was missed is counted all the same', async () => {
    const house = new CountedHouse();
    const ramp = await house.started({ steps: steps([10, 50, 100], 5 * minute) });
    await house.serve(20 * second);
    await house.idle(20 * minute);
    await house.goOn();

    const { state, guards } = await house.ramp(ramp.id);
    expect(state).toMatchObject({ kind: 'held', step: 1, hold: { because: 'late' } });
    expect(guards?.seen[0]?.callers['default/productpage-v1']?.canary.requests).toBeGreaterThan(2 * 60 * 19);
  });
});
