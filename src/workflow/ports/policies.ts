import type { Policy } from '../../domain/policy/policy.ts';

/** The policy in force. */
export interface Policies {
  /** Another call may return another policy, but there always is one. */
  current(): Policy;
  /** Why the policy file as it is now is not in force; undefined while it is. */
  problem(): string | undefined;
}
