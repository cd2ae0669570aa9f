import type { FailReason, MovedAway, StateOf } from '../change/state.ts';
import type { Tally } from '../guard/batch.ts';
import type { GuardKind } from '../guard/verdict.ts';
import type { DenialReason } from '../policy/judge.ts';
import type { ChangeId } from '../routing/names.ts';
import type { RampTargets } from './targets.ts';

/** Why a ramp stopped and waits for a person. A closed list: the card has words for each. */
export type RampHold =
  /** Somebody else moved what a step made. */
  | { readonly because: 'moved'; readonly away: Omit<MovedAway, 'how'> }
  /** The change of the next step ended without effect. */
  | { readonly because: 'step-failed'; readonly reason: FailReason; readonly detail?: string | undefined }
  /** The next step cannot be planned: the object, its rule or a version of it is gone, or another tool sets the weights. */
  | { readonly because: 'no-plan'; readonly refusal: string }
  /** Policy does not allow the next step. */
  | ({ readonly because: 'denied' } & Pick<StateOf<'void'>, 'denied' | 'hold' | 'heldUntil' | 'rule'>)
  /** The way back ended without effect, for a reason that trying again does not mend. */
  | {
      readonly because: 'back-failed';
      readonly reason: FailReason | 'denied';
      readonly detail?: string | undefined;
      readonly back: GoingBack;
    }
  /** The next step was due while nobody worked, longer ago than the ramp goes on by itself. */
  | { readonly because: 'late'; readonly lateMs: number }
  /** A guard has a sign that the canary is worse, or requests reached no version. */
  | { readonly because: 'guard'; readonly proof: GuardProof }
  /** Nobody let it go on in time. */
  | { readonly because: 'not-asked-on' };

export const rampHoldReasons = [
  'moved',
  'step-failed',
  'no-plan',
  'denied',
  'back-failed',
  'late',
  'guard',
  'not-asked-on',
] as const satisfies readonly RampHold['because'][];

/** What a guard saw in the ramp when it acted. `oneIn`: were nothing wrong, fewer than one ramp in so many would look like this. */
export interface GuardProof {
  readonly guard: GuardKind | 'unreached' | 'own';
  readonly oneIn?: number | undefined;
  readonly canary: Tally;
  readonly others: Tally;
  /** Requests that reached no version, by Envoy's flag. */
  readonly unreached?: Readonly<Record<string, number>> | undefined;
}

/** Who stops a ramp and why. `by` is a user, or `guard`. */
export interface GoingBack {
  readonly why: 'aborted' | 'taken-back';
  readonly by: string;
  readonly at: string;
  readonly reason?: string | undefined;
  /** Of a guard that takes it back. */
  readonly proof?: GuardProof | undefined;
}

/**
 * Where a ramp that goes back still has to. A cluster that cannot go back now must not keep the others from it: it is tried once more
 * (`again`) when they are done.
 */
export interface ClustersLeft {
  readonly left: readonly string[];
  readonly again: readonly string[];
}

/** Where a step starts from, which is live until it is applied. */
export interface StepsFrom {
  /** The number of the step that is live; 0 before the first one. */
  readonly live: number;
  /** When that one was applied, or the ramp began. */
  readonly since: string;
  /** What the rules have. */
  readonly from: RampTargets;
}

