import type { MovingDeed } from '../policy/judge.ts';
import type { Revision } from '../routing/ledger.ts';
import type { ChangeId, Place, RampId, ServiceName } from '../routing/names.ts';
import { hasRules, isSameObject, type ObjectRef } from '../routing/object.ts';
import type { RuleSplit } from '../routing/route.ts';
import type { Move } from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import { defaultMove, type Edits, findEdit, type ObjectEdit } from './edit.ts';
import type { Applied, State } from './state.ts';

/** Where a change was asked for. Its card is there too. */
export interface Origin {
  readonly team: string;
  readonly channel: string;
  /** The thread of the mention. */
  readonly thread?: string | undefined;
}

/** What the person asked for, in words that the card can use. */
export type Aim =
  /** `focus`: the version that the command was about, if there was one. */
  | { readonly kind: 'split'; readonly focus?: string | undefined }
  | WholeAim
  /** A rollback. `before`: what is taken back, if that was more than weights. */
  | { readonly kind: 'back'; readonly before?: WholeAim | undefined };

/** An aim of more than weights. */
export type WholeAim =
  | { readonly kind: 'file'; readonly verb: 'apply' | 'delete'; readonly file: string }
  /** The pinned rule that is removed, in words. */
  | { readonly kind: 'unpin'; readonly rule: string }
  /** The first objects of a service, as it was named. */
  | { readonly kind: 'init'; readonly service: string };

/** The place of a change in a ramp: step 2 of 4. Step 0 is the way back to before the ramp. */
export interface OfRamp {
  readonly id: RampId;
  readonly step: number;
  readonly of: number;
}

/** One person's approval. Policy decides whether it counts, at once and again later. */
export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** An accepted plan. The stored record is the truth about its life; the objects' histories are the truth about its effect. */
export interface Change {
  readonly id: ChangeId;
  /** What makes this request unique, from Slack. A second change with the same id and another request is a collision. */
  readonly request: string;
  readonly aim: Aim;
  readonly edits: Edits;
  /** The service as it was named. */
  readonly service: string;
  /** The Slack user who asked. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly origin: Origin;
  /** The change that this one takes back. */
  readonly reverts?: ChangeId | undefined;
  readonly warnings?: readonly PlanWarning[] | undefined;
  /** What policy judges it as. */
  readonly deed: MovingDeed;
  /** The team of the asker, if chat named it. */
  readonly team?: string | undefined;
  readonly approvals?: readonly Approval[] | undefined;
  /** What its versions select (`selectsOf`), if people approve it. Other labels void it. */
  readonly selects?: readonly string[] | undefined;
  /** The ramp that made it. The ramp's card tells of it, and it has none of its own. */
  readonly ramp?: OfRamp | undefined;
  /** The user who had it applied anyway, or planned again, after an object had moved. */
  readonly insistedBy?: string | undefined;
  readonly acceptedAt: string;
  readonly state: State;
  /** Grows with every transition. A transition names the rev that it saw. */
  readonly rev: number;
}

/** The edit that names a change: the first one that is not of a DestinationRule, or else the first. */
export function mainEdit({ edits }: Pick<Change, 'edits'>): ObjectEdit {
  return edits.find(({ object }) => hasRules(object.kind)) ?? edits[0];
}

/** The move that names a change: of its main object, and there preferably of the default rule. */
export function mainMove(change: Pick<Change, 'edits'>): Move {
  return defaultMove(mainEdit(change));
}

/** Its cluster, and the namespace of its main object. */
export function placeOf(change: Pick<Change, 'edits'>): Place {
  const { cluster, namespace } = mainEdit(change).object;
  return { cluster, namespace };
}

export function serviceOf(change: Pick<Change, 'edits' | 'service'>): ServiceName {
  return { ...placeOf(change), service: change.service };
}

/** The objects that it edits. It is in the line of each. */
export function objectsOf({ edits }: Pick<Change, 'edits'>): readonly ObjectRef[] {
  return edits.map(({ object }) => object);
}

/** Writes weights and nothing else. */
export function isWeightsOnly({ edits }: Pick<Change, 'edits'>): boolean {
  return edits.every(({ kind }) => kind === 'weights');
}

