import type { Elsewhere } from '../map/following.ts';
import type { Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import type { definerOf, ObjectRef } from '../routing/object.ts';
import type { Owner } from '../routing/owner.ts';
import type { Rule, Unsplittable } from '../routing/route.ts';
import type { Split } from '../routing/split.ts';

/** Why weights are not set. */
export type Refusal =
  /** Another controller sets the weights, and would overwrite ours. */
  | { readonly reason: 'owned'; readonly owner: Owner }
  /** No requests follow the rule. It is moved all the same if a person names its object. */
  | { readonly reason: 'not-followed'; readonly object: ObjectRef; readonly elsewhere: readonly Elsewhere[] }
  /** A version would get more, and has no ready pod. `mayInsist`: whether `--anyway` would do it. */
  | {
      readonly reason: 'no-pods';
      readonly version: string;
      readonly all: number;
      readonly percent: number;
      readonly mayInsist: boolean;
    }
  | ({ readonly reason: 'no-default-rule' } & WhichRule)
  /** Several rules answer to what was typed. */
  | ({ readonly reason: 'several-rules'; readonly rule: string } & WhichRule)
  | { readonly reason: 'unknown-rule'; readonly rule: string; readonly rules: readonly string[] }
  | ({ readonly reason: 'rule-cannot-be-split'; readonly rule: string; readonly because: Unsplittable } & Pick<
      Rule,
      'handsTo'
    >)
  | {
      readonly reason: 'unknown-version';
      readonly version: string;
      readonly versions: readonly string[];
      readonly nearest?: string | undefined;
      /** What would define it. */
      readonly definer: ReturnType<typeof definerOf>;
    }
  /** A version that nobody named would keep a share, and nothing defines it. */
  | { readonly reason: 'undefined-live'; readonly version: string; readonly percent: number; readonly wanted: string }
  | { readonly reason: 'several-hosts'; readonly version: string }
  | {
      readonly reason: 'nobody-else';
      readonly version: string;
      readonly percent: number;
      readonly others: readonly string[];
    }
  | {
      readonly reason: 'already-there';
      readonly split: Split;
      readonly since?: Revision | undefined;
      readonly waiting?: ChangeId | undefined;
    }
  /** `rule`: set if only the changes of that rule were meant. */
  | { readonly reason: 'nothing-to-roll-back'; readonly rule?: string | undefined }
  /** Every change in the history is taken back. `by`: what took back the last one. */
  | { readonly reason: 'nothing-left'; readonly by: Pick<Revision, 'id' | 'by'>; readonly rule?: string | undefined }
  | {
      readonly reason: 'unknown-change';
      readonly id: ChangeId;
      readonly known: readonly ChangeId[];
      readonly rule?: string | undefined;
    }
  | { readonly reason: 'already-rolled-back'; readonly by: Pick<Revision, 'id' | 'by'> }
  /** The change did more than set weights. Only its record, which is lost, held what was there before. */
  | { readonly reason: 'record-lost'; readonly revision: Revision };

/** The rules that may be meant. */
export interface WhichRule {
  /** The key of each. */
  readonly rules: readonly string[];
  /** Those that can be split, as they are now. */
  readonly choices?: readonly RuleChoice[] | undefined;
}

export type RuleChoice = Pick<Rule, 'key' | 'match' | 'split'>;

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}
