import type { Needs } from '../policy/approvals.ts';
import type { Hold } from '../policy/freeze.ts';
import type { DenialReason } from '../policy/judge.ts';
import type { RuleRef } from '../policy/policy.ts';
import type { ChangeId } from '../routing/names.ts';
import type { ObjectContent, ObjectRef } from '../routing/object.ts';
import type { RuleSplit } from '../routing/route.ts';
import type { Split } from '../routing/split.ts';
import type { Seen } from './seen.ts';

/** Why a change waits for a person: an object is not what the change was planned from. */
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

/** How an applied change was lost to somebody else; besides the weights, the object, its rule or its history may be gone. */
export const movedHow = ['weights', 'ledger-lost', 'made-anew', 'object-gone', 'rule-gone', 'pinned-rules'] as const;

/** Somebody else moved what an applied change made, and no newer change of ours did. */
export interface MovedAway {
  readonly object: ObjectRef;
  /** The rule that was moved. */
  readonly rule: string;
  /** When the rules were written, by the API server; when it was seen, where that is not known. */
  readonly at: string;
  /** The manager that wrote them, by `managedFields`. */
  readonly manager?: string | undefined;
  /** What the rule holds now. */
  readonly live: Split;
  readonly how: (typeof movedHow)[number];
}

export interface RolledBack {
  readonly by: string;
  readonly change: ChangeId;
}

/** What a change made of one object. */
export interface Made {
  readonly object: ObjectRef;
  /** The number of the change in the object's history. */
  readonly seq: number;
  /** The splits of the moved rules as the API server returned them, which admission may have changed. */
  readonly live: readonly RuleSplit[];
}

export interface Applied {
  readonly kind: 'applied';
  readonly at: string;
  /** One for each edit, in the order of the edits. */
  readonly made: readonly Made[];
  /** From accepted to live. */
  readonly tookMs: number;
  /** Warnings of the API server and its webhooks. */
  readonly warnings: readonly string[];
  /** The change that took this one back, or the next one on the same rule. */
  readonly rolledBack?: RolledBack | undefined;
  readonly later?: ChangeId | undefined;
  readonly movedAway?: MovedAway | undefined;
  /** What was counted since, where requests are counted. */
  readonly seen?: Seen | undefined;
  /** Somebody will count, or count again. */
  readonly toBeSeen?: true | undefined;
}

/** How an object came to be another than the one a plan was made from: by somebody else, or by a change of ours. */
export const objectMoves = ['written', 'made-anew', 'gone', 'ledger-lost', 'changed', 'unreadable'] as const;

/** An object that is not what a plan was made from, as it was found. */
export interface MovedObject {
  readonly object: ObjectRef;
  readonly how: (typeof objectMoves)[number];
  /** The change of ours that it had since. */
  readonly by?: ChangeId | undefined;
  /** Absent where it is gone. */
  readonly uid?: string | undefined;
  /** What the rules hold whose weights the change moves; a rule that is gone is left out. */
  readonly live: readonly RuleSplit[];
  /** What it holds now, where the edit is one of content; absent where it is gone, and where a record has no room for it. */
  readonly content?: ObjectContent | undefined;
  /** The manager that wrote it last. */
  readonly lastWriter?: string | undefined;
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
  /** `moved`: the objects give another plan now; `denied`: policy says no by now; `approvals`: they are too few now. */
  | {
      readonly kind: 'void';
      readonly at: string;
      readonly because: VoidReason;
      /** Those of its objects that are not what they were planned from; none where only a line has moved, or only policy. */
      readonly moved: readonly MovedObject[];
      /** Stands for all of its objects as they were then. */
      readonly stamp: string;
      readonly denied?: DenialReason | undefined;
      /** The lock or freeze that denied it, and when it ends. */
      readonly hold?: Pick<Hold, 'name' | 'by' | 'reason' | 'line'> | undefined;
      readonly heldUntil?: string | undefined;
      /** The rule of the policy that decided. */
      readonly rule?: RuleRef | undefined;
    }
  | { readonly kind: 'queued' }
  | { readonly kind: 'applying' }
  | Applied
  | {
      readonly kind: 'held';
      readonly at: string;
      readonly because: HoldReason;
      /** Those of its objects that are not what they were planned from, the one that stopped it first. */
      readonly found: readonly MovedObject[];
      /** Stands for all of its objects as they were then: a person decides about these. */
      readonly stamp: string;
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
      /** The object that stopped it. */
      readonly object?: ObjectRef | undefined;
      /** Those that were written before that. */
      readonly written?: readonly ObjectRef[] | undefined;
      readonly rolledBack?: RolledBack | undefined;
    };

export type StateOf<K extends State['kind']> = Extract<State, { readonly kind: K }>;

/** Nobody counts the traffic of weights that are no longer live. What was counted before stays. */
export function noLongerSeen(state: Applied): Applied {
  const { toBeSeen: _, ...rest } = state;
  return rest;
}
