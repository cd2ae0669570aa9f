import type { AuditEvent } from '../../domain/change/audit.ts';
import type { SetHold } from '../../domain/policy/set-hold.ts';

/**
 * The locks and freezes that people and hooks set; each is forgotten when it ends. A failure is a StoreUnavailableError; one that is not
 * as one of us wrote it, an UntrustedRecordError: what hangs on it is then refused.
 */
export interface Holds {
  /** Those in force for any of an object's names. */
  on(targets: readonly string[], at: Date): Promise<readonly SetHold[]>;
  /** All that are in force, the last that was set first. */
  all(at: Date): Promise<readonly SetHold[]>;
  /**
   * Sets one where none of its key stands, or only the one that is named. Of two at once one is set, and the other is `taken`.
   * `set-before`: it was, by the same id within the hour, and what became of it since stays. The event is kept for the audit in the
   * same step, where it is set.
   */
  set(hold: SetHold, options: SetOptions): Promise<HeldOutcome>;
  /** Ends it, and keeps the event in the same step; false where it stands no more, or another in its place. */
  release(hold: SetHold, event?: AuditEvent): Promise<boolean>;
}

export interface SetOptions {
  readonly at: Date;
  /** The one that it takes the place of. */
  readonly instead?: SetHold | undefined;
  readonly event?: AuditEvent | undefined;
}

export type HeldOutcome = 'set' | 'set-before' | 'taken';
