import { beforeEach, describe, expect, it } from 'vitest';
import { moving } from '../../support/builders.ts';
import { House, wayIn } from '../house.ts';
import { routed, routing, service, toJason } from '../manifests.ts';

const reviews = service('reviews');
const second = { ...toJason, name: 'second', match: [{ uri: { prefix: '/api' } }] };

describe('unpinning a rule', () => {
  let house: House;

  beforeEach(() => {
    house = new House(routed('reviews', { v1: 50, v3: 50 }, toJason, second));
  });

  it.each(['end-user=jason', 'end-user = jason', '"end-user = jason"', '#1'])(
    'named %s removes exactly that rule',
    async (rule) => {
      const change = await house.done(`/shift unpin reviews ${rule}`);

      expect(change).toMatchObject({
        aim: { kind: 'unpin', rule: 'end-user = jason' },
        ...moving({ v1: 50, v3: 50 }, { v1: 50, v3: 50 }),
      });
      expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }, second));
    },
  );

  it('asks first, and is taken back exactly', async () => {
    const before = house.spec(reviews);

    expect(wayIn(await house.type('/shift unpin reviews second')).plan.edits).toHaveLength(1);
    expect(house.spec(reviews)).toEqual(before);
    const change = await house.done('/shift unpin reviews second');
    await house.rolledBack(change.id);

    expect(house.spec(reviews)).toEqual(before);
  });

  it('lists what there is and what was meant when no rule is called so', async () => {
    expect(await house.type('/shift unpin reviews end-user=jasn')).toMatchObject({
      kind: 'no-pinned-rule',
      mistake: {
        kind: 'none',
        nearest: 'end-user=jason',
        pinned: [{ named: 'end-user=jason' }, { named: 'path starts with /api' }],
      },
    });
  });

  it('asks for the place where two rules are alike', async () => {
    house = new House(routed('reviews', { v1: 100 }, toJason, toJason));

    expect(await house.type('/shift unpin reviews end-user=jason')).toMatchObject({
      mistake: { kind: 'several', pinned: [{ named: '#1' }, { named: '#2' }] },
    });
  });
});
