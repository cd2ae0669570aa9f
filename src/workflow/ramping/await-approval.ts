import type { Change } from '../../domain/change/change.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampStateOf } from '../../domain/ramp/ramp-state.ts';
import { stateOf } from '../asking/submit.ts';
import type { Happened } from '../audit.ts';
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
  return storeUnbegun(desk, asker, waiting, { kind: 'awaiting', asker, deed: 'shift', rule }, askedAs);
}

/** Stores a ramp that begins when the hours for steps up do. */
export function beginLater(
  desk: Desk,
  asker: Asker,
  ramp: Ramp,
  until: Date,
  askedAs: Change['id'],
): Promise<RampAnswer> {
  const waiting: Ramp = { ...ramp, state: untilHours(desk, until) };
  return storeUnbegun(desk, asker, waiting, { kind: 'accepted', asker, deed: 'shift' }, askedAs);
}

/** Nothing is made before. */
export function untilHours(
  { now }: Pick<Desk, 'now'>,
  until: Date,
  waitsFor: 'hours' | 'pace' = 'hours',
): RampStateOf<'running'> {
  const hours = waitsFor === 'hours' ? { waitsFor } : {};
  return { kind: 'running', step: 0, since: now().toISOString(), dueAt: until.toISOString(), ...hours };
}

async function storeUnbegun(
  desk: Desk,
  asker: Asker,
  ramp: Ramp,
  happened: Happened,
  askedAs: Change['id'],
): Promise<RampAnswer> {
  const event = rampEvent(ramp, happened, desk.now());
  const created = await create(desk, asker, ramp, { askedAs, event });
  switch (created) {
    case 'created':
      desk.cards.showSoon(ramp.id);
      return { kind: 'ramp', ramp, again: false };
    case 'known':
      return { kind: 'ramp', ramp: (await desk.ramps.read(ramp.id)) ?? ramp, again: true };
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
