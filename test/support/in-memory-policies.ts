import { noPolicy, type Policy } from '../../src/domain/policy/policy.ts';
import type { Policies } from '../../src/workflow/ports/policies.ts';

/** The policy that a test sets. At first there is none. */
export class InMemoryPolicies implements Policies {
  #policy: Policy = noPolicy;
  #problem: string | undefined;

  current(): Policy {
    return this.#policy;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  take(policy: Policy): void {
    this.#policy = policy;
    this.#problem = undefined;
  }

  /** The file changed to something that cannot take effect. */
  spoil(problem: string): void {
    this.#problem = problem;
  }
}
