import type { Policy } from '../../domain/policy/policy.ts';

/** The policy in force. */
export interface Policies {
  /** From one call to the next it may be another; never none. */
  current(): Policy;
  /** Why what stands in the policy file is not in force; undefined while it is. */
  problem(): string | undefined;
}
