import type { AuditEvent } from '../../domain/change/audit.ts';
import type { UnreadableHold } from '../../domain/policy/freeze.ts';
import type { SetHold } from '../../domain/policy/set-hold.ts';

/**
 * The locks and freezes that people and hooks set; each is forgotten when it ends. A failure is a StoreUnavailableError. An
 * entry that is not as the bot wrote it hides none of the others; it stays until an operator takes it out.
 */
export interface Holds {
  /** Those in force for any of an object's names. */
  on(targets: readonly string[], at: Date): Promise<HoldsFound>;
  /** All that are in force, newest first. */
  all(at: Date): Promise<HoldsFound>;
  /**
   * Sets a hold if its key has none, or only the one in `instead`. Of two at once one is set, and the other is `taken`. `unreadable`:
   * what stands in its place cannot be read, and is not replaced. `set-before`: the
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

export type HeldOutcome = 'set' | 'set-before' | 'taken' | 'unreadable';

export interface HoldsFound {
  readonly holds: readonly SetHold[];
  /** What may be a hold, too. */
  readonly unreadable: readonly UnreadableHold[];
}
