import type { Owner } from './owner.ts';
import type { HostVersion } from './undefined-versions.ts';

/** What a person should know before a plan is made real. */
export type PlanWarning =
  | { readonly kind: 'puts-back'; readonly owner: Owner }
  /** They would get requests, and no DestinationRule defines them. */
  | { readonly kind: 'undefined-versions'; readonly versions: readonly HostVersion[] };
