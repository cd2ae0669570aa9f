import type { Change } from '../../domain/change/change.ts';
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
