import { describe, expect, it } from 'vitest';
import { defaultGuard, type GuardRule } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse } from './counted-house.ts';

const query = 'orders_per_minute';

/** A ramp with an operator's own number, which may be 5 at most. */
async function ramped(act: GuardRule['act'] = 'hold', others: GuardRule['act'] = 'take-back') {
  const house = new CountedHouse();
  house.guarded({ ...defaultGuard, act: others, query: { query, atMost: 5, looks: 3, act } });
  house.traffic.answerOwn(query, 3);
  const ramp = await house.started({ steps: steps([10, 50], 10 * minute) });
  return { house, ramp };
}

describe('an operator’s own number', () => {
  it('holds a ramp once it was over its bound for so many looks', async () => {
    const { house, ramp } = await ramped();
    await house.serve(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running' });
    house.traffic.answerOwn(query, 6);
    await house.serve(minute);

    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      hold: { because: 'guard', proof: { guard: 'own' } },
    });
  });

  it('whose query is wrong leaves the other guards as they are, and the log is told now and then', async () => {
    const { house, ramp } = await ramped();
    house.traffic.refuseOwn(query);
    await house.serve(5 * minute);
    const told = house.log.lines.filter(({ message }) => message.includes('gives no number'));
    expect(told).toHaveLength(1);
    expect((await house.ramp(ramp.id)).guards).toMatchObject({ own: { beyond: 0 }, last: { step: 1 } });

    house.failing = { v3: 0.5 };
    await house.serve(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard', proof: { guard: 'errors' } });
  });

  it('that takes back does so although another guard only holds', async () => {
    const { house, ramp } = await ramped('take-back', 'hold');
    house.failing = { v3: 0.5 };
    await house.serve(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { proof: { guard: 'errors' } } });
    house.traffic.answerOwn(query, 6);
    await house.serve(minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard', proof: { guard: 'own' } });
  });
});
