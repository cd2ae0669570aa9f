import { beforeEach, describe, expect, it } from 'vitest';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';
import { RampHouse } from '../ramping/ramp-house.ts';

const inDm = { origin: { team: 'T01TEAM', channel: 'D01ALICE' } };

describe.each(kinds)('where nobody else would see the card of $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it.each(['D01ALICE', 'C09CLOSED'])('nothing is accepted: in %s', async (channel) => {
    house.rooms.is('C09CLOSED', false);

    const answer = await house.ask('v3', 50, {}, house.asker('U01ALICE', { origin: { team: 'T01TEAM', channel } }));

    expect(answer).toMatchObject({ kind: 'unseen', channel });
    expect([house.changes.all, house.split]).toEqual([[], { v1: 100 }]);
    expect(house.audit.trail).toMatchObject([{ kind: 'refused', because: 'unseen' }]);
  });

  it('it stands in the channel for such cards, which is told', async () => {
    house.rooms.forCards = 'C05CARDS';

    const answer = await house.ask('v3', 50, {}, house.asker('U01ALICE', inDm));

    expect(answer).toMatchObject({ kind: 'accepted', cardIn: 'C05CARDS', change: { origin: { channel: 'C05CARDS' } } });
  });

  it('nothing is accepted where the channel for such cards takes none, either', async () => {
    house.rooms.forCards = 'C05CARDS';
    house.rooms.is('C05CARDS', false);

    expect(await house.ask('v3', 50, {}, house.asker('U01ALICE', inDm))).toMatchObject({ kind: 'unseen' });
  });

  it('what a rollback brings back is not accepted, and what a shift takes back is', async () => {
    const change = await house.applied('v3', 50);
    const back = await house.rolledBack(change.id);
    await house.work();

    const forward = await house.clickRollback(back.id, undefined, house.asker('U02BOB', inDm));

    expect(forward).toMatchObject({ kind: 'unseen' });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });

  it('it is accepted where chat does not tell', async () => {
    house.rooms.is('C01CHANNEL', undefined);

    expect(await house.ask('v3', 50)).toMatchObject({ kind: 'accepted' });
  });

  it('going back is accepted', async () => {
    const change = await house.applied('v3', 50);

    const answer = await house.clickRollback(change.id, undefined, house.asker('U02BOB', inDm));
    await house.work();

    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });
});

describe('a ramp', () => {
  it('is not accepted where nobody else would see its card, and stands in the channel for such cards', async () => {
    const house = new RampHouse();
    const ask = () => house.askRamp({}, house.asker('U01ALICE', inDm));

    expect(await ask()).toMatchObject({ kind: 'unseen', channel: 'D01ALICE' });
    house.rooms.forCards = 'C05CARDS';
    expect(await ask()).toMatchObject({ kind: 'ramp', ramp: { origin: { channel: 'C05CARDS' } } });
  });
});
