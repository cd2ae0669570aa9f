import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { ChatError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { changeShown } from '../../../src/workflow/ports/cards.ts';
import { QuietHouse } from '../house.ts';

describe('a card that several processes may show', () => {
  let house: QuietHouse;
  let change: Change;

  beforeEach(async () => {
    house = new QuietHouse();
    change = await house.accepted('v3', 50);
  });

  const show = () => house.cards.show(change.id);

  it('is shown by the process that has waited for a turn, as the change is by then, and by none that would wait anew', async () => {
    const { cardLog, chat } = house;
    const claim = cardLog.claim.bind(cardLog);
    let others = false;
    cardLog.claim = async (id) => (others ? undefined : claim(id));
    chat.turn = async () => {
      others = true; // from now on a process that lets go of a card finds that another has it
      await house.work();
      return true;
    };

    await show();

    expect(chat.shows(change.id)).toEqual(house.stored(change.id));
    expect(house.stored(change.id).state.kind).toBe('applied');
  });

  it('is claimed anew by a process that waited for so long that the claim ran out', async () => {
    house.chat.turn = async () => {
      house.cardLog.expireClaim(change.id);
      return true;
    };

    await show();

    expect(house.chat.cardsOf(change.id)).toHaveLength(1);
    expect(await house.cardLog.owed()).toEqual([]);
  });

  it('is left to another by a process that loses it while it waits, and its turn with it', async () => {
    const { cardLog, chat } = house;
    let waits = 0;
    chat.turn = async (_channel: string, unless: AbortSignal) => {
      waits += 1;
      cardLog.loseClaim(change.id);
      expect(unless.aborted).toBe(true);
      return true;
    };

    await show();

    expect(waits).toBe(1);
    expect(chat.cardsOf(change.id)).toEqual([]);
    expect(house.lookedAgain).toBeGreaterThan(0);
  });

  it('is claimed anew, and waits for a turn anew, where the store forgot who had it, whatever the clock says', async () => {
    const { cardLog, chat } = house;
    const claim = cardLog.claim.bind(cardLog);
    cardLog.claim = async (id) => {
      const taken = await claim(id);
      return taken && { ...taken, isHeld: () => true };
    };
    let waits = 0;
    chat.turn = async () => {
      waits += 1;
      if (waits === 1) cardLog.forgetClaim(change.id);
      return true;
    };

    await show();

    expect(waits).toBe(2);
    expect(chat.cardsOf(change.id)).toHaveLength(1);
    expect(await cardLog.owed()).toEqual([]);
  });

  it('is the only one again when somebody clicks on another that an unknown post left behind', async () => {
    const { id } = change;
    house.chat.forbidReading();
    house.chat.fail({ outcome: 'unknown', sent: true });
    await house.work();
    await house.reconcile();
    const [extra, kept] = house.chat.cardsOf(id);
    if (extra === undefined || kept === undefined) throw new Error('there are no two cards');

    house.cards.clickedOn(id, kept);
    house.cards.clickedOn(id, extra);
    await house.settled();

    expect(house.chat.cardsOf(id)).toEqual([kept]);
    expect(house.chat.shows(id)).toEqual(house.stored(id));
  });

  it('is one again when the process that posted it stood still on the way, and another had looked for it in vain', async () => {
    const { id } = change;
    const { chat } = house;
    const post = chat.post.bind(chat);
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const { promise: frozen, resolve: freeze } = Promise.withResolvers<void>();
    chat.post = async (change) => {
      chat.post = post;
      freeze();
      await thawed;
      return post(change, () => true); // it was asked just before the process stood still
    };

    house.cards.showSoon(id);
    await frozen;
    house.cardLog.expireClaim(id);
    await house.cards.show(id);
    const [first] = chat.cardsOf(id);
    thaw();
    await house.settled();
    await house.work();

    expect(chat.cardsOf(id).map(({ ts }) => ts)).toEqual([first?.ts]);
    expect(chat.shows(id)).toEqual(house.stored(id));
  });

  it.each(['no answer', 'an answer'])(
    'is one again when the process that posted it stood still until it gave up on Slack, which had taken it: %s',
    async (came) => {
      const { id } = change;
      const { chat } = house;
      const post = chat.post.bind(chat);
      chat.post = async () => {
        chat.post = post;
        house.cardLog.expireClaim(id);
        await house.cards.show(id);
        const place = await post(changeShown(change), () => true);
        if (came === 'an answer') return place;
        throw new ChatError('Slack did not answer', { outcome: 'unknown', code: 'no_answer' });
      };

      house.cards.showSoon(id);
      await house.settled();

      expect(chat.cardsOf(id)).toHaveLength(1);
      await house.work();
      expect(chat.shows(id)).toEqual(house.stored(id));
    },
  );

  it('is one again though the store, too, does not answer at first when the process runs again', async () => {
    const { id } = change;
    const { chat, cardLog } = house;
    const [post, claim] = [chat.post.bind(chat), cardLog.claim.bind(cardLog)];
    chat.post = async () => {
      chat.post = post;
      cardLog.expireClaim(id);
      await house.cards.show(id);
      await post(changeShown(change), () => true);
      cardLog.claim = async () => {
        cardLog.claim = claim;
        throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
      };
      throw new ChatError('Slack did not answer', { outcome: 'unknown', code: 'no_answer' });
    };

    await expect(house.cards.show(id)).rejects.toThrow('Slack did not answer');
    await house.settled();

    expect(chat.cardsOf(id)).toHaveLength(1);
  });

  it('is posted once though the process that was to post it stood still until another had taken over', async () => {
    const { id } = change;
    house.chat.duringNextCall(async () => {
      house.cardLog.expireClaim(id);
      await house.cards.show(id);
    });

    house.cards.showSoon(id);
    await house.settled();
    await house.reconcile();

    expect(house.chat.cardsOf(id)).toHaveLength(1);
  });

  it('is right again after a process that stood still overwrote it with old words and died', async () => {
    const { id } = change;
    const { chat, cardLog } = house;
    await show();
    const update = chat.update.bind(chat);
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const { promise: frozen, resolve: freeze } = Promise.withResolvers<void>();
    chat.update = async (placed, shown) => {
      chat.update = update;
      freeze();
      await thawed;
      await update(placed, shown);
      throw new StoreUnavailableError('the process died');
    };
    const begun = await house.changes.begin(id, leaseMs);
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    const late = show();
    await frozen;
    cardLog.expireClaim(id);
    await house.changes.update(
      moveTo(begun.change, { kind: 'discarded', at: '2026-11-22T14:04:00.000Z', by: 'U02BOB' }),
    );
    await show();
    thaw();
    await expect(late).rejects.toThrow(StoreUnavailableError);
    expect(chat.shows(id)?.state.kind).toBe('applying');

    cardLog.passDoubt(id);
    chat.fail({ outcome: 'unknown' });
    await house.reconcile();
    await house.reconcile();

    expect(chat.shows(id)).toEqual(house.stored(id));
    expect(await cardLog.owed()).toEqual([]);
  });
});
