import type { Change } from '../../domain/change/change.ts';
import { type Astray, astrayOf } from '../../domain/map/following.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { Desk } from '../desk.ts';
import { DependencyError, StoreUnavailableError } from '../errors.ts';
import type { Place } from '../ports/cards.ts';
import type { Cards } from '../showing/cards.ts';
import { pending } from './look-up.ts';

/** What a person finds who opens the home of the bot: what `status` and `pending` tell to everybody. */
export interface Home {
  /** The ramps that are not over, and where their cards are, if that is known. */
  readonly ramps: readonly RampAtHome[];
  /** The changes that wait for people. */
  readonly waiting: readonly Change[];
}

export interface RampAtHome {
  readonly ramp: Ramp;
  readonly card: Place | undefined;
  /** By the traffic map: requests that do not follow the rule that it moves. */
  readonly astray?: Astray | undefined;
}

/** Undefined if the store does not answer. */
export async function atHome(desk: Desk, cards: Pick<Cards, 'placeOf'>): Promise<Home | undefined> {
  try {
    const [open, { changes: waiting }] = await Promise.all([desk.ramps.open(), pending(desk)]);
    const ramps = await Promise.all(
      open.map(async (ramp): Promise<RampAtHome> => {
        const [card, astray] = await Promise.all([cards.placeOf(ramp.id), astrayFrom(desk, ramp)]);
        return { ramp, card, ...(astray !== undefined && { astray }) };
      }),
    );
    return { ramps, waiting };
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    desk.log.warn({ err }, 'the home of a person was drawn without what is in the store');
    return undefined;
  }
}

/** A cluster that does not answer keeps nobody from what is in the store. */
async function astrayFrom({ mesh, log }: Desk, { id, before: [{ object, rule }] }: Ramp): Promise<Astray | undefined> {
  try {
    return astrayOf(await mesh.following(object, rule));
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    log.warn({ err, rampId: id }, 'whether requests follow a ramp is not known');
    return undefined;
  }
}
