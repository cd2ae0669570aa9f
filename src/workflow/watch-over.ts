import { type Change, isWaiting, moveTo } from '../domain/change.ts';
import { type AppliedChange, type Fate, fateOf, isApplied, isTold } from '../domain/fate.ts';
import type { ChangeId } from '../domain/names.ts';
import { toolOf } from '../domain/owner.ts';
import type { Weights } from '../domain/route.ts';
import { noLongerSeen } from '../domain/seen.ts';
import { type Happened, moveOn } from './audit.ts';
import type { Cards } from './cards.ts';
import { DependencyError, LedgerUnreadableError, UntrustedRecordError } from './errors.ts';
import type { Changes, Log, Mesh, Meter, Touched } from './ports.ts';

/** What it takes to see whether what was applied still stands. */
export interface Lookout {
  readonly mesh: Pick<Mesh, 'clusters' | 'glance' | 'read'>;
  readonly changes: Pick<Changes, 'read' | 'update' | 'recentlyApplied'>;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly meter: Pick<Meter, 'movedAway'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Looks at what somebody wrote, and puts on the card of an applied change that it was moved, or that it was put right again. Any number
 * of processes may do so at once. True when a change is just being applied, so that it is worth another look.
 */
export async function lookAfter(lookout: Lookout, { object, changes }: Touched): Promise<boolean> {
  const seen = await lookout.mesh.glance(object);
  let isUnderWay = false;
  for (const id of changes) {
    const change = await readTrusted(lookout, id);
    if (isApplied(change)) await keepTrue(lookout, change, seen);
    else isUnderWay ||= change !== undefined && isWaiting(change);
  }
  return isUnderWay;
}

/** What cannot be trusted is disowned on its own card, and no more is told of it. */
async function readTrusted({ changes }: Lookout, id: ChangeId): Promise<Change | undefined> {
  try {
    return await changes.read(id);
  } catch (error) {
    if (error instanceof UntrustedRecordError) return undefined;
    throw error;
  }
}

/**
 * Looks at all that was applied within the last day, so that nothing is missed by a process that was away, and their namespaces are
 * watched from then on.
 */
export async function lookAfterRecent(lookout: Lookout): Promise<void> {
  const recent = (await lookout.changes.recentlyApplied()).filter(isApplied).filter((each) => isWatched(lookout, each));
  const byNamespace = Map.groupBy(recent, ({ object: { cluster, namespace } }) => `${cluster}/${namespace}`);
  for (const changes of byNamespace.values()) await lookAfterEach(lookout, changes);
}

/** Where one object of a namespace cannot be asked for, neither can the others; an unreadable history is that object's own trouble. */
async function lookAfterEach(lookout: Lookout, changes: readonly AppliedChange[]): Promise<void> {
  for (const change of changes) {
    try {
      await keepTrue(lookout, change, await lookout.mesh.glance(change.object));
    } catch (err) {
      if (!(err instanceof DependencyError)) throw err;
      lookout.log.warn({ changeId: change.id, err }, 'whether a change still stands is not known');
      if (!(err instanceof LedgerUnreadableError)) return;
    }
  }
}

/** Of a change that another one came after nothing more will be told. */
function isWatched({ mesh }: Lookout, { object, state }: AppliedChange): boolean {
  const isLast = state.later === undefined && state.rolledBack === undefined;
  return isLast && mesh.clusters.includes(object.cluster);
}

/** `seen` is what the watch has, which is only worth a question: what is told comes from a live read. */
async function keepTrue(lookout: Lookout, change: AppliedChange, seen: Weights | undefined): Promise<void> {
  const at = () => lookout.now().toISOString();
  if (isTold(change, fateOf(change, seen, at()))) return;

  const route = (await lookout.mesh.read(change.object))?.route;
  let current: Change | undefined = change;
  while (isApplied(current)) {
    const fate = fateOf(current, route, at());
    if (isTold(current, fate)) return;
    const { movedAway: before, ...state } = current.state;
    const next = moveTo(current, fate.kind === 'moved' ? noLongerSeen({ ...state, movedAway: fate.away }) : state);
    if (await moveOn(lookout, next, happenedBy(fate))) return tell(lookout, change.id, fate, before === undefined);
    current = await lookout.changes.read(change.id);
  }
}

function happenedBy(fate: Fate): Happened {
  if (fate.kind !== 'moved') return { kind: 'live-again' };
  const { how, manager, live } = fate.away;
  return { kind: 'moved-away', because: how, detail: manager, live };
}

function tell({ cards, log, meter }: Lookout, changeId: ChangeId, fate: Fate, isNew: boolean): void {
  if (fate.kind === 'moved') log.warn({ changeId, ...fate.away }, 'somebody else moved what a change made');
  else log.info({ changeId }, 'what a change made is live again');
  if (fate.kind === 'moved' && isNew) meter.movedAway(toolOf(fate.away.manager) ?? 'other');
  cards.showSoon(changeId);
}
