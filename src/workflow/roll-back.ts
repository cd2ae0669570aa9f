import { type Change, endedWithoutEffect } from '../domain/change.ts';
import type { Command, Options } from '../domain/command.ts';
import { findRevision, type Revision } from '../domain/ledger.ts';
import type { ChangeId, RoutingObject, ServiceName } from '../domain/names.ts';
import { chooseReturn, planReturn, planShift, type Return, takingBack } from '../domain/plan.ts';
import { defaultRule, findRule, type Route } from '../domain/route.ts';
import { keepingPlaces, type Split, sameShares } from '../domain/split.ts';
import type { Found } from './ports.ts';
import { type Answer, type Asker, type Desk, fillIn, requestId, submit } from './request.ts';

export type RollbackAnswer =
  | Answer
  /** The world moved on since the change: what a rollback would undo, to be confirmed. */
  | { readonly kind: 'confirm'; readonly id: ChangeId; readonly name: ServiceName; readonly undo: Undo }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId }
  | { readonly kind: 'not-applied'; readonly change: Change };

export interface Undo {
  readonly now: Split;
  readonly after: Split;
  /** Our later changes on the rule that would be undone too, newest first. */
  readonly changes: readonly Revision[];
  /** Somebody else moved the weights since our newest change. */
  readonly moved: boolean;
  /** The object's seq that this was read at; what a confirmation answers to. */
  readonly seq: number;
}

type Rollback = Extract<Command, { verb: 'rollback' }>;

/** `/shift rollback reviews`: back to before the last change, or to what a named change made. */
export async function requestRollback(desk: Desk, command: Rollback, asker: Asker): Promise<RollbackAnswer> {
  const name = fillIn(desk, command.service);
  const found = await desk.mesh.find(name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };

  const { route } = found.open;
  const rule = command.options.rule ?? defaultRule;
  const chosen = chooseReturn(route.ledger, rule, command.backTo);
  if (chosen.kind === 'refused') return { kind: 'refused', name, refusal: chosen.refusal, rule };
  const open = () => desk.mesh.find(name);
  if (command.backTo !== undefined) return bringBack(desk, name, chosen.back, command.options, asker, open);

  const undo = undoing(route, chosen.revision);
  if (undo !== undefined && !command.options.dryRun) return { kind: 'confirm', id: chosen.revision.id, name, undo };
  return bringBack(desk, name, chosen.back, command.options, await takingItBack(desk, chosen.revision.id, asker), open);
}

/**
 * The button of a card. `seen`: the seq at which the person was shown what it undoes; without it, a change that others came after is
 * only shown and not yet done.
 */
export async function rollBack(desk: Desk, id: ChangeId, asker: Asker, seen?: number): Promise<RollbackAnswer> {
  const stored = await desk.changes.read(id);
  const object = stored?.object ?? (await desk.mesh.findChange(id));
  const open = object === undefined ? undefined : await desk.mesh.read(object);
  if (object === undefined || open === undefined) return { kind: 'unknown-change', id };

  const { route } = open;
  const name = { cluster: object.cluster, namespace: object.namespace, service: stored?.service ?? object.name };
  const revision = findRevision(route.ledger, id);
  if (revision === undefined)
    return stored === undefined ? { kind: 'unknown-change', id } : { kind: 'not-applied', change: stored };

  const reverted = route.ledger.revisions.find((each) => each.reverts === id);
  if (reverted !== undefined) {
    return { kind: 'refused', name, refusal: { reason: 'already-rolled-back', by: reverted }, rule: revision.rule };
  }
  const undo = undoing(route, revision);
  if (undo !== undefined && undo.seq !== seen) return { kind: 'confirm', id, name, undo };
  return bringBack(desk, name, takingBack(revision), { dryRun: false }, await takingItBack(desk, id, asker), () =>
    openAgain(desk, object),
  );
}

/** The button that gives everything to the version a change was about. */
export async function promote(desk: Desk, id: ChangeId, asker: Asker): Promise<RollbackAnswer> {
  const change = await desk.changes.read(id);
  if (change?.focus === undefined) return { kind: 'unknown-change', id };

  const { object, service, focus, rule } = change;
  const name = { cluster: object.cluster, namespace: object.namespace, service };
  const wish = { kind: 'share', version: focus, percent: 100 } as const;
  return submit(
    desk,
    name,
    asker,
    { rule, dryRun: false },
    {
      open: () => openAgain(desk, object),
      plan: (route, start) => planShift(route, wish, { rule, start }),
      focus,
      ahead: false,
    },
  );
}

async function openAgain(desk: Desk, object: RoutingObject): Promise<Found> {
  const open = await desk.mesh.read(object);
  return open === undefined ? { kind: 'unknown-service', services: [] } : { kind: 'found', open };
}

/** What else a rollback of this revision would undo; undefined when it stands as it was made. */
function undoing(route: Route, revision: Revision): Undo | undefined {
  const rule = findRule(route, revision.rule);
  if (rule === undefined) return undefined;
  const ours = route.ledger.revisions.filter((each) => each.rule === revision.rule);
  const later = ours.slice(0, ours.indexOf(revision));
  const moved = ours[0] !== undefined && !sameShares(ours[0].to, rule.split);
  if (later.length === 0 && !moved) return undefined;
  return {
    now: rule.split,
    after: keepingPlaces(rule.split, revision.from),
    changes: later,
    moved,
    seq: route.ledger.seq,
  };
}

function bringBack(
  desk: Desk,
  name: ServiceName,
  back: Return,
  options: Options,
  asker: Asker,
  open: () => Promise<Found>,
): Promise<Answer> {
  return submit(
    desk,
    name,
    asker,
    { ...options, rule: back.rule },
    {
      open,
      plan: (route, start) => planReturn(route, back, start),
      ahead: true,
    },
  );
}

/**
 * However many ask for it, a change is taken back once: the id of the rollback comes from the change it reverts. One that ended
 * without effect may be asked for again; that is another attempt, with an id of its own.
 */
async function takingItBack(desk: Desk, id: ChangeId, asker: Asker): Promise<Asker> {
  for (let attempt = 0; ; attempt += 1) {
    const request = `rollback:${id}:${attempt}`;
    const earlier = await desk.changes.read(requestId(request));
    if (earlier === undefined || !endedWithoutEffect(earlier)) return { ...asker, request };
  }
}
