import { setImmediate as turn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { CardClaim, CardId, CardLog, Place, Placed } from '../../src/workflow/ports/cards.ts';

interface Card {
  placed: Placed | undefined;
  postBegun: boolean;
  /** Who began to write it last and has not let go. */
  writer: AbortController | undefined;
  doubt: 'none' | 'begun' | 'due';
  said: string | undefined;
}

/** The card log in memory. */
export class InMemoryCards implements CardLog {
  readonly #cards = new Map<CardId, Card>();
  readonly #claimed = new Map<CardId, AbortController>();
  readonly #owed = new Map<CardId, number>();

  async placeOf(id: CardId): Promise<Place | undefined> {
    await turn();
    const placed = this.#cards.get(id)?.placed;
    return placed && { channel: placed.channel, ts: placed.ts };
  }

  async claim(id: CardId): Promise<CardClaim | undefined> {
    await turn();
    if (this.#claimed.has(id)) return undefined;
    const token = new AbortController();
    this.#claimed.set(id, token);
    const card = this.#cards.get(id) ?? {
      placed: undefined,
      postBegun: false,
      writer: undefined,
      doubt: 'none',
      said: undefined,
    };
    this.#cards.set(id, card);
    const inDoubt = card.doubt === 'due';
    if (card.writer !== undefined) card.doubt = 'begun';
    card.writer = undefined;
    const begin = async () => {
      if (this.#claimed.get(id) !== token) throw new StoreUnavailableError(`the claim on the card of ${id} expired`);
      card.writer = token;
    };
    return {
      placed: card.placed,
      postBegun: card.postBegun,
      inDoubt,
      keep: () => ({ lost: token.signal, [Symbol.dispose]: () => {} }),
      isHeld: () => this.#claimed.get(id) === token,
      beginPost: async () => {
        await begin();
        card.postBegun = true;
      },
      beginUpdate: begin,
      said: card.said,
      noteSaid: async (key) => {
        card.said = key;
      },
      forgetPost: async () => {
        card.postBegun = false;
      },
      place: async (placed, { endsDoubt = true } = {}) => {
        const { placed: before } = card;
        if (before !== undefined && (before.channel !== placed.channel || before.ts !== placed.ts)) return false;
        card.placed = placed;
        if (inDoubt && endsDoubt && card.doubt === 'due') card.doubt = 'none';
        if ((this.#owed.get(id) ?? 0) <= placed.shownRev) this.#owed.delete(id);
        return true;
      },
      settle: async () => {
        if (card.placed !== undefined && (this.#owed.get(id) ?? 0) <= card.placed.shownRev) this.#owed.delete(id);
      },
      giveUp: async () => {
        this.#owed.delete(id);
        card.doubt = 'none';
      },
      release: async () => {
        if (card.writer === token) card.writer = undefined;
        if (this.#claimed.get(id) === token) this.#claimed.delete(id);
        return this.#owed.has(id);
      },
    };
  }

  async owed(): Promise<readonly CardId[]> {
    const owed = [...this.#owed].toSorted(([, one], [, other]) => one - other).map(([id]) => id);
    const inDoubt = [...this.#cards].filter(([, { doubt }]) => doubt === 'due').map(([id]) => id);
    return [...new Set([...owed, ...inDoubt])];
  }

  /** Marks the card as owed, as a transition of its change does. */
  owe(id: CardId, rev: number): void {
    this.#owed.set(id, rev);
  }

  /** None is owed, and none is in doubt. */
  areQuiet(): boolean {
    return this.#owed.size === 0 && [...this.#cards.values()].every(({ doubt }) => doubt === 'none');
  }

  /** Lets the time pass after which a card in doubt is written again. */
  passDoubt(id: CardId): void {
    const card = this.#cards.get(id);
    if (card?.doubt === 'begun') card.doubt = 'due';
  }

  /** Gives the claim to another process, and tells its owner. */
  loseClaim(id: CardId): void {
    const token = this.#claimed.get(id);
    this.#claimed.set(id, new AbortController());
    token?.abort();
  }

  /** Removes the claim, as if the store was emptied, and tells its owner. */
  forgetClaim(id: CardId): void {
    const token = this.#claimed.get(id);
    this.#claimed.delete(id);
    token?.abort();
  }

  /** Removes the claim of a process that died. */
  expireClaim(id: CardId): void {
    this.#claimed.delete(id);
  }
}
