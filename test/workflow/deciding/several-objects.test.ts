import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { approvedBy, policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';
import { routed, routing, sends, sendsWhole, service, toJason } from '../manifests.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const bob = 'U02BOB';
const v2 = { spec: routing('ratings', { v2: 100 }) };
const line = '/shift apply all-v1';

/** Reviews would be replaced, and ratings created. */
function houseOfTwo(): House {
  const house = new House(routed('reviews', { v1: 100 }, toJason), routed('details', { v1: 100 }));
  const all = ['reviews', 'ratings', 'details'].map((name) => sends(name, { v1: 100 }));
  house.ruleFiles.write('all-v1', all);
  return house;
}

describe('a held change of several objects', () => {
  let house: House;
  let change: Change;

  beforeEach(async () => {
    house = houseOfTwo();
    change = await house.clicked(line);
    house.mesh.putWhole(ratings, v2);
    await house.work();
    expect(house.stored(change.id).state.kind).toBe('held');
  });

  it('is applied anyway when a person says so, to what the card shows and to nothing else', async () => {
    const v3 = { spec: routing('reviews', { v3: 100 }) };
    house.mesh.editWhole(reviews, () => v3);

    expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'moved-again' });
    const found = [
      { object: reviews, content: v3 },
      { object: ratings, content: v2 },
    ];
    expect(house.stored(change.id).state).toMatchObject({ found });
    expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'planned-anew' });
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('is applied anyway to those that are left, where the first is by now what it was to be', async () => {
    house.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v1: 100 }) }));
    expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'moved-again' });

    expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'planned-anew' });
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });

  it('is not applied anyway while a shift waits for one of them: what that will leave is not known', async () => {
    const shift = await house.shifted('v3', 50);

    const outcome = { kind: 'busy', first: { id: shift.id } };
    expect(await house.clickApplyAnyway(change.id)).toMatchObject({ kind: 'not-now', outcome });
    expect(house.stored(change.id).state.kind).toBe('held');
  });

  it('stands in the status of each of its services while it waits for people', async () => {
    for (const service of ['reviews', 'ratings'])
      expect(await serviceStatus(house.desk, { service })).toMatchObject({ open: [{ id: change.id }] });
    expect(await serviceStatus(house.desk, { service: 'details' })).toMatchObject({ open: [] });
  });
});

describe('a change of several objects that needs approval', () => {
  let house: House;

  beforeEach(() => {
    house = houseOfTwo();
  });

  /** It waits for the approval of bob, which shifts below 80 % do not need. */
  async function awaiting(): Promise<Change> {
    house.policies.take(policyOf(`rules: [{ target: "**", shift: [everyone], approve: { by: [${bob}], from: 80 } }]`));
    return house.clicked(line);
  }

  it('waits for the approval that one object needs, for the plan that was shown', async () => {
    house.policies.take(
      policyOf(`rules:
  - { target: "*/*/ratings", shift: [everyone], approve: { by: [${bob}] } }
  - { target: "**", shift: [everyone] }`),
    );
    const change = await house.clicked(line);
    expect(change.state.kind).toBe('awaiting');

    expect(await house.approve(change.id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });

  const elsewhere = { spec: routing('reviews', { v2: 100 }) };
  /** More than a record has room for. */
  const large = { annotations: { notes: 'x'.repeat(40_000) }, spec: routing('reviews', { v2: 100 }) };

  it.each`
    what                    | happens                                                 | moved
    ${'was written'}        | ${() => house.mesh.editWhole(reviews, () => elsewhere)} | ${{ object: reviews, how: 'written', content: elsewhere }}
    ${'was deleted'}        | ${() => house.mesh.remove(reviews)}                     | ${{ object: reviews, how: 'gone' }}
    ${'was made anew'}      | ${() => house.mesh.putWhole(reviews, elsewhere)}        | ${{ object: reviews, how: 'made-anew', content: elsewhere }}
    ${'was created'}        | ${() => house.mesh.putWhole(ratings, elsewhere)}        | ${{ object: ratings, how: 'written', content: elsewhere }}
    ${'has much in it'}     | ${() => house.mesh.editWhole(reviews, () => large)}     | ${{ object: reviews, how: 'written' }}
    ${'got another change'} | ${() => house.applied('v2', 40)}                        | ${{ object: reviews, how: 'changed', by: expect.stringContaining('c-'), content: expect.anything() }}
  `('tells on the void card of an object that $what', async ({ happens, moved }) => {
    const { id } = await awaiting();
    await happens();

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });

    const { state } = house.stored(id);
    expect(state.kind === 'void' && state.moved).toMatchObject([moved]);
    const hasContent = state.kind === 'void' && state.moved.map(({ content }) => content !== undefined);
    expect(hasContent).toEqual([moved.content !== undefined]);
  });

  it('shows what the objects are now, where they moved once more before it is planned again', async () => {
    const { id } = await awaiting();
    house.mesh.editWhole(reviews, () => elsewhere);
    await house.approve(id, bob);
    const now = { spec: routing('reviews', { v3: 100 }) };
    house.mesh.editWhole(reviews, () => now);

    expect(await house.clickApplyAnyway(id)).toMatchObject({ kind: 'moved-again' });

    const moved = [{ how: 'written', content: now }];
    expect(house.stored(id).state).toMatchObject({ kind: 'void', moved });
  });

  it('can be approved by those whose rule has an approval, among the rules about the hosts of one object', async () => {
    const hosts = ['reviews', 'payments'];
    const { spec } = sendsWhole('reviews', { v1: 100 });
    house.ruleFiles.write('both', [{ ...sends('reviews', { v1: 100 }), spec: { ...spec, hosts } }]);
    house.policies.take(
      policyOf(`rules:
  - { target: "*/*/reviews", shift: [everyone] }
  - { target: "*/*/payments", shift: [everyone], approve: { by: [${bob}] } }`),
    );
    const change = await house.clicked('/shift apply both');

    expect(await house.approve(change.id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.stored(change.id).state.kind).toBe('applied');
  });

  it('waits for it where nobody can measure it: a rule that is unpinned', async () => {
    house.policies.take(approvedBy([bob]));

    const change = await house.clicked('/shift unpin reviews #1');

    expect(change.state.kind).toBe('awaiting');
  });
});
