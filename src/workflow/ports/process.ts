import type { UnmeasuredReason } from '../../domain/change/seen.ts';
import type { Tool } from '../../domain/routing/owner.ts';

/** Runs work in the background. If it fails, `what` is logged as what went wrong. */
export type Aside = (work: () => Promise<void>, what: string, fields: object) => void;

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What happened, counted. */
export interface Meter {
  /** A change ended, or is held; `outcome` is its state, with the reason if there is one. */
  ended(outcome: string): void;
  /** From accepted to live. */
  applied(tookMs: number): void;
  /** Somebody else moved what an applied change made; `by` is the tool, if it is a known one. */
  movedAway(by: Tool | 'other'): void;
  /** A step of a ramp is live. */
  stepped(): void;
  /** The guards looked at a step; `says`: the most severe thing that one of them says. */
  guarded(says: string): void;
  /** A process tried to count the traffic after a change. */
  looked(outcome: 'counted' | UnmeasuredReason): void;
}
