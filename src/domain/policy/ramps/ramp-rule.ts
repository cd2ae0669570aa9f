import type { RampSteps } from '../../ramp/steps.ts';

/** A ramp that the policy file names. People type its name in place of the steps. */
export interface NamedRamp {
  readonly name: string;
  readonly steps: RampSteps;
  /** As the file has it: `1, 5, 25, 50, 100 every 10m`. */
  readonly text: string;
  readonly line: number;
}

/** How traffic may go up. */
export interface RampRule {
  /** A single shift up is refused. */
  readonly only: boolean;
  /** At no time since its start may a ramp give its canary more than this one does. */
  readonly noSteeperThan?: NamedRamp | undefined;
}
