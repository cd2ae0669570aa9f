import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { StoreUnavailableError } from '../../../src/workflow/errors.ts';
import type { CardClaim } from '../../../src/workflow/ports/cards.ts';
import { changeShown } from '../../../src/workflow/ports/cards.ts';
import { QuietHouse } from '../house.ts';

describe('a card', () => {
  let house: QuietHouse;
  let change: Change;

  beforeEach(async () => {
    house = new QuietHouse();
    change = await house.accepted('v3', 50);
  });

  const show = () => house.cards.show(change.id);

  it('is posted where the command was typed, and then updated', async () => {
    await show();
    expect(house.chat.cardsOf(change.id)).toMatchObject([{ channel: 'C01CHANNEL', shown: [change] }]);

    await house.work();

    expect(house.chat.shows(change.id)).toEqual(house.stored(change.id));
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('is posted once, however many show it at once', async () => {
    for (let times = 0; times < 20; times += 1) house.cards.showSoon(change.id);
    await house.work(3);

    expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    expect(house.chat.shows(change.id)?.state.kind).toBe('applied');
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('is not written again while it shows what is so', async () => {
    await show();
    await show();
    await show();

    expect(house.chat.cardsOf(change.id)[0]?.shown).toHaveLength(1);
  });

  it('leaves out what was over before it could be shown', async () => {
    house.chat.goDown();
    await house.work();
    house.chat.comeBack();

    await show();

    expect(house.chat.cardsOf(change.id)[0]?.shown.map(({ state }) => state.kind)).toEqual(['applied']);
  });

  it('shows in the end what happened while it was written', async () => {
    house.chat.duringNextCall(() => house.work().then(() => {}));

    await show();

    expect(house.chat.shows(change.id)?.state.kind).toBe('applied');
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('of a change that the store forgot is owed no more', async () => {
    house.changes.lose();

    await show();

    expect(house.chat.cardsOf(change.id)).toEqual([]);
    expect(await house.cardLog.owed()).toEqual([]);
  });

  describe('while chat is down', () => {
    beforeEach(() => house.chat.goDown());

    it('holds nothing up and repeats no patch', async () => {
      await house.work();

      expect(house.stored(change.id).state.kind).toBe('applied');
      expect(house.ledger.seq).toBe(1);
    });

    it('is owed, and caught up when chat is back', async () => {
      await house.work();
      expect(await house.cardLog.owed()).toEqual([change.id]);
      expect(house.lookedAgain).toBeGreaterThan(0);

      house.chat.comeBack();
      await house.reconcile();

      expect(house.chat.shows(change.id)).toEqual(house.stored(change.id));
      expect(await house.cardLog.owed()).toEqual([]);
      expect(house.ledger.seq).toBe(1);
    });
  });

  describe('whose post has an unknown outcome', () => {
    it('is found, and not posted twice, when it had arrived', async () => {
      house.chat.fail({ outcome: 'unknown', sent: true });
      await expect(show()).rejects.toThrow();

      await show();

      expect(house.chat.cardsOf(change.id)).toHaveLength(1);
      expect(house.chat.shows(change.id)).toEqual(change);
    });

    it('is posted when it had not arrived', async () => {
      house.chat.fail({ outcome: 'unknown' });
      await expect(show()).rejects.toThrow();

      await show();

      expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    });

    it('is neither looked for nor lost when the post is known not to have been sent', async () => {
      house.chat.fail({ outcome: 'later' });
      await expect(show()).rejects.toThrow();
      house.chat.onLook(() => {
        throw new Error('nothing to look for');
      });

      await show();

      expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    });

    it('waits as long as nobody can look for it', async () => {
      house.chat.fail({ outcome: 'unknown', sent: true }, { outcome: 'later' });
      await expect(show()).rejects.toThrow();
      await expect(show()).rejects.toThrow();

      await show();

      expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    });

    it('is found by another process when the one that posted it died', async () => {
      const lost = await house.cardLog.claim(change.id);
      await lost?.beginPost();
      await house.chat.post(changeShown(change), () => true);
      house.cardLog.expireClaim(change.id);

      await show();

      expect(house.chat.cardsOf(change.id)).toHaveLength(1);
      expect(await house.cardLog.owed()).toEqual([]);
    });
  });

  /** The next time that the store is to note where a card stands, it does not answer at first. Returns the revs that it noted then. */
  function failToPlaceOnce({ cardLog }: QuietHouse): readonly number[] {
    const taken = cardLog.claim.bind(cardLog);
    const noted: number[] = [];
    let failures = 1;
    cardLog.claim = async (id) => {
      const claim = await taken(id);
      const place: CardClaim['place'] = async (placed) => {
        failures -= 1;
        if (failures >= 0) throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
        noted.push(placed.shownRev);
        return (await claim?.place(placed)) ?? false;
      };
      return claim && { ...claim, place };
    };
    return noted;
  }

  it('is noted where it stands, though the store does not answer at first', async () => {
    failToPlaceOnce(house);

    await show();

    expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('that an update may have gone over is noted as showing what it showed, though the store does not answer at first', async () => {
    await show();
    await house.changes.begin(change.id, 1_000); // so that its card is owed an update
    const noted = failToPlaceOnce(house);
    house.chat.fail({ outcome: 'unknown', sent: true });

    await expect(show()).rejects.toThrow('unknown');

    expect(noted).toEqual([0]);
  });

  it('whose update has an unknown outcome is updated again', async () => {
    await show();
    house.chat.fail({ outcome: 'unknown', sent: true });
    await house.work();
    await house.reconcile();

    expect(house.chat.shows(change.id)).toEqual(house.stored(change.id));
    expect(await house.cardLog.owed()).toEqual([]);
  });

  describe('that chat will never take', () => {
    it('is given up, and logged as what somebody must look at', async () => {
      house.chat.fail({ outcome: 'never' });

      await show();

      expect(await house.cardLog.owed()).toEqual([]);
      expect(house.log.messages('error')).toEqual(['chat will not take this card']);
    });

    it('is given up when somebody deleted it, and the change is applied all the same', async () => {
      await show();
      house.chat.clear();

      await house.work();
      await house.reconcile();

      expect(house.stored(change.id).state.kind).toBe('applied');
      expect(house.chat.cardsOf(change.id)).toEqual([]);
      expect(await house.cardLog.owed()).toEqual([]);
    });
  });

  it('take back what they say when the record behind them cannot be trusted, once', async () => {
    const house = new QuietHouse();
    const { id } = await house.applied('v3', 50);
    house.changes.spoil(id);
    house.cardLog.owe(id, 9);

    await house.reconcile();
    await house.reconcile();

    expect(house.chat.disowned.map((each) => each.id)).toEqual([id]);
    expect(await house.cardLog.owed()).toEqual([]);
    expect(house.log.messages('error')).toEqual(['the record of a change cannot be trusted']);
  });
});
