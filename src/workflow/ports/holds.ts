import type { AuditEvent } from '../../domain/change/audit.ts';
import type { SetHold } from '../../domain/policy/set-hold.ts';

/**
 * The locks and freezes that people and hooks set; each is forgotten when it ends. A failure is a StoreUnavailableError. A hold that is not
 * as the bot wrote it is an UntrustedRecordError, and what depends on it is refused.
 */
export interface Holds {
  /** Those in force for any of an object's names. */
  on(targets: readonly string[], at: Date): Promise<readonly SetHold[]>;
  /** All that are in force, newest first. */
  all(at: Date): Promise<readonly SetHold[]>;
  /**
   * Sets a hold if its key has none, or only the one in `instead`. Of two at once one is set, and the other is `taken`. `set-before`: the
   * same id was set within the hour, and nothing is changed now. The event is kept for the audit in the same step, if the hold is set.
   */
  set(hold: SetHold, options: SetOptions): Promise<HeldOutcome>;
  /** Ends a hold, and keeps the event in the same step. False if it no longer stands, or another stands in its place. */
  release(hold: SetHold, event?: AuditEvent): Promise<boolean>;
}

export interface SetOptions {
  readonly at: Date;
  /** The hold that it replaces. */
  readonly instead?: SetHold | undefined;
  readonly event?: AuditEvent | undefined;
}

export type HeldOutcome = 'set' | 'set-before' | 'taken';
