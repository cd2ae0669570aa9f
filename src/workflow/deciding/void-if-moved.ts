import { type Change, goesAhead, moveTo, objectsOf } from '../../domain/change/change.ts';
import { seemsPlanned } from '../../domain/change/decide.ts';
import type { StateOf } from '../../domain/change/state.ts';
import { hasRules } from '../../domain/routing/object.ts';
import { goingBefore } from '../asking/plan.ts';
import { moveOn } from '../audit.ts';
import { DependencyError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Log } from '../ports/process.ts';
import { footingOf } from './footing.ts';

interface Voiding {
  readonly mesh: Pick<Mesh, 'glance' | 'open'>;
  readonly changes: Pick<Changes, 'lines' | 'update'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Ends a change that awaits approval, if its objects no longer give the plan; true if it did. The watch cache is asked first, so that a
 * plan that stands costs the cluster nothing. A live read decides.
 */
export async function voidIfMoved(voiding: Voiding, change: Change): Promise<boolean> {
  if (change.state.kind !== 'awaiting') return false;
  const state = await movedOf(voiding, change).catch((error: unknown) => {
    if (!(error instanceof DependencyError)) throw error;
    voiding.log.info({ changeId: change.id, err: error }, 'whether a plan still stands is not known');
    return undefined;
  });
  return state !== undefined && moveOn(voiding, moveTo(change, state), { kind: 'voided' });
}

async function movedOf(voiding: Voiding, change: Change): Promise<StateOf<'void'> | undefined> {
  if (await seemsToStand(voiding, change)) return undefined;
  const lines = await voiding.changes.lines(objectsOf(change));
  const footing = await footingOf(voiding, change);
  if (footing.edits(goingBefore(lines, goesAhead(change))) !== undefined) return undefined;
  return footing.voided({ because: 'moved' });
}

/** DestinationRules are not watched for this: they are checked when somebody approves. */
async function seemsToStand({ mesh }: Pick<Voiding, 'mesh'>, { edits }: Change): Promise<boolean> {
  const routing = edits.filter(({ object }) => hasRules(object.kind));
  const stand = await Promise.all(routing.map(async (edit) => seemsPlanned(edit, await mesh.glance(edit.object))));
  return !stand.includes(false);
}