/** `step` is the number of the step that is live, 0 before the first; in `stepping` the one that is being made. */
export type RampState =
  | StateOf<'awaiting' | 'rejected' | 'withdrawn' | 'expired'>
  /** Not begun: its objects no longer give the plan that was approved, or policy no longer allows it. */
  | {
      readonly kind: 'void';
      readonly at: string;
      readonly because: 'moved' | 'relabelled' | 'denied';
      readonly denied?: DenialReason | undefined;
    }
  /**
   * The change of a step is in line. `pausedBy`: the ramp pauses once it is live, or could not be made. `suspected`: a guard had a sign
   * meanwhile. The change is taken out of the line, and the ramp held; or it is held once the step is live, if that is too late.
   */
  | ({
      readonly kind: 'stepping';
      readonly step: number;
      readonly change: ChangeId;
      readonly pausedBy?: string | undefined;
      readonly suspected?: GuardProof | undefined;
    } & StepsFrom)
  /** A step is live and watched. `since`: when it was applied. At `dueAt` the next one is made, or after the last one the ramp ends. */
  | {
      readonly kind: 'running';
      readonly step: number;
      readonly since: string;
      readonly dueAt: string;
      /** What it waits for until then, if not for the step's time. */
      readonly waitsFor?: 'hours' | 'traffic' | undefined;
      /** People were told a second time that it waits. */
      readonly isToldAgain?: true | undefined;
    }
  /** `leftMs`: the part of the step's time that was left. */
  | {
      readonly kind: 'paused';
      readonly step: number;
      readonly since: string;
      readonly at: string;
      readonly by: string;
      readonly leftMs: number;
    }
  | {
      readonly kind: 'held';
      readonly step: number;
      readonly since: string;
      readonly at: string;
      readonly leftMs: number;
      readonly hold: RampHold;
    }
  /** A person lets the next step be made. */
  | {
      readonly kind: 'asking';
      readonly step: number;
      readonly since: string;
      readonly at: string;
      readonly expiresAt: string;
      /** People were asked a second time. */
      readonly isToldAgain?: true | undefined;
    }
  /** On its way to what was before the ramp. `change` is absent until it is planned. */
  | ({
      readonly kind: 'going-back';
      readonly step: number;
      readonly change?: ChangeId | undefined;
      /** What the rules had when the person decided. What somebody else makes of them since is not overwritten. */
      readonly seen: RampTargets;
      /** Of several clusters, those that still have to: each goes back by a change of its own. */
      readonly clusters?: ClustersLeft | undefined;
    } & GoingBack)
  /** `step`: the one that was live before. `change`: absent if nothing had to be taken back. */
  | ({ readonly kind: 'back'; readonly step: number; readonly change?: ChangeId | undefined } & GoingBack)
  | { readonly kind: 'finished'; readonly at: string }
  /** `by`: the change of ours that moved its rule. */
  | { readonly kind: 'superseded'; readonly at: string; readonly by?: ChangeId | undefined };

export type RampStateOf<K extends RampState['kind']> = Extract<RampState, { readonly kind: K }>;

const over = ['rejected', 'withdrawn', 'expired', 'void', 'back', 'finished', 'superseded'] as const;
type OverKind = (typeof over)[number];

/** Nothing automatic moves the service any more. */
export function isOver(state: RampState): state is RampStateOf<OverKind> {
  return over.some((kind) => kind === state.kind);
}

/** The number of the step that is live; 0 before the first one, and where that is not known any more. */
export function liveStep(state: RampState): number {
  if (state.kind === 'stepping') return state.live;
  return 'step' in state ? state.step : 0;
}

/** A step is live, and the ramp stands between two steps. */
export type Standing = RampStateOf<'running' | 'paused' | 'held' | 'asking'>;

export function isStanding(state: RampState): state is Standing {
  return ['running', 'paused', 'held', 'asking'].includes(state.kind);
}

/** A state in which a step is live: also while the next one is being made. */
export type Live = Standing | RampStateOf<'stepping'>;

export function isLive(state: RampState): state is Live {
  return (isStanding(state) || state.kind === 'stepping') && liveStep(state) > 0;
}

const askAgainMs = 3600_000;
const blindAgainMs = 600_000;

/** When people are told a second time that a ramp waits for them, or for traffic; undefined if it does not, or they were. */
export function tellAgainAtMs(state: RampState): number | undefined {
  if (state.kind === 'asking' && state.isToldAgain !== true) return Date.parse(state.at) + askAgainMs;
  const isBlind = state.kind === 'running' && state.waitsFor === 'traffic' && state.isToldAgain !== true;
  return isBlind ? Date.parse(state.dueAt) + blindAgainMs : undefined;
}

/** When something is due by the clock; undefined if the ramp waits for something else. */
export function dueAtMs(state: RampState): number | undefined {
  switch (state.kind) {
    case 'running': // one that waits for traffic goes on after a look
      return state.waitsFor === 'traffic' ? tellAgainAtMs(state) : Date.parse(state.dueAt);
    case 'awaiting':
      return Date.parse(state.expiresAt);
    case 'asking':
      return Math.min(Date.parse(state.expiresAt), tellAgainAtMs(state) ?? Number.POSITIVE_INFINITY);
    default:
      return undefined;
  }
}
