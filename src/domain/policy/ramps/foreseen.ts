import type { Denial } from '../judge.ts';
import { type AskOfObject, judgeObject } from '../judge-object.ts';
import type { Policy } from '../policy.ts';
import type { RampAsk } from './ramp-ask.ts';

/** What will be in the way of a step. */
export interface Foreseen {
  /** The first step is 1. */
  readonly step: number;
  readonly percent: number;
  /** When the step is due, at the earliest. */
  readonly at: Date;
  readonly denial: Denial;
}

type RampAsked = AskOfObject & { readonly ramp: RampAsk };

/**
 * What the policy as it is now will have against each step up of a ramp that begins at `ask.at`: locks, freezes, hours.
 * A step that has to wait delays the steps after it. Nothing is known of steps that come after something with no known end.
 */
export function foreseen(policy: Policy, ask: RampAsked): readonly Foreseen[] {
  const found: Foreseen[] = [];
  let due = ask.at;
  for (const [at, step] of ask.ramp.steps.entries()) {
    const told = ({ denial, since }: Met): Foreseen => ({ step: at + 1, percent: step.percent, at: since, denial });
    const waits = step.isUp ? waitsOf(policy, ask, due) : { met: [], until: due };
    found.push(...waits.met.map(told));
    if (waits.until === undefined) break;
    const next = ask.ramp.steps[at + 1];
    due = new Date(waits.until.getTime() + (next === undefined ? 0 : next.fromMs - step.fromMs));
  }
  return found;
}

interface Met {
  readonly denial: Denial;
  readonly since: Date;
}

interface Waits {
  readonly met: readonly Met[];
  /** When the step can be made. Undefined if that is not known. */
  readonly until: Date | undefined;
}

/** More waits for one step than this are not followed. */
const mostWaits = 20;

/** What a step waits for from the moment at which it is due, one after the other: a freeze may end in the night, outside hours. */
function waitsOf(policy: Policy, ask: RampAsked, due: Date): Waits {
  const met: Met[] = [];
  let at: Date | undefined = due;
  while (at !== undefined && met.length < mostWaits) {
    const since: Date = at;
    const denial = stopping(policy, ask, since);
    if (denial === undefined) return { met, until: since };
    met.push({ denial, since });
    at = denial.reason === 'outside-hours' ? denial.opens : denial.hold.until;
  }
  return { met, until: undefined };
}

type Stopping = Extract<Denial, { reason: 'locked' | 'frozen' | 'outside-hours' }>;

function stopping(policy: Policy, ask: RampAsked, at: Date): Stopping | undefined {
  const holds = ask.holds.filter(({ until }) => until === undefined || until.getTime() > at.getTime());
  const { verdict } = judgeObject(policy, { ...ask, holds, growth: undefined, at });
  if (verdict.kind !== 'refused') return undefined;
  const { denial } = verdict;
  return denial.reason === 'locked' || denial.reason === 'frozen' || denial.reason === 'outside-hours'
    ? denial
    : undefined;
}
