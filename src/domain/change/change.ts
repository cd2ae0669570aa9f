import type { Needs } from '../policy/approvals.ts';
import type { Hold } from '../policy/freeze.ts';
import type { DenialReason, MovingDeed } from '../policy/judge.ts';
import type { RuleRef } from '../policy/policy.ts';
import type { Revision } from '../routing/ledger.ts';
import type { ChangeId, RoutingObject } from '../routing/names.ts';
import type { Split } from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import {
  type Edits,
  type FoundContent,
  isSameObject,
  type MovedObject,
  type ObjectEdit,
  type ObjectRef,
} from './edit.ts';
import type { Seen } from './seen.ts';

/** Where a change was asked for, and where its card stands. */
export interface Origin {
  readonly team: string;
  readonly channel: string;
  /** The thread that a mention stood in. */
  readonly thread?: string | undefined;
}

/** Why a change waits for a person: the object is not what it was planned from. */
export const holdReasons = ['moved', 'recreated', 'ledger-lost', 'predecessor-missing'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** Why a change ended without known effect. A closed list: the card has words for each, and the metrics count by it. */
export const failReasons = [
  'object-gone',
  'rule-gone',
  'rule-changed',
  'version-gone',
  'ledger-unreadable',
  'not-permitted',
  'rejected',
  'too-large',
  'contended',
  'half-applied',
  'creation-unclear',
  'unreachable',
  'not-reached',
  'policy-unknown',
  'expired',
] as const;
export type FailReason = (typeof failReasons)[number];

/** What a change was planned from: it holds for no other object, and for this one at no other number of changes. */
export interface Base {
  readonly uid: string;
  readonly seq: number;
  /** The change that must be applied first. */
  readonly after?: ChangeId | undefined;
}

/** How an applied change was lost to somebody else; besides the weights, the object, its rule or its history may be gone. */
export const movedHow = ['weights', 'ledger-lost', 'made-anew', 'object-gone', 'rule-gone', 'pinned-rules'] as const;

/** Somebody else moved what an applied change made, and no newer change of ours did. */
export interface MovedAway {
  /** When the rules were written, by the API server; when it was seen, where that is not known. */
  readonly at: string;
  /** Who wrote them, by `managedFields`. */
  readonly manager?: string | undefined;
  /** What the rule holds now. */
  readonly live: Split;
  readonly how: (typeof movedHow)[number];
  /** Which object, where a change has several. */
  readonly name?: string | undefined;
}

export interface RolledBack {
  readonly by: string;
  readonly change: ChangeId;
}

export interface Applied {
  readonly kind: 'applied';
  readonly at: string;
  readonly seq: number;
  /** From accepted to live. */
  readonly tookMs: number;
  /** The weights as the API server returned them, which admission may have changed. */
  readonly live: Split;
  /** Warnings of the API server and its webhooks. */
  readonly warnings: readonly string[];
  /** The change that took this one back, or the next one on the same rule. */
  readonly rolledBack?: RolledBack | undefined;
  readonly later?: ChangeId | undefined;
  readonly movedAway?: MovedAway | undefined;
  /** What was observed since, where requests are counted. */
  readonly seen?: Seen | undefined;
  /** Somebody will look, or look again. */
  readonly toBeSeen?: true | undefined;
}

/** Whoever said yes to a change. Whether it counts is asked of policy, then and later. */
export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** Why nobody may approve or apply a plan any more. */
export const voidReasons = ['moved', 'denied', 'approvals'] as const;
export type VoidReason = (typeof voidReasons)[number];

export type State =
  /** Not in line: its plan is shown, and people decide. */
  | { readonly kind: 'awaiting'; readonly expiresAt: string; readonly needs: Needs }
  | { readonly kind: 'rejected'; readonly at: string; readonly by: string; readonly reason?: string | undefined }
  | { readonly kind: 'withdrawn'; readonly at: string; readonly by: string }
  /** Not approved in time. */
  | { readonly kind: 'expired'; readonly at: string }
  /** `moved`: the object gives another plan now; `denied`: policy says no by now; `approvals`: they do not suffice any more. */
  | {
      readonly kind: 'void';
      readonly at: string;
      readonly because: VoidReason;
      /** The object that the plan was about, and what the rule's split had become. */
      readonly uid?: string | undefined;
      readonly live?: Split | undefined;
      readonly lastWriter?: string | undefined;
      readonly denied?: DenialReason | undefined;
      /** The lock or freeze that denied it, and when it ends. */
      readonly hold?: Pick<Hold, 'name' | 'by' | 'reason' | 'line'> | undefined;
      readonly heldUntil?: string | undefined;
      /** The rule of the policy that decided. */
      readonly rule?: RuleRef | undefined;
      /** Stands for all objects as they were then, where a change has several. */
      readonly stamp?: string | undefined;
      /** Those of its objects that are not what they were planned from; none where only its line has moved. */
      readonly moved?: readonly MovedObject[] | undefined;
    }
  | { readonly kind: 'queued' }
  | { readonly kind: 'applying' }
  | Applied
  | {
      readonly kind: 'held';
      readonly at: string;
      readonly because: HoldReason;
      /** The object that the person decides about, and its weights. */
      readonly uid: string;
      readonly live: Split;
      /** Whoever wrote the object last. */
      readonly lastWriter?: string | undefined;
      /** Which object, where a change has several. */
      readonly object?: ObjectRef | undefined;
      /** Stands for all of its objects as they were then. */
      readonly stamp?: string | undefined;
      /** What those of its objects hold that are not what they were planned from. */
      readonly found?: readonly FoundContent[] | undefined;
    }
  | { readonly kind: 'superseded'; readonly at: string; readonly by?: ChangeId | undefined }
  | { readonly kind: 'discarded'; readonly at: string; readonly by: string }
  | {
      readonly kind: 'failed';
      readonly at: string;
      readonly because: FailReason;
      /** The API server's own words, or what was found. */
      readonly detail?: string | undefined;
      /** Nobody will look again what became of it. */
      readonly settled?: boolean | undefined;
      /** Which object, where a change has several. */
      readonly object?: ObjectRef | undefined;
      /** Those that were written before it came to that. */
      readonly written?: readonly ObjectRef[] | undefined;
      readonly rolledBack?: RolledBack | undefined;
    };

/** An accepted plan. The stored record is the truth about its life; the routing object's ledger is the truth about its effect. */
export interface Change {
  readonly id: ChangeId;
  /** What Slack says made this request unique; a second change with the same id and another request is a collision. */
  readonly request: string;
  readonly object: RoutingObject;
  /** The service as it was named. */
  readonly service: string;
  readonly rule: string;
  /** The Slack user who asked. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly origin: Origin;
  /** The version the command was about, when it was about one. */
  readonly focus?: string | undefined;
  readonly from: Split;
  readonly to: Split;
  readonly base: Base;
  readonly reverts?: ChangeId | undefined;
  readonly pinned: readonly string[];
  /** What it does where that is more than weights; `object`, `rule`, `from` and `to` are then those of the first VirtualService of them. */
  readonly edits?: Edits | undefined;
  readonly warnings?: readonly PlanWarning[] | undefined;
  /** What policy judges it as; older records have none. */
  readonly deed?: MovingDeed | undefined;
  /** The team of the asker, where chat said so. */
  readonly team?: string | undefined;
  readonly approvals?: readonly Approval[] | undefined;
  /** Whoever had it applied although the object had moved since it was planned. */
  readonly insistedBy?: string | undefined;
  readonly acceptedAt: string;
  readonly state: State;
  /** Grows with every transition; a transition names the one it saw. */
  readonly rev: number;
}

/** In line for the cluster: it holds back what was accepted after it on the same object. */
export function isWaiting({ state }: Change): boolean {
  return state.kind === 'queued' || state.kind === 'applying';
}

/** Waits for people: to approve it, or to say what is to be done after the object moved. */
export function isForPeople({ state }: Change): boolean {
  return state.kind === 'held' || state.kind === 'awaiting';
}

/** Nothing more will happen to it but words, unless somebody asks for it anew. */
export function isEnded(change: Change): boolean {
  return !isWaiting(change) && !isForPeople(change);
}

/** Whether it moves an object: its own, or one of several. */
export function concerns({ object, edits }: Pick<Change, 'object' | 'edits'>, other: RoutingObject): boolean {
  if (object.cluster !== other.cluster) return false;
  return isSameObject(object, other) || (edits?.objects.some((edit) => isSameObject(edit, other)) ?? false);
}

/** What policy judges a change as. */
export function deedOf({ deed, reverts }: Pick<Change, 'deed' | 'reverts'>): MovingDeed {
  return deed ?? (reverts === undefined ? 'shift' : 'rollback');
}

/** Whether it took effect is not known, and will be looked up. */
export function isUnsettled({ state }: Change): boolean {
  return state.kind === 'failed' && state.because === 'unreachable' && state.settled !== true;
}

/** It is applied, and somebody will still look what came of the traffic. */
export function isToBeSeen({ state }: Change): boolean {
  return state.kind === 'applied' && state.toBeSeen === true;
}

/** A change whose weights are no longer the live ones tells nothing of the traffic: what was seen of it before stays. */
export function noLongerSeen(state: Applied): Applied {
  const { toBeSeen: _, ...rest } = state;
  return rest;
}

/** What a button carries of what its card showed: a click is about that, and not about what came since. */
export function shownAs({ rev }: Pick<Change, 'rev'>): string {
  return rev.toString(16).padStart(16, '0');
}

/** The same for a plan that awaits approval: it stays what it is while approvals come in, and is another when it is planned anew. */
export function planShown({ expiresAt }: { readonly expiresAt: string }): string {
  return Date.parse(expiresAt).toString(16).padStart(16, '0');
}

/** Ended without known effect, so that the same wish may be asked for again. */
export function endedWithoutEffect(change: Change): boolean {
  return isEnded(change) && change.state.kind !== 'applied' && effectOf(change).length === 0;
}

/** The edits of a change that are known to have been made: all of them, or those that were before it could not go on. */
export function effectOf({ edits, state }: Pick<Change, 'edits' | 'state'>): readonly ObjectEdit[] {
  if (edits === undefined) return [];
  if (state.kind === 'applied') return edits.objects;
  const written = state.kind === 'failed' ? (state.written ?? []) : [];
  return edits.objects.filter((edit) => written.some((ref) => isSameObject(ref, edit)));
}

/** `apply bookinfo/virtual-service-all-v1` */
export function doesText({ verb, of }: Pick<Edits, 'verb' | 'of'>): string {
  return `${verb} ${of}`;
}

export function moveTo(change: Change, state: State): Change {
  return { ...change, state, rev: change.rev + 1 };
}

/** The line of the ledger that a change will be. */
export function revisionOf(
  change: Pick<Change, 'id' | 'by' | 'rule' | 'from' | 'to' | 'reason' | 'reverts' | 'edits'>,
  at: Date,
): Revision {
  const { id, by, rule, from, to, reason, reverts, edits } = change;
  const does = edits && doesText(edits);
  return { id, at: at.toISOString(), by, rule, from, to, reason, reverts, ...(does !== undefined && { does }) };
}
