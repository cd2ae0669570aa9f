import type { Rooms } from '../../src/workflow/ports/rooms.ts';

/** Channels in which cards can stand, but for those that a test closes. Direct messages are for one person. */
export class InMemoryRooms implements Rooms {
  forCards: string | undefined;
  readonly #takes = new Map<string, boolean | undefined>();

  async takesCards(channel: string): Promise<boolean | undefined> {
    if (channel.startsWith('D')) return false;
    return this.#takes.has(channel) ? this.#takes.get(channel) : true;
  }

  /** `undefined`: chat does not tell. */
  is(channel: string, takes: boolean | undefined): void {
    this.#takes.set(channel, takes);
  }
}
