import { type Change, deedOf, moveTo, type State } from '../domain/change.ts';
import type { Denial } from '../domain/judge.ts';
import { findRule, type Route } from '../domain/route.ts';
import { planStands } from '../domain/stands.ts';
import { moveOn } from './audit.ts';
import { DependencyError } from './errors.ts';
import type { Changes, Log, Mesh } from './ports.ts';
import { goingBefore } from './submit.ts';

type Voided = Extract<State, { kind: 'void' }>;
interface Clock {
  readonly now: () => Date;
}

/** The end of a plan that does not hold any more, with what the object has instead. */
export function voidOf(
  { now }: Clock,
  route: Route,
  { rule }: Change,
  why: Pick<Voided, 'because' | 'denied' | 'heldUntil' | 'rule'>,
): Voided {
  const live = findRule(route, rule)?.split;
  return { kind: 'void', at: now().toISOString(), uid: route.uid, live, lastWriter: route.lastWriter?.manager, ...why };
}

/** The end of a plan that policy, a lock or a freeze allows no more. */
export function voidByDenial(clock: Clock, route: Route, change: Change, denial: Denial): Voided {
  const { reason: denied, rule } = denial;
  const heldUntil = 'hold' in denial ? denial.hold.until?.toISOString() : undefined;
  return voidOf(clock, route, change, { because: 'denied', denied, heldUntil, rule });
}

/** The end of a plan for an object that is gone. */
export function withoutObject({ now }: Clock): Voided {
  return { kind: 'void', at: now().toISOString(), because: 'moved' };
}

interface Voiding extends Clock {
  readonly mesh: Pick<Mesh, 'glance' | 'read'>;
  readonly changes: Pick<Changes, 'line' | 'update'>;
  readonly log: Log;
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
  const { mesh, changes } = voiding;
  const seen = await mesh.glance(change.object);
  if (seen !== undefined && planStands(change, seen, []) !== undefined) return undefined;

  const line = await changes.line(change.object);
  const route = (await mesh.read(change.object))?.route;
  if (route === undefined) return withoutObject(voiding);
  const isAhead = deedOf(change) === 'rollback';
  if (planStands(change, route, goingBefore(line, isAhead)) !== undefined) return undefined;
  return voidOf(voiding, route, change, { because: 'moved' });
}
