import type { Denial } from '../../domain/policy/judge.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampHold } from '../../domain/ramp/ramp-state.ts';
import type { RampId } from '../../domain/routing/names.ts';
import type { NotAsLeft } from './as-left.ts';

/** What a person does to a ramp that is not over. */
export type RampGesture = 'pause' | 'resume' | 'next' | 'abort' | 'finish' | 'put-back' | 'go-without';

export type RampDecision =
  | { readonly kind: 'done'; readonly gesture: RampGesture; readonly ramp: Ramp }
  /** It does not stand as it must for that. */
  | {
      readonly kind: 'not-now';
      readonly gesture: RampGesture;
      readonly ramp: Ramp;
      readonly done?: DoneBefore | undefined;
    }
  /** The button was drawn for another step or state. */
  | {
      readonly kind: 'moved-on';
      readonly gesture: RampGesture;
      readonly ramp: Ramp;
      readonly done?: DoneBefore | undefined;
    }
  /** The step that a person wanted cannot be made now. The ramp stays as it is. */
  | { readonly kind: 'not-made'; readonly gesture: RampGesture; readonly ramp: Ramp; readonly hold: RampHold }
  /** Somebody else, or a change of ours, moved the weights: the ramp stops. */
  | { readonly kind: 'stopped'; readonly ramp: Ramp; readonly stop: NotAsLeft }
  | { readonly kind: 'cannot-tell'; readonly ramp: Ramp; readonly why: string }
  /** Steps up are made in certain hours only. */
  | { readonly kind: 'waits'; readonly ramp: Ramp; readonly until: Date; readonly waitsFor: 'hours' | 'pace' }
  | { readonly kind: 'denied'; readonly ramp: Ramp; readonly denial: Denial }
  | { readonly kind: 'unknown-ramp'; readonly id: RampId };

/** The step that a late click asked for. `at`: when it was applied; absent while it is being made. */
export interface DoneBefore {
  readonly step: number;
  readonly at?: string | undefined;
}

export interface Deciding {
  readonly id: RampId;
  readonly gesture: RampGesture;
  /** The step and state that a button was drawn for (`standingShown`). */
  readonly seen?: string | undefined;
  readonly reason?: string | undefined;
}
