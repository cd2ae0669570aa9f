import type { Change } from '../../domain/change/change.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { stateOf } from '../asking/submit.ts';
import { type Asker, type Desk, sendFor } from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import type { Created, CreateOptions } from '../ports/ramps.ts';
import type { RampAnswer } from './ramp-answer.ts';
import { rampEvent } from './ramp-event.ts';

/** Stores a ramp that waits for approval: nothing of it is made before. */
export async function awaitApproval(
  desk: Desk,
  asker: Asker,
  ramp: Ramp,
  { verdict, rule }: Judgement,
  askedAs: Change['id'],
): Promise<RampAnswer> {
  if (verdict.kind === 'refused') throw new Error('a refused ramp is not stored');
  const state = stateOf(verdict, desk.now());
  if (state.kind !== 'awaiting') throw new Error('the verdict does not ask for approval');
  const waiting: Ramp = { ...ramp, state };
  const event = rampEvent(waiting, { kind: 'awaiting', asker, deed: 'shift', rule }, desk.now());
  const created = await create(desk, asker, waiting, { askedAs, event });
  switch (created) {
    case 'created':
      desk.cards.showSoon(waiting.id);
      return { kind: 'ramp', ramp: waiting, again: false };
    case 'known':
      return { kind: 'ramp', ramp: (await desk.ramps.read(waiting.id)) ?? waiting, again: true };
    case 'refused-before':
      return { kind: 'refused-before' };
    case 'taken':
      return { kind: 'ramp-taken', name: ramp.name, other: undefined };
  }
}

/** Without an answer of the store the ramp is looked up: nobody is told that nothing happens if it may. */
async function create(desk: Desk, asker: Asker, ramp: Ramp, options: CreateOptions): Promise<Created> {
  try {
    return await sendFor(asker, () => desk.ramps.create(ramp, options));
  } catch (cause) {
    if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
    const stored = await desk.ramps.read(ramp.id).catch(() => undefined);
    if (stored !== undefined) return 'known';
    throw new AcceptanceUnknownError(`whether ${ramp.id} was accepted is not known`, { cause });
  }
}