/** In line or being applied. It holds back later changes of the same objects. */
export function isWaiting({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'queued' || state.kind === 'applying';
}

/** Waits for people: to approve it, or to decide after an object moved. */
export function isForPeople({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'held' || state.kind === 'awaiting';
}

/** We write nothing more to the cluster for it, unless somebody plans it anew. Its card may still change. */
export function isEnded(change: Pick<Change, 'state'>): boolean {
  return !isWaiting(change) && !isForPeople(change);
}

/** Whether it edits an object. */
export function concerns({ edits }: Pick<Change, 'edits'>, object: ObjectRef): boolean {
  return findEdit(edits, object) !== undefined;
}

/** A rollback goes before everything that has not begun. */
export function goesAhead({ deed }: Pick<Change, 'deed'>): boolean {
  return deed === 'rollback';
}

/** We do not know whether it took effect, and will look it up. */
export function isUnsettled({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'failed' && state.because === 'unreachable' && state.settled !== true;
}

/** It is applied, and its traffic will still be counted. */
export function isToBeSeen({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'applied' && state.toBeSeen === true;
}

/** The revision that a button was drawn for. A click on an old card is answered for what it showed. */
export function shownAs({ rev }: Pick<Change, 'rev'>): string {
  return rev.toString(16).padStart(16, '0');
}

/** The same for a plan that awaits approval. It stays the same while approvals come in, and changes when it is planned anew. */
export function planShown({ expiresAt }: { readonly expiresAt: string }): string {
  return Date.parse(expiresAt).toString(16).padStart(16, '0');
}

/** Ended without known effect, so the same wish may be asked for again. */
export function endedWithoutEffect(change: Change): boolean {
  return isEnded(change) && effectOf(change).length === 0;
}

/** The edits that are known to be written: all if it is applied, or those that were written before it failed. */
export function effectOf({ edits, state }: Pick<Change, 'edits' | 'state'>): readonly ObjectEdit[] {
  if (state.kind === 'applied') return edits;
  const written = state.kind === 'failed' ? (state.written ?? []) : [];
  return edits.filter((edit) => written.some((object) => isSameObject(object, edit.object)));
}

/** The splits that an applied change made in one object's rules. The planned split of a rule if none is recorded. */
export function liveOf({ made }: Pick<Applied, 'made'>, { object, moves }: ObjectEdit): readonly RuleSplit[] {
  const splits = made.find((each) => isSameObject(each.object, object))?.live ?? [];
  return moves.map(({ rule, to }) => splits.find((each) => each.rule === rule) ?? { rule, split: to });
}

/** The moves of an edit, with the splits that the API server returned, once they are known. */
export function movesSeen({ state }: Pick<Change, 'state'>, edit: ObjectEdit): readonly Move[] {
  if (state.kind !== 'applied') return edit.moves;
  const live = liveOf(state, edit);
  return edit.moves.map((move, at) => ({ ...move, to: live[at]?.split ?? move.to }));
}

/** `apply bookinfo/virtual-service-all-v1`; undefined if a change sets only weights. */
export function doesText({ aim }: Pick<Change, 'aim'>): string | undefined {
  const whole = aim.kind === 'back' ? aim.before : aim.kind === 'split' ? undefined : aim;
  if (whole === undefined) return undefined;
  switch (whole.kind) {
    case 'unpin':
      return `unpin ${whole.rule}`;
    case 'init':
      return `init ${whole.service}`;
    case 'file':
      return `${whole.verb} ${whole.file}`;
  }
}

export function moveTo(change: Change, state: State): Change {
  return { ...change, state, rev: change.rev + 1 };
}

/** The entry that a change will have in one object's history. */
export function revisionOf(
  change: Pick<Change, 'id' | 'by' | 'reason' | 'reverts' | 'aim' | 'ramp'>,
  edit: Pick<ObjectEdit, 'moves'>,
  at: Date,
): Revision {
  const { id, by, reason, reverts, ramp } = change;
  const { rule, from, to } = defaultMove(edit);
  const also = edit.moves.filter((move) => move.rule !== rule);
  const does = doesText(change);
  return {
    ...{ id, at: at.toISOString(), by, rule, from, to, reason, reverts },
    ...(also.length > 0 && { also }),
    ...(does !== undefined && { does }),
    ...(ramp !== undefined && { ramp }),
  };
}
