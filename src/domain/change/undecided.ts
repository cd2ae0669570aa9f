import type { StateOf } from './state.ts';

/** People are told a second time of a held change that nobody has decided about. */
const remindAfterMs = 3600_000;
/** And it ends when nobody has for so long. */
const endAfterMs = 24 * 3600_000;

/** Who discards what nobody decides about. */
export const nobody = 'time';

type Held = StateOf<'held'>;

/** When something is due for a held change, by the API server's clock in ms. */
export function undecidedDueMs({ at, isToldAgain }: Held): number {
  return Date.parse(at) + (isToldAgain === true ? endAfterMs : remindAfterMs);
}

/** When it ends by itself. */
export function endsAt({ at }: Pick<Held, 'at'>): string {
  return new Date(Date.parse(at) + endAfterMs).toISOString();
}

/** What a held change becomes because nobody decided in time; undefined as long as there is time. */
export function afterWaiting(state: Held, now: Date): Held | StateOf<'discarded'> | undefined {
  if (now.getTime() >= Date.parse(endsAt(state))) return { kind: 'discarded', at: now.toISOString(), by: nobody };
  if (state.isToldAgain === true || now.getTime() < undecidedDueMs(state)) return undefined;
  return { ...state, isToldAgain: true };
}
