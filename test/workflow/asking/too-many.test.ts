import { beforeEach, expect, it } from 'vitest';
import { approvedBy } from '../../support/policies.ts';
import { House } from '../house.ts';

const bob = 'U02BOB';

let house: House;

beforeEach(() => {
  house = new House();
  house.policies.take(approvedBy([bob]));
});

it('a person has thirty changes of a service that wait, and a rollback goes through all the same', async () => {
  const first = await house.accepted('v2', 50);
  await house.approve(first.id, bob);
  await house.work();
  for (let percent = 1; percent <= 30; percent += 1) await house.accepted('v3', percent + 10);

  expect(await house.ask('v3', 60)).toEqual({
    kind: 'too-many-open',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    most: 30,
  });
  expect(house.audit.trail.at(-1)).toMatchObject({ kind: 'refused', because: 'too-many-open' });
  expect(await house.ask('v3', 60, {}, house.asker('U03CAROL'))).toMatchObject({ kind: 'accepted' });
  expect(await house.typeRollback()).toMatchObject({ kind: 'accepted' });
});

it('a hundred changes that wait for one service are void soon after it was moved', async () => {
  for (let person = 0; person < 10; person += 1)
    for (let percent = 1; percent <= 10; percent += 1)
      await house.accepted('v3', percent, {}, house.asker(`U0${person}`));
  const one = await house.accepted('v2', 50);
  await house.approve(one.id, bob);
  await house.work();

  await house.reconcile();
  await house.settled();
  expect((await house.changes.open()).filter(({ state }) => state.kind === 'awaiting')).toEqual([]);
});
