import { type Change, effectOf } from '../../domain/change/change.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import type { Desk } from '../desk.ts';
import { LaterRecordError, UntrustedRecordError } from '../errors.ts';

/** A change of a ramp. Undefined if its record cannot be trusted: then the ramp goes by what it planned. */
export async function readTrusted({ changes }: Pick<Desk, 'changes'>, id: ChangeId): Promise<Change | undefined> {
  try {
    return await changes.read(id);
  } catch (error) {
    if (error instanceof UntrustedRecordError && !(error instanceof LaterRecordError)) return undefined;
    throw error;
  }
}

/** The change that made a step: the newest one that took effect. A person may have wanted the step put back since, in vain. */
export async function readStep(
  desk: Pick<Desk, 'changes'>,
  { changes }: Pick<Ramp, 'changes'>,
  step: number,
): Promise<Change | undefined> {
  let newest: Change | undefined;
  for (const { id } of changes.filter((each) => each.step === step).toReversed()) {
    const change = await readTrusted(desk, id);
    if (change === undefined || effectOf(change).length > 0) return change;
    newest ??= change;
  }
  return newest;
}
