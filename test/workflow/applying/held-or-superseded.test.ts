import { beforeEach, describe, expect, it } from 'vitest';
import { change, changeId, found, reviewsObject } from '../../support/builders.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const moved = { v1: 70, v2: 30 };

describe.each(kinds)('a change that is asked for as $kind', ({ kind, houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it.each([{ when: 'before' }, { when: 'while' }])(
    'is held where somebody moved the weights $when the object is read, and names who moved what',
    async ({ when }) => {
      const { id } = await house.accepted('v3', 50);
      const move = () => house.mesh.moveByHand(reviewsObject, moved);
      if (when === 'before') move();
      else house.mesh.afterNextRead(move);

      await house.work();

      const content = kind === 'a shift' ? {} : { content: house.mesh.contentOf(reviewsObject) };
      expect(house.stored(id).state).toEqual({
        kind: 'held',
        at: house.now().toISOString(),
        because: 'moved',
        found: [found(moved, { lastWriter: 'kubectl-edit', ...content })],
        stamp: expect.any(String),
      });
      expect(house.split).toEqual(moved);
      expect(house.othersThere).toEqual([]);
      expect(house.chat.shows(id)?.state.kind).toBe('held');
      expect(house.meter.outcomes).toEqual(['held:moved']);
    },
  );

  it('goes ahead over an edit of something that it does not write', async () => {
    const { id } = await house.accepted('v3', 50);
    const label = () => house.mesh.editWhole(reviewsObject, (content) => ({ ...content, labels: { team: 'books' } }));
    house.mesh.afterNextRead(label);

    await house.work();

    expect(house.stored(id).state.kind).toBe('applied');
    expect(house.mesh.contentOf(reviewsObject)).toMatchObject({ labels: { team: 'books' } });
    expect(house.split).toEqual({ v1: 50, v3: 50 });
  });

  it('is recorded as ours when somebody already made of the object what it would', async () => {
    const accepted = await house.accepted('v3', 50);
    const [edit] = accepted.edits;
    if (edit.kind === 'weights') house.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });
    else house.mesh.editWhole(reviewsObject, () => edit.after);

    await house.work();

    expect(house.stored(accepted.id).state.kind).toBe('applied');
    expect(house.ledger).toMatchObject({ seq: 1, revisions: [{ id: accepted.id }] });
  });

  it.each`
    what                             | happens                                                                      | state
    ${'is deleted'}                  | ${({ mesh }: House) => mesh.remove(reviewsObject)}                           | ${{ kind: 'failed', because: 'object-gone' }}
    ${'is made anew'}                | ${({ mesh }: House) => mesh.recreate(reviewsObject)}                         | ${{ kind: 'held', because: 'recreated' }}
    ${'has a history not of ours'}   | ${({ mesh }: House) => mesh.spoilLedger(reviewsObject)}                      | ${{ kind: 'failed', because: 'ledger-unreadable' }}
    ${'is deleted while it is read'} | ${({ mesh }: House) => mesh.afterNextRead(() => mesh.remove(reviewsObject))} | ${{ kind: 'failed', because: 'object-gone' }}
  `('ends without effect when the object $what', async ({ happens, state }) => {
    const { id } = await house.accepted('v3', 50);
    happens(house);

    await house.work();

    expect(house.stored(id).state).toMatchObject(state);
    expect(house.meter.outcomes).toEqual([`${state.kind}:${state.because}`]);
    expect(house.othersThere).toEqual([]);
  });

  it('is held when our own history was wiped from the object', async () => {
    await house.applied('v3', 50);
    const { id } = await house.accepted('v3', 80);
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, ledger: { seq: 0, revisions: [] } }));

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'held', because: 'ledger-lost' });
  });

  it('is superseded by a change that came after it elsewhere', async () => {
    const { id } = await house.accepted('v3', 50);
    await house.writeUntold(change({ id: changeId(7) }));

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'superseded', by: changeId(7) });
    expect(house.meter.outcomes).toEqual(['superseded']);
  });
});
