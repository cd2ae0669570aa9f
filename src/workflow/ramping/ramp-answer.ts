import type { Refusal } from '../../domain/change/refusal.ts';
import type { Options, TypedService } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { Foreseen } from '../../domain/policy/ramps/foreseen.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampHold } from '../../domain/ramp/ramp-state.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { LiveObject } from '../../domain/routing/route.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import type { Answer } from '../asking/submit.ts';
import type { Foresight } from '../guarding/outlook.ts';

/** A ramp as it was typed. */
export interface AskedRamp {
  readonly service: TypedService;
  readonly version: string;
  readonly steps: RampSteps | { readonly named: string };
  readonly options: Options & { readonly noGuard?: boolean };
}

/** What a ramp would be: for a dry run, or to be stored. */
export interface RampPlan extends Pick<Ramp, 'name' | 'version' | 'named' | 'before' | 'steps' | 'guards'> {
  /** An object for each cluster. */
  readonly lives: readonly LiveObject[];
  readonly warnings: readonly PlanWarning[];
  /** How many changes wait before the first step. */
  readonly waiting: number;
  /** What guards could notice; absent without guards. */
  readonly foresight?: Foresight | undefined;
  /** When the hours for steps up begin, if that is later than now: the first step is made then. */
  readonly opens?: Date | undefined;
  /** What policy will have against a later step, as it is now. */
  readonly foreseen: readonly Foreseen[];
}

export type RampAnswer =
  | {
      readonly kind: 'ramp';
      readonly ramp: Ramp;
      readonly again: boolean;
      readonly foreseen?: readonly Foreseen[] | undefined;
      readonly foresight?: Foresight | undefined;
    }
  | { readonly kind: 'ramp-preview'; readonly plan: RampPlan; readonly judgement: Judgement }
  /** `step`: the number of the step that cannot be made. */
  | { readonly kind: 'ramp-refused'; readonly name: ServiceName; readonly refusal: Refusal; readonly step: number }
  /** The policy file names no such ramp. */
  | { readonly kind: 'no-such-ramp'; readonly named: string; readonly known: readonly string[] }
  /** Another ramp moves the same rule. */
  | { readonly kind: 'ramp-taken'; readonly name: ServiceName; readonly other: Ramp | undefined }
  /** Nobody else would see its card where it was asked for. */
  | { readonly kind: 'unseen'; readonly name: ServiceName; readonly channel: string }
  /** In all of its clusters together. */
  | { readonly kind: 'too-many-steps'; readonly name: ServiceName; readonly steps: number; readonly most: number }
  /** The guards could not look twice at a step. */
  | {
      readonly kind: 'too-short';
      readonly name: ServiceName;
      readonly step: number;
      readonly shortestMs: number;
    }
  /** Prometheus does not answer, and from when on a request is slow is fixed before a ramp begins. */
  | { readonly kind: 'unmeasured'; readonly name: ServiceName }
  /** The first step cannot be made now. */
  | { readonly kind: 'ramp-stopped'; readonly name: ServiceName; readonly hold: RampHold }
  | Extract<Answer, { kind: 'denied' | 'not-found' | 'refused-before' }>;
