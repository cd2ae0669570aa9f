import type { UnmeasuredReason } from '../../domain/change/seen.ts';
import type { Tool } from '../../domain/routing/owner.ts';

/** Runs what nobody waits for; when it fails, `what` is logged as what did not happen. */
export type Aside = (work: () => Promise<void>, what: string, fields: object) => void;

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What happened, counted. */
export interface Meter {
  /** A change came to an end, or is held; `outcome` is its state, with the reason where there is one. */
  ended(outcome: string): void;
  /** From accepted to live. */
  applied(tookMs: number): void;
  /** Somebody else moved what an applied change made; `by` is the tool, where it is a known one. */
  movedAway(by: Tool | 'other'): void;
  /** Somebody looked what came of the traffic. */
  looked(outcome: 'counted' | UnmeasuredReason): void;
}
