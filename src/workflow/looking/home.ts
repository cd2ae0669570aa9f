import type { Change } from '../../domain/change/change.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { Desk } from '../desk.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Place } from '../ports/cards.ts';
import type { Cards } from '../showing/cards.ts';
import { pending } from './look-up.ts';

/** What a person finds who opens the home of the bot: what `status` and `pending` tell to everybody. */
export interface Home {
  /** The ramps that are not over, and where their cards are, if that is known. */
  readonly ramps: readonly { readonly ramp: Ramp; readonly card: Place | undefined }[];
  /** The changes that wait for people. */
  readonly waiting: readonly Change[];
}

/** Undefined if the store does not answer. */
export async function atHome(desk: Desk, cards: Pick<Cards, 'placeOf'>): Promise<Home | undefined> {
  try {
    const [open, { changes: waiting }] = await Promise.all([desk.ramps.open(), pending(desk)]);
    const ramps = await Promise.all(open.map(async (ramp) => ({ ramp, card: await cards.placeOf(ramp.id) })));
    return { ramps, waiting };
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    desk.log.warn({ err }, 'the home of a person was drawn without what is in the store');
    return undefined;
  }
}
