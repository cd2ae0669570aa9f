import { type Change, isWaiting, moveTo } from '../domain/change.ts';
import { type AppliedChange, type Fate, fateOf, fateOfEdit, isApplied, isTold } from '../domain/fate.ts';
import { type ChangeId, objectKey, type RoutingObject } from '../domain/names.ts';
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
  let isUnderWay = false;
  for (const id of changes) {
    const change = await readTrusted(lookout, id);
    if (isApplied(change))
      await keepTrue(lookout, change, isAbout(change, object) ? seen : await lookout.mesh.glance(change.object));
    else isUnderWay ||= change !== undefined && isWaiting(change);
  }
  return isUnderWay;
}

/** A change of several objects is known by the history of each. */
function isAbout({ object }: Change, touched: RoutingObject): boolean {
  return objectKey(object) === objectKey(touched);
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
  const { mesh } = lookout;
  const glimpsed = await whatIs(change, (object) =>
    object === change.object ? Promise.resolve(seen) : mesh.glance(object),
  );
  if (isTold(change, glimpsed(change, at()))) return;

  const fateAt = await whatIs(change, async (object) => (await mesh.read(object))?.route);
  let current: Change | undefined = change;
  while (isApplied(current)) {
    const fate = fateAt(current, at());
    if (isTold(current, fate) || (await isOurDeletion(lookout, current, fate))) return;
    const { movedAway: before, ...state } = current.state;
    const next = moveTo(current, fate.kind === 'moved' ? noLongerSeen({ ...state, movedAway: fate.away }) : state);
    if (await moveOn(lookout, next, happenedBy(fate))) return tell(lookout, change.id, fate, before === undefined);
    current = await lookout.changes.read(change.id);
  }
}

type FateAt = (change: AppliedChange, at: string) => Fate;

/** Reads what a change was about; of several objects the first that was moved tells. */
async function whatIs(
  change: AppliedChange,
  read: (object: RoutingObject) => Promise<Weights | undefined>,
): Promise<FateAt> {
  if (change.edits === undefined) {
    const route = await read(change.object);
    return (current, at) => fateOf(current, route, at);
  }
  const { object } = change;
  const services = change.edits.objects.filter(({ kind }) => kind === 'VirtualService');
  const routes = await Promise.all(
    services.map(async (edit) => {
      const { namespace, name } = edit;
      const isMain = name === object.name && namespace === object.namespace;
      return { edit, route: await read(isMain ? object : { ...object, namespace, name }) };
    }),
  );
  return (current, at) => {
    const fates = routes.map(({ edit, route }) => fateOfEdit(current, edit, route, at));
    return fates.find(({ kind }) => kind === 'moved') ?? { kind: 'stands' };
  };
}

/** What is gone may have been deleted by a change of ours, which has not told the ones before it yet. */
async function isOurDeletion({ changes }: Lookout, { object, id }: AppliedChange, fate: Fate): Promise<boolean> {
  if (fate.kind !== 'moved' || fate.away.how !== 'object-gone') return false;
  const { name = object.name } = fate.away;
  const recent = [...(await changes.open()), ...(await changes.recentlyApplied())];
  return recent.some(
    (other) => other.id !== id && other.object.cluster === object.cluster && deletes(other, { ...object, name }),
  );
}

function deletes({ edits, state }: Change, { namespace, name }: RoutingObject): boolean {
  if (state.kind !== 'applying' && state.kind !== 'applied') return false;
  return (edits?.objects ?? []).some(
    (edit) =>
      edit.kind === 'VirtualService' && edit.after === undefined && edit.namespace === namespace && edit.name === name,
  );
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
