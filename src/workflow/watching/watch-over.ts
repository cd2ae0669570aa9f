import { isDeepStrictEqual } from 'node:util';
import { type Change, isWaiting, moveTo, placeOf } from '../../domain/change/change.ts';
import { deletes } from '../../domain/change/edit.ts';
import { type AppliedChange, type Fate, fateOf, isApplied, isTold } from '../../domain/change/fate.ts';
import { type Applied, noLongerSeen } from '../../domain/change/state.ts';
import { astrayOf } from '../../domain/map/following.ts';
import { findRevision } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { hasRules, isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import { toolOf } from '../../domain/routing/owner.ts';
import type { Weights } from '../../domain/routing/route.ts';
import { effectOf, effectOfAll } from '../../domain/routing/standing.ts';
import { type Happened, moveOn } from '../audit.ts';
import { DependencyError, LedgerUnreadableError, UntrustedRecordError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh, Touched } from '../ports/mesh.ts';
import type { Log, Meter } from '../ports/process.ts';
import type { Cards } from '../showing/cards.ts';

/** What is needed to see whether applied changes still stand. */
export interface Lookout {
  readonly mesh: Pick<Mesh, 'clusters' | 'glance' | 'open' | 'following'>;
  readonly changes: Pick<Changes, 'read' | 'update' | 'recentlyApplied' | 'open'>;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly meter: Pick<Meter, 'movedAway'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Looks at an object that somebody wrote. If what an applied change made was moved, or is live again, its card says so. Any number of
 * processes may do so at once. True if one of the changes still waits or is being applied, so that another look is worthwhile.
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

/** Undefined for a record that cannot be trusted: its own card says so, and nothing more is told of it. */
async function readTrusted({ changes }: Lookout, id: ChangeId): Promise<Change | undefined> {
  try {
    return await changes.read(id);
  } catch (error) {
    if (error instanceof UntrustedRecordError) return undefined;
    throw error;
  }
}

/**
 * Looks at all changes that were applied within the last day, so that a process that was away misses nothing. Their namespaces are watched
 * from then on.
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

/**
 * If one object of a namespace cannot be read, the others cannot either, so it stops. An unreadable history concerns only its own object.
 */
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

/** A change that a later one followed is no longer watched. */
function isWatched({ mesh }: Lookout, change: AppliedChange): boolean {
  const { later, rolledBack } = change.state;
  return later === undefined && rolledBack === undefined && mesh.clusters.includes(placeOf(change).cluster);
}

type Reading = (object: ObjectRef) => Promise<Weights | undefined>;

/** `glance` reads the watch cache, which only tells whether to look closer. What the card says comes from a live read. */
async function keepTrue(lookout: Lookout, change: AppliedChange, glance: Reading): Promise<void> {
  const at = () => lookout.now().toISOString();
  const glimpse = (await fatesBy(change, glance))(change, at());
  if (isTold(change, glimpse)) return keepEffect(lookout, change, glance);
  if (await isTheirs(lookout, glimpse)) return;

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

/**
 * Whether the controllers of its routes have put it into effect, and whether requests follow it. The watch cache is enough: what comes next
 * comes by the watch, too. Nothing is said of an object that does not have the change yet.
 */
async function keepEffect(lookout: Lookout, change: AppliedChange, glance: Reading): Promise<void> {
  const seen = await Promise.all(
    change.edits.map(({ object }) => (hasRules(object.kind) ? glance(object) : undefined)),
  );
  const written = change.edits.filter((_, at) => hasChange(seen[at], change.id));
  if (written.length === 0) return;
  const together = written.map(({ object }) => object);
  const astray = await Promise.all(
    written
      .flatMap(({ object, moves }) => moves.map(({ rule }) => ({ object, rule })))
      .map(async ({ object, rule }) => astrayOf(await lookout.mesh.following(object, rule), together)),
  );
  const said = seen.map((each) => (hasChange(each, change.id) ? effectOf(each?.standing) : undefined));
  const effect = effectOfAll([...said, ...astray].filter((each) => each !== undefined));
  let current: Change | undefined = change;
  while (isApplied(current) && !isDeepStrictEqual(current.state.effect, effect)) {
    if (await lookout.changes.update(moveTo(current, { ...current.state, effect }))) {
      lookout.log.info({ changeId: change.id, effect }, 'whether a change is in effect is on its card');
      return lookout.cards.showSoon(change.id);
    }
    current = await lookout.changes.read(change.id);
  }
}

function hasChange(seen: Weights | undefined, id: ChangeId): boolean {
  return seen !== undefined && findRevision(seen.ledger, id) !== undefined;
}

/** The state for the card to show. */
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
 * Reads the routing objects that a change wrote. The first one that was moved decides. If all of them are followed, the card is to say by
 * what. If only some are, there is nothing new to say: `followed` without `by`. DestinationRules are not watched.
 */
async function fatesBy(change: AppliedChange, read: Reading): Promise<FateAt> {
  const routing = change.edits.filter(({ object }) => hasRules(object.kind));
  const routes = await Promise.all(routing.map(async (edit) => ({ edit, route: await read(edit.object) })));
  return (current, at) => {
    const fates = routes.map(({ edit, route }) => fateOf(current, edit, route, at));
    const followed = fates.filter((fate) => fate.kind === 'followed');
    const moved = fates.find(({ kind }) => kind === 'moved');
    if (moved !== undefined || followed.length === 0) return moved ?? { kind: 'stands' };
    const isAll = followed.length === fates.length;
    return (isAll ? followed.find(({ by }) => by !== undefined) : undefined) ?? { kind: 'followed' };
  };
}

/**
 * Whether this store knows the later change. If so, the worker of that change marks the earlier ones. Nobody does so for a change of
 * another bot, or for one that was lost.
 */
async function isTheirs(lookout: Lookout, fate: Fate): Promise<boolean> {
  if (fate.kind !== 'followed' || fate.by === undefined) return false;
  return (await readTrusted(lookout, fate.by)) !== undefined;
}

/** Whether a change of ours deleted the object, and has not marked the earlier ones yet. */
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
  followed: 'a change that this store does not have followed a change',
  moved: 'somebody else moved what a change made',
};

function tell({ cards, log, meter }: Lookout, changeId: ChangeId, fate: Fate, isNew: boolean): void {
  if (fate.kind === 'stands') log.info({ changeId }, words.stands);
  else log.warn({ changeId, ...(fate.kind === 'moved' ? fate.away : { later: fate.by }) }, words[fate.kind]);
  if (fate.kind === 'moved' && isNew) meter.movedAway(toolOf(fate.away.manager) ?? 'other');
  cards.showSoon(changeId);
}
