import { changeAt, type Ramp } from '../../domain/ramp/ramp.ts';
import type { Desk } from '../desk.ts';
import type { Deciding, DoneBefore } from './decision.ts';
import { readTrusted } from './read-trusted.ts';
import { stepShownIn } from './standing-shown.ts';

/** The step that a late click on *Next step* asks for, if it was made before. Undefined for all else. */
export async function doneBefore(
  desk: Pick<Desk, 'changes'>,
  ramp: Ramp,
  { gesture, seen }: Deciding,
): Promise<DoneBefore | undefined> {
  if (gesture !== 'next' || seen === undefined) return undefined;
  const step = stepShownIn(seen) + 1;
  const { state } = ramp;
  const id = changeAt(ramp, step);
  if (id === undefined) return undefined;
  if (state.kind === 'stepping' && state.step === step) return { step };
  const change = await readTrusted(desk, id);
  return change?.state.kind === 'applied' ? { step, at: change.state.at } : undefined;
}
