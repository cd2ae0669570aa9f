import type { MovingDeed } from '../policy/judge.ts';
import type { Revision } from '../routing/ledger.ts';
import type { ChangeId, Place, ServiceName } from '../routing/names.ts';
import { isSameObject, type ObjectRef } from '../routing/object.ts';
import type { RuleSplit } from '../routing/route.ts';
import type { Move } from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import { defaultMove, type Edits, findEdit, type ObjectEdit } from './edit.ts';
import type { Applied, State } from './state.ts';

/** Where a change was asked for, and where its card stands. */
export interface Origin {
  readonly team: string;
  readonly channel: string;
  /** The thread that a mention stood in. */
  readonly thread?: string | undefined;
}

/** What the person asked for, in words that the card can use. */
export type Aim =
  /** `focus`: the version that the command was about, when it was about one. */
  | { readonly kind: 'split'; readonly focus?: string | undefined }
  | WholeAim
  /** Back to what was there before; `before`: what is taken back, where that was more than weights. */
  | { readonly kind: 'back'; readonly before?: WholeAim | undefined };

/** What asks for more than weights. */
export type WholeAim =
  | { readonly kind: 'file'; readonly verb: 'apply' | 'delete'; readonly file: string }
  /** The pinned rule that is removed, in words. */
  | { readonly kind: 'unpin'; readonly rule: string };

/** Somebody's yes to a change. Whether it counts is asked of policy, then and later. */
export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** An accepted plan. The stored record is the truth about its life; the objects' histories are the truth about its effect. */
export interface Change {
  readonly id: ChangeId;
  /** What Slack says made this request unique; a second change with the same id and another request is a collision. */
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
  /** The team of the asker, where chat said so. */
  readonly team?: string | undefined;
  readonly approvals?: readonly Approval[] | undefined;
  /** The user who had it applied although an object had moved since it was planned. */
  readonly insistedBy?: string | undefined;
  readonly acceptedAt: string;
  readonly state: State;
  /** Grows with every transition; a transition names the one it saw. */
  readonly rev: number;
}

/** The edit that names a change: of the first object that routes, or else the first. */
export function mainEdit({ edits }: Pick<Change, 'edits'>): ObjectEdit {
  return edits.find(({ object }) => object.kind !== 'DestinationRule') ?? edits[0];
}

/** The move that names a change: of its main object, and there of the default rule before others. */
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

/** The objects that it edits, whose lines it stands in. */
export function objectsOf({ edits }: Pick<Change, 'edits'>): readonly ObjectRef[] {
  return edits.map(({ object }) => object);
}

/** Writes weights and nothing else. */
export function isWeightsOnly({ edits }: Pick<Change, 'edits'>): boolean {
  return edits.every(({ kind }) => kind === 'weights');
}

/** In line for the cluster: it holds back what was accepted after it on the same objects. */
export function isWaiting({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'queued' || state.kind === 'applying';
}

/** Waits for people: to approve it, or to say what is to be done after an object moved. */
export function isForPeople({ state }: Pick<Change, 'state'>): boolean {
  return state.kind === 'held' || state.kind === 'awaiting';
}

/** Nothing more happens to it but words, unless somebody asks for it anew. */
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

/** Whether it took effect is not known, and will be looked up. */
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

/** The same for a plan that awaits approval: it stays what it is while approvals come in, and is another when it is planned anew. */
export function planShown({ expiresAt }: { readonly expiresAt: string }): string {
  return Date.parse(expiresAt).toString(16).padStart(16, '0');
}

/** Ended without known effect, so that the same wish may be asked for again. */
export function endedWithoutEffect(change: Change): boolean {
  return isEnded(change) && effectOf(change).length === 0;
}

/** The edits that are known to have been made: all of them, or those that were before it could not go on. */
export function effectOf({ edits, state }: Pick<Change, 'edits' | 'state'>): readonly ObjectEdit[] {
  if (state.kind === 'applied') return edits;
  const written = state.kind === 'failed' ? (state.written ?? []) : [];
  return edits.filter((edit) => written.some((object) => isSameObject(object, edit.object)));
}

/** What an applied change made of the rules of one object; what it was to make, where that is not recorded. */
export function liveOf({ made }: Pick<Applied, 'made'>, { object, moves }: ObjectEdit): readonly RuleSplit[] {
  const splits = made.find((each) => isSameObject(each.object, object))?.live ?? [];
  return moves.map(({ rule, to }) => splits.find((each) => each.rule === rule) ?? { rule, split: to });
}

/** The moves of an edit as they came out: with what the API server made of them, once that is known. */
export function movesSeen({ state }: Pick<Change, 'state'>, edit: ObjectEdit): readonly Move[] {
  if (state.kind !== 'applied') return edit.moves;
  const live = liveOf(state, edit);
  return edit.moves.map((move, at) => ({ ...move, to: live[at]?.split ?? move.to }));
}

/** `apply bookinfo/virtual-service-all-v1`; undefined where a change is of weights alone. */
export function doesText({ aim }: Pick<Change, 'aim'>): string | undefined {
  const whole = aim.kind === 'back' ? aim.before : aim.kind === 'split' ? undefined : aim;
  if (whole === undefined) return undefined;
  return whole.kind === 'unpin' ? `unpin ${whole.rule}` : `${whole.verb} ${whole.file}`;
}

export function moveTo(change: Change, state: State): Change {
  return { ...change, state, rev: change.rev + 1 };
}

/** The line that a change will be in the history of one object. */
export function revisionOf(
  change: Pick<Change, 'id' | 'by' | 'reason' | 'reverts' | 'aim'>,
  edit: Pick<ObjectEdit, 'moves'>,
  at: Date,
): Revision {
  const { id, by, reason, reverts } = change;
  const { rule, from, to } = defaultMove(edit);
  const also = edit.moves.filter((move) => move.rule !== rule);
  const does = doesText(change);
  return {
    ...{ id, at: at.toISOString(), by, rule, from, to, reason, reverts },
    ...(also.length > 0 && { also }),
    ...(does !== undefined && { does }),
  };
}
