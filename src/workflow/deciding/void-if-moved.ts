import { type Change, deedOf, moveTo, type State } from '../../domain/change/change.ts';
import type { ObjectEdit } from '../../domain/change/edit.ts';
import { planStands } from '../../domain/change/stands.ts';
import { defaultRule, findRule } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { goingBefore } from '../asking/submit.ts';
import { moveOn } from '../audit.ts';
import { DependencyError } from '../errors.ts';
import { withoutObject } from '../judging/void.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Log } from '../ports/process.ts';
import { footingOf } from './footing.ts';

type Voided = Extract<State, { kind: 'void' }>;

interface Voiding {
  readonly mesh: Pick<Mesh, 'glance' | 'read' | 'open'>;
  readonly changes: Pick<Changes, 'line' | 'update'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Ends a change that awaits approval of a plan which the object does not give any more; true where it did. The watch cache is asked
 * first, so that what stands costs the cluster nothing, and a live read decides.
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

async function movedOf(voiding: Voiding, change: Change): Promise<Voided | undefined> {
  if (await seemsToStand(voiding, change)) return undefined;
  const line = await voiding.changes.line(change.object);
  const footing = await footingOf(voiding, change);
  if (footing === undefined) return withoutObject(voiding);
  const isAhead = deedOf(change) === 'rollback';
  if (footing.base(goingBefore(line, isAhead)) !== undefined) return undefined;
  return footing.voided({ because: 'moved' });
}

async function seemsToStand({ mesh }: Voiding, change: Change): Promise<boolean> {
  const { object, edits } = change;
  if (edits === undefined) {
    const seen = await mesh.glance(object);
    return seen !== undefined && planStands(change, seen, []) !== undefined;
  }
  const { cluster } = object;
  const services = edits.objects.filter(({ kind }) => kind === 'VirtualService');
  const stand = await Promise.all(services.map((edit) => editSeemsToStand({ mesh }, cluster, edit)));
  return !stand.includes(false);
}

async function editSeemsToStand(
  { mesh }: Pick<Voiding, 'mesh'>,
  cluster: string,
  { namespace, name, uid, seq, from }: ObjectEdit,
): Promise<boolean> {
  const seen = await mesh.glance({ cluster, namespace, kind: 'VirtualService', name });
  if (seen === undefined || uid === undefined) return seen?.uid === uid;
  const split = findRule(seen, defaultRule)?.split ?? {};
  return seen.uid === uid && seen.ledger.seq === seq && sameShares(split, from);
}
