import { setImmediate as turn } from 'node:timers/promises';
import type { Change } from '../../src/domain/change/change.ts';
import type { ChangeId, RampId } from '../../src/domain/routing/names.ts';
import { ChatError } from '../../src/workflow/errors.ts';
import type { CardId, Chat, Placed, RampShown, Shown } from '../../src/workflow/ports/cards.ts';

type Place = Omit<Placed, 'shownRev'>;

interface Message extends Place {
  readonly id: CardId;
  /** Everything that it showed, the newest last. */
  readonly all: readonly Shown['of'][];
}

/** The card of a change, with every state that it showed, the newest last. */
interface ChangeCard extends Place {
  readonly id: CardId;
  readonly shown: readonly Change[];
}

/** How a call fails. `sent`: the message arrived, and only the answer was lost. */
export type ChatFault = { readonly outcome: ChatError['outcome']; readonly sent?: boolean };

/** A channel that keeps its messages. */
export class InMemoryChat implements Chat {
  readonly #messages: Message[] = [];
  readonly #faults: ChatFault[] = [];
  readonly #during: (() => Promise<void>)[] = [];
  #look: () => void = () => {};
  #isDown = false;
  #nextTs = 1000;
  #isUnread = false;
  /** What was said in threads of cards. */
  readonly told: (Place & Pick<Shown, 'id' | 'of'>)[] = [];
  /** The cards that were disowned. */
  readonly disowned: (Place & { readonly id: CardId })[] = [];

  async turn(_channel: string, _unless: AbortSignal): Promise<boolean> {
    return false;
  }

  async post({ id, origin, of }: Shown, mayPost: () => boolean): Promise<Place> {
    const fault = await this.#reach();
    if (!mayPost()) throw toError({ outcome: 'unknown' });
    if (fault !== undefined && fault.sent !== true) throw toError(fault);
    const place = { channel: origin.channel, ts: `${this.#nextTs}.0001` };
    this.#nextTs += 1;
    this.#messages.push({ ...place, id, all: [of] });
    if (fault !== undefined) throw toError(fault);
    return place;
  }

  async update({ channel, ts }: Place, { of }: Shown): Promise<void> {
    const fault = await this.#reach();
    if (fault !== undefined && fault.sent !== true) throw toError(fault);
    const at = this.#messages.findIndex((each) => each.channel === channel && each.ts === ts);
    const message = this.#messages[at];
    if (message === undefined) throw toError({ outcome: 'never' });
    this.#messages[at] = { ...message, all: [...message.all, of] };
    if (fault !== undefined) throw toError(fault);
  }

  async tell({ channel, ts }: Place, { id, of }: Shown): Promise<void> {
    const fault = await this.#reach();
    if (fault !== undefined && fault.sent !== true) throw toError(fault);
    this.told.push({ channel, ts, id, of });
    if (fault !== undefined) throw toError(fault);
  }

  async disown({ channel, ts }: Place, id: CardId): Promise<void> {
    const fault = await this.#reach();
    if (fault !== undefined) throw toError(fault);
    this.disowned.push({ channel, ts, id });
  }

  async remove({ channel, ts }: Place): Promise<void> {
    const fault = await this.#reach();
    if (fault !== undefined) throw toError(fault);
    const at = this.#messages.findIndex((each) => each.channel === channel && each.ts === ts);
    if (at >= 0) this.#messages.splice(at, 1);
  }

  async look(shown: Pick<Shown, 'id'>, except?: Place): Promise<Place | undefined> {
    const fault = await this.#reach();
    if (fault !== undefined) throw toError(fault);
    this.#look();
    if (this.#isUnread) return undefined;
    const found = this.#messages.find(({ id, ts }) => id === shown.id && ts !== except?.ts);
    return found === undefined ? undefined : { channel: found.channel, ts: found.ts };
  }

  /** The cards about a change in the channel. */
  cardsOf(id: ChangeId): readonly ChangeCard[] {
    const own = this.#messages.filter((message) => message.id === id);
    return own.map(({ all, ...place }) => ({
      ...place,
      shown: all.flatMap((each) => ('change' in each ? [] : [each])),
    }));
  }

  /** What the only card of a ramp shows now. */
  showsRamp(id: RampId): RampShown | undefined {
    const [card, ...more] = this.#messages.filter((message) => message.id === id);
    if (more.length > 0) throw new Error(`${id} has ${more.length + 1} cards`);
    const last = card?.all.at(-1);
    return last !== undefined && 'change' in last ? last : undefined;
  }

  /** How often the cards of a ramp were written. */
  timesShown(id: RampId): number {
    return this.#messages.filter((message) => message.id === id).reduce((sum, { all }) => sum + all.length, 0);
  }

  /** What the only card of a change shows now. */
  shows(id: ChangeId): Change | undefined {
    const [card, ...more] = this.cardsOf(id);
    if (more.length > 0) throw new Error(`${id} has ${more.length + 1} cards`);
    return card?.shown.at(-1);
  }

  /** The next calls fail like this, one after the other. */
  fail(...faults: readonly ChatFault[]): void {
    this.#faults.push(...faults);
  }

  /** Runs something while the next call is on its way. */
  duringNextCall(happens: () => Promise<void>): void {
    this.#during.push(happens);
  }

  /** Called when a card is looked for. */
  onLook(look: () => void): void {
    this.#look = look;
  }

  /** Takes away the right to read the channel, so that nothing is found in it. */
  forbidReading(): void {
    this.#isUnread = true;
  }

  goDown(): void {
    this.#isDown = true;
  }

  comeBack(): void {
    this.#isDown = false;
  }

  /** Deletes every card, as a person could. */
  clear(): void {
    this.#messages.length = 0;
  }

  async #reach(): Promise<ChatFault | undefined> {
    await turn();
    await this.#during.shift()?.();
    return this.#isDown ? { outcome: 'later' } : this.#faults.shift();
  }
}

function toError({ outcome }: ChatFault): ChatError {
  return new ChatError(`chat says ${outcome}`, { outcome, code: outcome });
}
