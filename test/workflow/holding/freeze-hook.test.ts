import { describe, expect, it } from 'vitest';
import { type HookOrder, orderByHook } from '../../../src/workflow/holding/freeze-hook.ts';
import { reviews } from '../../support/builders.ts';
import { House } from '../house.ts';

const order = {
  action: 'freeze',
  name: 'INC-42',
  target: 'sandbox/default',
  reason: 'incident 42',
  end: undefined,
} as const satisfies HookOrder;
const hour = 3_600_000;
let requests = 0;

function send(house: House, sent: HookOrder) {
  requests += 1;
  return orderByHook(house.desk, sent, `hook ${requests}`);
}

describe('an incident tool', () => {
  it('freezes, and a refused person is told which incident it is', async () => {
    const house = new House(reviews({ v1: 100 }));

    const answer = await send(house, order);

    const until = new Date(house.now().getTime() + 24 * hour);
    const hold = { name: 'INC-42', by: 'hook:INC-42', reason: 'incident 42', until };
    expect(answer).toMatchObject({ kind: 'frozen', hold: { ...hold, target: 'sandbox/default/*' } });
    expect(await house.shift('v3', 50)).toMatchObject({ kind: 'denied', denial: { reason: 'frozen', hold } });
  });

  it('has one freeze a name, and the last request counts', async () => {
    const house = new House();
    await send(house, order);
    await send(house, { ...order, name: 'inc-42', target: 'sandbox', end: { forMs: 2 * hour } });

    expect(await house.holds.standing(house.now())).toMatchObject([
      { target: 'sandbox/**', until: new Date(house.now().getTime() + 2 * hour) },
    ]);
  });

  it('thaws its freeze, and the second time there is nothing to thaw', async () => {
    const house = new House(reviews({ v1: 100 }));
    await send(house, order);

    const answers = [
      await send(house, { action: 'thaw', name: 'inc-42' }),
      await send(house, { action: 'thaw', name: 'INC-42' }),
    ];

    expect(answers).toMatchObject([{ kind: 'thawed' }, { kind: 'nothing-to-thaw' }]);
    expect((await house.shift('v3', 50)).kind).toBe('accepted');
  });

  it('neither changes nor thaws the freeze of a person', async () => {
    const house = new House();
    const frozen = await house.freeze('U01ALICE', 'sandbox');
    const name = frozen.kind === 'frozen' ? (frozen.hold.name ?? '') : '';

    const answers = [await send(house, { ...order, name }), await send(house, { action: 'thaw', name })];

    expect(answers).toEqual([{ kind: 'not-the-hooks' }, { kind: 'not-the-hooks' }]);
    expect(await house.holds.standing(house.now())).toMatchObject([{ by: 'U01ALICE' }]);
  });

  it.each([
    [{ target: 'nowhere/**' }, { kind: 'no-scope' }],
    [{ end: { until: new Date('2026-11-22T14:00:00Z') } }, { kind: 'wrong-end', because: 'over' }],
    [{ end: { until: new Date('2027-11-22T14:00:00Z') } }, { kind: 'wrong-end', because: 'too-long' }],
    [{ end: { forMs: 31 * 24 * hour } }, { kind: 'wrong-end', because: 'too-long' }],
  ])('is told what is wrong in %o', async (wrong, told) => {
    const house = new House();

    expect(await send(house, { ...order, ...wrong })).toMatchObject(told);
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it('that sends one freeze several times at once is answered each time, and there is one freeze', async () => {
    const house = new House();

    const answers = await Promise.all([send(house, order), send(house, order), send(house, order)]);

    expect(answers.map(({ kind }) => kind)).toEqual(['frozen', 'frozen', 'frozen']);
    expect(await house.holds.standing(house.now())).toHaveLength(1);
  });

  it('can have its freeze thawed by people after a question, and no notice is sent to the hook', async () => {
    const house = new House();
    await send(house, order);

    const asked = await house.thaw('U01ALICE', 'inc-42');
    const answer = await house.thaw('U01ALICE', 'inc-42', asked.kind === 'thaw?' ? asked.hold.id : '');

    expect([asked, answer]).toMatchObject([{ kind: 'thaw?' }, { kind: 'thawed' }]);
    expect(house.notices.told).toEqual([]);
  });

  it('cannot fill the store with freezes', async () => {
    const house = new House();
    for (let count = 0; count < 100; count += 1) await send(house, { ...order, name: `INC-${count}` });

    expect(await send(house, { ...order, name: 'INC-100' })).toEqual({ kind: 'too-many' });
    expect(await send(house, { ...order, name: 'INC-99' })).toMatchObject({ kind: 'frozen' });
    expect(await house.holds.standing(house.now())).toHaveLength(100);
  });
});
