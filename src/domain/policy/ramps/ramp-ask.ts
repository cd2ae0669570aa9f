import type { RampSteps, Stay } from '../../ramp/steps.ts';
import { type Split, versionsOf } from '../../routing/split.ts';
import { type Growth, growthOf, rounded, shareOf } from '../targets.ts';

/** The whole ramp, as policy looks at it. */
export interface RampAsk {
  readonly steps: readonly [RampAskStep, ...RampAskStep[]];
  /** The number of the first of these steps: those before it were made. */
  readonly first: number;
  /** False: it was asked for with `--no-guard`. */
  readonly guards: boolean;
}

/** A share of the canary, and the earliest time at which it may have it. */
export interface TimedShare {
  readonly percent: number;
  /** Since the ramp's start. A person may answer at once, so a step that ends with `ask` takes no time. */
  readonly fromMs: number;
  /** Whether a person ends this step. */
  readonly asks: boolean;
}

export interface RampAskStep extends TimedShare {
  /** False if the step only goes back towards the split before the ramp. */
  readonly isUp: boolean;
  /** What this step gives to a version. */
  readonly growth: Growth;
}

interface PlannedRamp {
  /** The split before the ramp. */
  readonly origin: Split;
  readonly steps: readonly [PlannedStep, ...PlannedStep[]];
  readonly guards: boolean;
}

interface PlannedStep {
  readonly to: Split;
  readonly stay: Stay;
}

/** The ramp that these splits make. The versions that get more than before the ramp are the canary, together. */
export function rampAskOf({ origin, steps: [first, ...more], guards }: PlannedRamp): RampAsk {
  const steps = [first, ...more];
  const canary = versionsOf(origin, ...steps.map(({ to }) => to)).filter((version) =>
    steps.some(({ to }) => shareOf(to, version) > shareOf(origin, version)),
  );
  const starts = startsOf(steps);
  const asked = ({ to, stay }: PlannedStep, at: number): RampAskStep => {
    const from = steps[at - 1]?.to ?? origin;
    return {
      percent: rounded(canary.reduce((sum, version) => sum + shareOf(to, version), 0)),
      fromMs: starts[at] ?? 0,
      asks: stay.kind === 'ask',
      isUp: !goesBack({ origin, from, to }),
      growth: growthOf(from, to),
    };
  };
  return { steps: [asked(first, 0), ...more.map((step, at) => asked(step, at + 1))], first: 1, guards };
}

/** When a named ramp gives what. */
export function timed(steps: RampSteps): readonly TimedShare[] {
  const starts = startsOf(steps);
  return steps.map(({ percent, stay }, at) => ({ percent, fromMs: starts[at] ?? 0, asks: stay.kind === 'ask' }));
}

/** The most that a version gets in a step up; 0 if no step goes up. */
export function mostReached({ steps }: RampAsk): number {
  return Math.max(0, ...steps.filter(({ isUp }) => isUp).map(({ growth }) => growth.reached));
}

function startsOf(steps: readonly { readonly stay: Stay }[]): readonly number[] {
  let start = 0;
  return steps.map(({ stay }) => {
    const from = start;
    start += stay.kind === 'for' ? stay.ms : 0;
    return from;
  });
}

/** Whether every share goes towards what it was before the ramp, and not past it. */
function goesBack({ origin, from, to }: Readonly<Record<'origin' | 'from' | 'to', Split>>): boolean {
  return versionsOf(origin, from, to).every((version) => {
    const [was, has, gets] = [shareOf(origin, version), shareOf(from, version), shareOf(to, version)];
    return gets >= Math.min(was, has) && gets <= Math.max(was, has);
  });
}
