import type { Needs } from '../policy/approvals.ts';
import type { Hold } from '../policy/freeze.ts';
import type { DenialReason } from '../policy/judge.ts';
import type { RuleRef } from '../policy/policy.ts';
import type { ChangeId } from '../routing/names.ts';
import type { ObjectContent, ObjectRef } from '../routing/object.ts';
import type { RuleSplit } from '../routing/route.ts';
import type { Split } from '../routing/split.ts';
import type { Effect } from '../routing/standing.ts';
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

/** What somebody else did to an applied change. Besides the weights, the object, its rule or its history may be gone. */
export const movedHow = ['weights', 'ledger-lost', 'made-anew', 'object-gone', 'rule-gone', 'pinned-rules'] as const;

/** Somebody else, and not a newer change of ours, moved what an applied change made. */
export interface MovedAway {
  readonly object: ObjectRef;
  /** The rule that was moved. */
  readonly rule: string;
  /** When the rules were written, by the API server's clock. If that is not known, when we saw it. */
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
  /** What the controllers of its routes say of it. Absent while they have not been heard, and for kinds that have none. */
  readonly effect?: Effect | undefined;
  /** What was counted since, if requests are counted. */
  readonly seen?: Seen | undefined;
  /** Requests will be counted, or counted again. */
  readonly toBeSeen?: true | undefined;
}

/** How an object came to differ from what a plan was made from, by somebody else or by a change of ours. */
export const objectMoves = ['written', 'made-anew', 'gone', 'ledger-lost', 'changed', 'unreadable'] as const;

/** An object that differs from what a plan was made from, as we found it. */
export interface MovedObject {
  readonly object: ObjectRef;
  readonly how: (typeof objectMoves)[number];
  /** Our change that has changed it since. */
  readonly by?: ChangeId | undefined;
  /** Absent if it is gone. */
  readonly uid?: string | undefined;
  /** The splits of the rules that the change moves. A rule that is gone is left out. */
  readonly live: readonly RuleSplit[];
  /** What it holds now, for a content edit. Absent if the object is gone, or a record has no room for it. */
  readonly content?: ObjectContent | undefined;
  /** The manager that wrote it last. */
  readonly lastWriter?: string | undefined;
}

/** Why a plan can no longer be approved or applied. */
export const voidReasons = ['moved', 'denied', 'approvals', 'relabelled'] as const;
export type VoidReason = (typeof voidReasons)[number];

export type State =
  /** Not in line: its plan is shown, and people decide. */
  | { readonly kind: 'awaiting'; readonly expiresAt: string; readonly needs: Needs }
  | { readonly kind: 'rejected'; readonly at: string; readonly by: string; readonly reason?: string | undefined }
  | { readonly kind: 'withdrawn'; readonly at: string; readonly by: string }
  /** Not approved in time. */
  | { readonly kind: 'expired'; readonly at: string }
  /** `moved`: the objects now give another plan. `denied`: policy now says no. `approvals`: there are now too few. `relabelled`: a
   * version selects other pods. */
  | {
      readonly kind: 'void';
      readonly at: string;
      readonly because: VoidReason;
      /** Its objects that differ from what they were planned from. Empty if only a line or only policy has changed. */
      readonly moved: readonly MovedObject[];
      /** A stamp of all of its objects as they were then. */
      readonly stamp: string;
      readonly denied?: DenialReason | undefined;
      /** The lock or freeze that denied it. `heldUntil`: when that ends, or when the hours of its rule begin again. */
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
      /** Its objects that differ from what they were planned from. The first is the one that stopped it. */
      readonly found: readonly MovedObject[];
      /** A stamp of all of its objects as they were then. A person decides about these. */
      readonly stamp: string;
      /** People were told a second time that it waits for them. */
      readonly isToldAgain?: true | undefined;
    }
  | { readonly kind: 'superseded'; readonly at: string; readonly by?: ChangeId | undefined }
  | { readonly kind: 'discarded'; readonly at: string; readonly by: string }
  | {
      readonly kind: 'failed';
      readonly at: string;
      readonly because: FailReason;
      /** The API server's own words, or what was found. */
      readonly detail?: string | undefined;
      /** We will not look again at what became of it. */
      readonly settled?: boolean | undefined;
      /** The object that stopped it. */
      readonly object?: ObjectRef | undefined;
      /** The objects that were written before that. */
      readonly written?: readonly ObjectRef[] | undefined;
      readonly rolledBack?: RolledBack | undefined;
    };

export type StateOf<K extends State['kind']> = Extract<State, { readonly kind: K }>;

/** We do not count the traffic of weights that are no longer live. What was counted before stays. */
export function noLongerSeen(state: Applied): Applied {
  const { toBeSeen: _, ...rest } = state;
  return rest;
}
