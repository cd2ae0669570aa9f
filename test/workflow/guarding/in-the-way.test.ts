import { describe, expect, it } from 'vitest';
import { defaultGuard, type GuardRule } from '../../../src/domain/policy/ramps/guard-rule.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { rampReply } from '../../../src/slack/replies/ramps/asked.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { backends, CountedHouse, host, second } from './counted-house.ts';

const elsewhere = { ...reviewsObject, namespace: 'edge', name: 'reviews-outside' };
const bound: GuardRule = { ...defaultGuard, errors: { times: 1, atMost: 0.05 } };

function started(house: CountedHouse): Promise<Ramp> {
  return house.started({ steps: steps([10, 50], 5 * minute) });
}

/** Somebody writes how reviews routes; its weights stay. */
function writeRule(house: CountedHouse, more: Partial<Rule>): void {
  house.mesh.editByHand(reviewsObject, (route) => ({
    ...route,
    rules: route.rules.map((each) => ({ ...each, ...more })),
  }));
}

function putElsewhere(house: CountedHouse, more: Partial<Rule> = {}): void {
  house.mesh.put({
    ...reviews(
      {},
      { object: elsewhere, uid: 'uid of another', rules: [rule({ v3: 100 }, { host, backends, ...more })] },
    ),
    gateways: ['edge/public'],
  });
}

describe('sessions that stay at a version', () => {
  it('are seen before the ramp begins: nothing is compared, and a failing version is not taken back', async () => {
    const house = new CountedHouse({ sticky: 'session' });
    house.failing = { v3: 0.5 };
    const plan = await house.askRamp({ dryRun: true });
    const ramp = await started(house);
    await house.serve(2 * minute);

    expect(plan).toMatchObject({ kind: 'ramp-preview', plan: { guards: { sticky: 'session' } } });
    expect(rampReply(plan, house.now()).text).toContain('Sessions stay with a version here.');
    expect(ramp.guards?.sticky).toBe('session');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
  });

  it('leave the bound of policy, which takes it back', async () => {
    const house = new CountedHouse({ sticky: 'session' });
    house.guarded(bound);
    house.failing = { v3: 0.5 };
    const ramp = await started(house);
    await house.serve(2 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard', proof: { guard: 'absolute' } });
  });

  it('end the comparison for good if they come while it runs', async () => {
    const house = new CountedHouse();
    const ramp = await started(house);
    await house.serve(minute);
    writeRule(house, { sticky: 'session' });
    await house.serve(30 * second);
    writeRule(house, { sticky: undefined });
    house.failing = { v3: 0.5 };
    await house.serve(2 * minute);

    expect((await house.ramp(ramp.id)).guards?.sticky).toBe('session');
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
  });

  it('go by time where the rule is about connections, of which nothing is counted', async () => {
    const house = new CountedHouse({ sticky: 'connection' });
    house.perSecond = 0;
    const ramp = await started(house);
    await house.serve(5 * minute + 10 * second);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2 });
  });
});

describe('requests that come to the versions otherwise', () => {
  it.each<{ how: string; begin: (house: CountedHouse) => void; because: string; by?: string }>([
    {
      how: 'by an object of another namespace, at a gateway',
      begin: putElsewhere,
      because: 'other-object',
      by: 'edge/reviews-outside',
    },
    {
      how: 'as copies that another service sends',
      begin: (house) =>
        putElsewhere(house, {
          backends: [{ version: 'v3', host: 'ratings.edge.svc.cluster.local', label: 'v3' }],
          mirrors: [{ version: 'v3', host, label: 'v3' }],
        }),
      because: 'mirrored',
      by: 'edge/reviews-outside',
    },
    {
      how: 'by a rule above',
      begin: (house) =>
        house.mesh.editByHand(reviewsObject, (route) => ({
          ...route,
          rules: [rule({ v3: 100 }, { key: '#1', match: 'end-user = jason', host, backends }), ...route.rules],
        })),
      because: 'other-rule',
      by: 'end-user = jason',
    },
  ])('$how: the guards hold it, and do not take it back', async ({ begin, because, by }) => {
    const house = new CountedHouse();
    const ramp = await started(house);
    begin(house);
    house.failing = { v3: 0.5 };
    await house.serve(3 * minute);

    const { state, guards } = await house.ramp(ramp.id);
    expect(guards).toMatchObject({ confounded: because, confoundedBy: by });
    const details = house.audit.trail.flatMap(({ kind, detail }) => (kind === 'ramp-looked' ? [detail] : []));
    expect(details.at(-1)).toContain(`in the way: ${because} ${by}`);
    expect(state).toMatchObject({ kind: 'held', hold: { because: 'guard', proof: { guard: 'errors' } } });
    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
  });

  it('by another ramp, of an object of another namespace: they say which', async () => {
    const house = new CountedHouse();
    putElsewhere(house, { split: { v1: 100, v2: 0, v3: 0 } });
    const ramp = await started(house);
    const other = await house.started({
      service: { service: 'reviews-outside', namespace: 'edge' },
      steps: steps([20, 50], 5 * minute),
    });
    await house.serve(minute);

    expect((await house.ramp(ramp.id)).guards).toMatchObject({ confounded: 'other-ramp', confoundedBy: other.id });
    expect((await house.ramp(other.id)).guards).toMatchObject({ confounded: 'other-ramp', confoundedBy: ramp.id });
  });

  it('from callers without a name', async () => {
    const house = new CountedHouse();
    const ramp = await started(house);
    house.traffic.send(new Date(house.now().getTime() + 40 * second), {
      ...{ host, version: 'v3', requests: 5 },
      workload: undefined,
    });
    await house.serve(minute);

    expect((await house.ramp(ramp.id)).guards?.confounded).toBe('nameless-caller');
  });

  it('are told before the ramp begins', async () => {
    const house = new CountedHouse();
    putElsewhere(house);
    const confounding = { because: 'other-object', by: 'edge/reviews-outside' };

    expect(await house.askRamp({ dryRun: true })).toMatchObject({ plan: { foresight: { inTheWay: { confounding } } } });
    const answer = await house.askRamp();
    expect(answer).toMatchObject({ kind: 'ramp', foresight: { inTheWay: { confounding } } });
    expect(rampReply(answer, house.now()).text).toContain(
      '`edge/reviews-outside` sends requests to these versions, too.',
    );
  });

  it('are looked for without a question to the API server, beside the one about the object', async () => {
    const house = new CountedHouse();
    putElsewhere(house);
    const ramp = await started(house);
    house.mesh.services = () => Promise.reject(new Error('a list was asked for'));
    await house.serve(minute);

    expect((await house.ramp(ramp.id)).guards?.confounded).toBe('other-object');
  });
});
