import type { Change } from '../../../src/domain/change/change.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { RampSteps, Stay } from '../../../src/domain/ramp/steps.ts';
import type { RampId } from '../../../src/domain/routing/names.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import type { Asker } from '../../../src/workflow/desk.ts';
import { decideOnRamp } from '../../../src/workflow/ramping/decide-on-ramp.ts';
import type { RampDecision, RampGesture } from '../../../src/workflow/ramping/decision.ts';
import { drive } from '../../../src/workflow/ramping/drive.ts';
import type { AskedRamp, RampAnswer } from '../../../src/workflow/ramping/ramp-answer.ts';
import { requestRamp } from '../../../src/workflow/ramping/start.ts';
import { reviews } from '../../support/builders.ts';
import { acceptedIn, House } from '../house.ts';
import type { There } from '../world.ts';

export const minute = 60_000;

/** Steps with the same time each. */
export function steps(percents: readonly [number, ...number[]], ms = 5 * minute): RampSteps {
  const step = (percent: number) => ({ percent, stay: { kind: 'for', ms } as Stay });
  const [first, ...more] = percents;
  return [step(first), ...more.map(step)];
}

/** Where people type ramps. Reviews has v1, v2 and v3, and all its traffic goes to v1. */
export class RampHouse extends House {
  constructor(...there: readonly There[]) {
    super(...(there.length > 0 ? there : [reviews({ v1: 100, v2: 0, v3: 0 })]));
  }

  askRamp(
    asked: Partial<Omit<AskedRamp, 'options'>> & {
      readonly reason?: string;
      readonly dryRun?: boolean;
      readonly rule?: string;
      readonly noGuard?: boolean;
      readonly allRules?: true;
    } = {},
    asker: Asker = this.asker(),
  ): Promise<RampAnswer> {
    const { reason, dryRun = false, rule, noGuard = false, allRules, ...rest } = asked;
    const typed = { service: { service: 'reviews' }, version: 'v3', steps: steps([10, 25, 50, 100]), ...rest };
    return requestRamp(
      this.desk,
      { ...typed, options: { reason, dryRun, rule, noGuard, ...(allRules && { allRules }) } },
      asker,
    );
  }

  /** A ramp whose first step is live. */
  async started(asked: Parameters<RampHouse['askRamp']>[0] = {}): Promise<Ramp> {
    const answer = await this.askRamp(asked);
    if (answer.kind !== 'ramp') throw new Error(`the ramp was not accepted: ${JSON.stringify(answer)}`);
    await this.goOn();
    return this.ramp(answer.ramp.id);
  }

  /** Workers apply what is in line, and processes move the ramps on, until nothing is left to do now. */
  async goOn(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      await this.work();
      await this.look();
      await this.reconcile();
    }
  }

  /** Time passes, and then they do so. */
  async after(ms: number): Promise<void> {
    this.pass(ms);
    await this.goOn();
  }

  async ramp(id: RampId): Promise<Ramp> {
    const ramp = await this.ramps.read(id);
    if (ramp === undefined) throw new Error(`nothing is stored of ${id}`);
    return ramp;
  }

  async state(id: RampId): Promise<Ramp['state']> {
    return (await this.ramp(id)).state;
  }

  async does(
    gesture: RampGesture,
    { id }: Pick<Ramp, 'id'>,
    seen?: string,
    asker = this.asker(),
  ): Promise<RampDecision> {
    const answer = await decideOnRamp(this.desk, { id, gesture, seen }, asker);
    await this.settled();
    return answer;
  }

  /** A shift by a person who was told that it ends the ramp. */
  async shiftOver({ id }: Pick<Ramp, 'id'>, version: string, percent: number): Promise<Change> {
    const wish = { kind: 'share', version, percent } as const;
    const typed = { verb: 'shift', service: { service: 'reviews' }, wish, options: { dryRun: false } } as const;
    return acceptedIn(await requestShift(this.desk, typed, this.asker(), 'do', id));
  }

  /** One process moves one ramp on. */
  async drive({ id }: Pick<Ramp, 'id'>): Promise<void> {
    await drive(this.desk, id);
    await this.settled();
  }
}
