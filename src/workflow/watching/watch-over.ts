import { type Change, isWaiting, moveTo, placeOf } from '../../domain/change/change.ts';
import { deletes } from '../../domain/change/edit.ts';
import { type AppliedChange, type Fate, fateOf, isApplied, isTold } from '../../domain/change/fate.ts';
import { type Applied, noLongerSeen } from '../../domain/change/state.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import { toolOf } from '../../domain/routing/owner.ts';
import type { Weights } from '../../domain/routing/route.ts';
import { type Happened, moveOn } from '../audit.ts';
import { DependencyError, LedgerUnreadableError, UntrustedRecordError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh, Touched } from '../ports/mesh.ts';
import type { Log, Meter } from '../ports/process.ts';
import type { Cards } from '../showing/cards.ts';

/** What it takes to see whether what was applied still stands. */
export interface Lookout {
  readonly mesh: Pick<Mesh, 'clusters' | 'glance' | 'open'>;
  readonly changes: Pick<Changes, 'read' | 'update' | 'recentlyApplied' | 'open'>;
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
  const glance = (other: ObjectRef) =>
    isSameObject(other, object) ? Promise.resolve(seen) : lookout.mesh.glance(other);
  let isUnderWay = false;
  for (const id of changes) {
    const change = await readTrusted(lookout, id);
    if (isApplied(change)) await keepTrue(lookout, change, glance);
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
  const byNamespace = Map.groupBy(recent, (change) => namespaceOf(change));
  for (const changes of byNamespace.values()) await lookAfterEach(lookout, changes);
}

function namespaceOf(change: Change): string {
  const { cluster, namespace } = placeOf(change);
  return `${cluster}/${namespace}`;
}

/** Where one object of a namespace cannot be asked for, neither can the others; an unreadable history is that object's own trouble. */
async function lookAfterEach(lookout: Lookout, changes: readonly AppliedChange[]): Promise<void> {
  for (const change of changes) {
    try {
      await keepTrue(lookout, change, (object) => lookout.mesh.glance(object));
    } catch (err) {
      if (!(err instanceof DependencyError)) throw err;
      lookout.log.warn({ changeId: change.id, err }, 'whether a change still stands is not known');
      if (!(err instanceof LedgerUnreadableError)) return;
    }
  }
}

/** Of a change that another one came after nothing more will be told. */
function isWatched({ mesh }: Lookout, change: AppliedChange): boolean {
  const { later, rolledBack } = change.state;
  return later === undefined && rolledBack === undefined && mesh.clusters.includes(placeOf(change).cluster);
}

type Reading = (object: ObjectRef) => Promise<Weights | undefined>;

/** `glance` is what the watch has, which is only worth a question: what is told comes from a live read. */
async function keepTrue(lookout: Lookout, change: AppliedChange, glance: Reading): Promise<void> {
  const at = () => lookout.now().toISOString();
  const glimpse = (await fatesBy(change, glance))(change, at());
  if (isTold(change, glimpse) || (await isTheirs(lookout, glimpse))) return;

  const fateAt = await fatesBy(change, async (object) => (await lookout.mesh.open(object)).live);
  let current: Change | undefined = change;
  while (isApplied(current)) {
    const fate = fateAt(current, at());
    if (isTold(current, fate) || (await isTheirs(lookout, fate)) || (await isOurDeletion(lookout, current, fate)))
      return;
    const next = moveTo(current, told(current.state, fate));
    const isMoved = fate.kind === 'followed' ? lookout.changes.update(next) : moveOn(lookout, next, happenedBy(fate));
    if (await isMoved) return tell(lookout, change.id, fate, current.state.movedAway === undefined);
    current = await lookout.changes.read(change.id);
  }
}

/** What the card is to say of it. */
function told({ movedAway: _, ...state }: Applied, fate: Fate): Applied {
  switch (fate.kind) {
    case 'stands':
      return state;
    case 'followed':
      return noLongerSeen({ ...state, later: fate.by });
    case 'moved':
      return noLongerSeen({ ...state, movedAway: fate.away });
  }
}

type FateAt = (change: AppliedChange, at: string) => Fate;

/**
 * Reads the routing objects that a change wrote. Of several the first that was moved tells; others followed the change only where they
 * did so in all of them. DestinationRules are not watched.
 */
async function fatesBy(change: AppliedChange, read: Reading): Promise<FateAt> {
  const routing = change.edits.filter(({ object }) => object.kind !== 'DestinationRule');
  const routes = await Promise.all(routing.map(async (edit) => ({ edit, route: await read(edit.object) })));
  return (current, at) => {
    const fates = routes.map(({ edit, route }) => fateOf(current, edit, route, at));
    const worst = (['moved', 'stands', 'followed'] as const).map((kind) => fates.find((fate) => fate.kind === kind));
    return worst.find((fate) => fate !== undefined) ?? { kind: 'stands' };
  };
}

/** A later change that this store knows is told to the ones before it by its worker; not so that of another bot, or one that was lost. */
async function isTheirs(lookout: Lookout, fate: Fate): Promise<boolean> {
  if (fate.kind !== 'followed' || fate.by === undefined) return false;
  return (await readTrusted(lookout, fate.by)) !== undefined;
}

/** What is gone may have been deleted by a change of ours, which has not told the ones before it yet. */
async function isOurDeletion({ changes }: Lookout, { id }: AppliedChange, fate: Fate): Promise<boolean> {
  if (fate.kind !== 'moved' || fate.away.how !== 'object-gone') return false;
  const { object } = fate.away;
  const recent = [...(await changes.open()), ...(await changes.recentlyApplied())];
  return recent.some((other) => other.id !== id && hasDeleted(other, object));
}

function hasDeleted({ edits, state }: Change, object: ObjectRef): boolean {
  if (state.kind !== 'applying' && state.kind !== 'applied') return false;
  return edits.some((edit) => deletes(edit) && isSameObject(edit.object, object));
}

function happenedBy(fate: Fate): Happened {
  if (fate.kind !== 'moved') return { kind: 'live-again' };
  const { how, manager, live } = fate.away;
  return { kind: 'moved-away', because: how, detail: manager, live };
}

const words: Record<Fate['kind'], string> = {
  stands: 'what a change made is live again',
  followed: 'a change that is not in this store came after a change',
  moved: 'somebody else moved what a change made',
};

function tell({ cards, log, meter }: Lookout, changeId: ChangeId, fate: Fate, isNew: boolean): void {
  if (fate.kind === 'stands') log.info({ changeId }, words.stands);
  else log.warn({ changeId, ...(fate.kind === 'moved' ? fate.away : { later: fate.by }) }, words[fate.kind]);
  if (fate.kind === 'moved' && isNew) meter.movedAway(toolOf(fate.away.manager) ?? 'other');
  cards.showSoon(changeId);
}
