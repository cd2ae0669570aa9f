import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ChangeId, RampId } from '../../domain/routing/names.ts';

/** The ramps. A failure is a StoreUnavailableError; a record that cannot be trusted, an UntrustedRecordError. */
export interface Ramps {
  read(id: RampId): Promise<Ramp | undefined>;
  /**
   * Stores a ramp that awaits approval. One that does not is stored with its first change (`AcceptOptions.ramp`). `known`: it is stored
   * already. `refused-before`: the request was answered with no. `taken`: another ramp that is not over moves one of its rules.
   */
  create(ramp: Ramp, options: CreateOptions): Promise<Created>;
  /** Replaces a record by its next one (`rev` one higher), and moves when it is due, in one step with the event. False if it moved on. */
  update(next: Ramp, options: UpdateOptions): Promise<boolean>;
  /** The ramp that a request moved (`UpdateOptions.askedAs`). Remembered for an hour. */
  decidedAs(request: ChangeId): Promise<RampId | undefined>;
  /**
   * Lets one process look at a ramp for its guards, so that not every one asks for the same. The same process may claim it again. The claim
   * expires after `forMs`: a process that died keeps nobody away.
   */
  claimLook(id: RampId, by: string, forMs: number): Promise<LookClaim>;
  /** Ends a claim, if that process still has it. For `restMs` there is nothing to see, whoever asks. */
  endLook(id: RampId, by: string, restMs?: number): Promise<void>;
  /** The ramps that are not over, those that are due first first. */
  open(): Promise<readonly Ramp[]>;
}

/** `taken`: another process looks just now. `rests`: one has just seen that there is nothing to see yet. */
export type LookClaim = 'claimed' | 'taken' | 'rests';

export interface CreateOptions {
  /** The id of the request. */
  readonly askedAs: ChangeId;
  readonly event?: AuditEvent | undefined;
}

export interface UpdateOptions {
  readonly event?: AuditEvent | undefined;
  /** The id of the request. One that moved a ramp before moves none again: then the answer is false. */
  readonly askedAs?: ChangeId | undefined;
  /** The card owes nothing for it. */
  readonly isQuiet?: boolean | undefined;
}

export type Created = 'created' | 'known' | 'refused-before' | 'taken';
