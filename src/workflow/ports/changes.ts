import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Change } from '../../domain/change/change.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ChangeId, RampId } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';

/**
 * The changes that must survive a restart. A failure is a StoreUnavailableError; a record that cannot be trusted, an UntrustedRecordError.
 */
export interface Changes {
  read(id: ChangeId): Promise<Change | undefined>;
  /**
   * The changes that wait for any of these objects, in the order they will be applied, and the versions of their lines. Any two changes
   * stand in the same order in every line that they share.
   */
  lines(objects: readonly ObjectRef[]): Promise<Lines>;
  /**
   * Stores a change. Unless it awaits approval, puts it in the line of every object that it edits: at the end, or with `ahead` before
   * everything that has not begun. Answers `moved` if a line is no longer the one that was read, so that a plan always starts from what the
   * changes before it will leave. A change that is stored already is returned as it is, which makes a repeated delivery harmless. It is
   * only replaced by its next rev, and only if it is held, void or awaits approval. If `askedAs` was accepted as another change before,
   * that one is returned: one request is one change.
   */
  accept(change: Change, options: AcceptOptions): Promise<Accepted>;
  /** The change that a request was accepted as, if the change has another id. Remembered for an hour. */
  acceptedAs(request: ChangeId): Promise<ChangeId | undefined>;
  /**
   * Remembers for an hour that a request was refused, so that a second delivery of it is refused too. A change that is already stored can
   * still be approved or planned anew.
   */
  noteRefused(request: ChangeId): Promise<void>;
  /**
   * Marks a change as being applied if it is first in all of its lines, and leases it to the caller for `leaseMs`. `not-first`: another
   * change stands before it. `busy`: a worker has it. `resting`: it is tried again after a while. `ended`: nothing is left to do, or the
   * change is not known. A change that lost its place in a line gets it back here.
   */
  begin(id: ChangeId, leaseMs: number): Promise<Begun>;
  /** Extends the worker's lease to `leaseMs` from now. */
  keep(id: ChangeId, leaseMs: number): Promise<void>;
  /** Lets go of it after a try that failed outside the bot. Nobody begins it again before `forMs` have passed. */
  rest(id: ChangeId, forMs: number): Promise<void>;
  /**
   * Records the objects that a worker is about to write, each with a moment (`Mesh.moment`) before the write. The first call wins until the
   * change is planned anew.
   */
  noteWriting(id: ChangeId, writing: readonly Writing[]): Promise<void>;
  /** What `noteWriting` recorded; empty if there is nothing, or it cannot be read. */
  writing(id: ChangeId): Promise<readonly Writing[]>;
  /** Those of these changes that nobody works on although they are first in all their lines: no worker has them and they do not rest. */
  stranded(waiting: readonly Change[]): Promise<readonly Change[]>;
  /**
   * Replaces a record by its next one (`rev` one higher), and keeps its lines in step with its state. False if it moved on meanwhile. The
   * event is kept for the audit in the same step, so that a crash cannot part them and no second worker tells it again.
   */
  update(next: Change, event?: AuditEvent): Promise<boolean>;
  /** True if no change is open, and no card is owed or in doubt. Cheap to ask. */
  areQuiet(): Promise<boolean>;
  /** Changes that still wait for a worker or a person, or whose effect or traffic somebody will look up, oldest first. */
  open(): Promise<readonly Change[]>;
  /** What was applied within the last day, newest first; at most 500. */
  recentlyApplied(): Promise<readonly Change[]>;
}

/** An object that a worker is about to write; `since`: a moment before the write. */
export interface Writing extends ObjectRef {
  readonly since: string;
}

export interface AcceptOptions {
  /** The versions of its objects' lines that the change was planned behind. */
  readonly lines: Lines['versions'];
  readonly ahead: boolean;
  /** With as many open changes of the same person about one of its objects it is refused: `too-many`. Absent: it never is. */
  readonly mostOpen?: number | undefined;
  /** The id of the request, if the change has another: several requests may be one change. */
  readonly askedAs?: ChangeId | undefined;
  /** Kept for the audit in the same step, if the change is accepted. */
  readonly event?: AuditEvent | undefined;
  /** The ramp that makes the change, as it is to be from then on. Stored in the same step. `ramp-moved`: it is no longer at the rev before. */
  readonly ramp?: Ramp | undefined;
  /** What a person did to the ramp by that: kept for the audit in the same step. */
  readonly rampEvent?: AuditEvent | undefined;
}

export interface Lines {
  /** By `objectKey`. */
  readonly versions: ReadonlyMap<string, number>;
  readonly waiting: readonly Change[];
  /** Which rules of these objects a ramp moves that is not over. */
  readonly ramps: readonly RampedRule[];
}

export interface RampedRule {
  readonly object: ObjectRef;
  readonly rule: string;
  readonly ramp: RampId;
}

export type Accepted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'known'; readonly change: Change }
  /** The request was answered before, and nothing was accepted. */
  | { readonly kind: 'refused-before' }
  | { readonly kind: 'moved' }
  /** As many changes of the same person are open about one of its objects (`mostOpen`). */
  | { readonly kind: 'too-many' }
  /** The ramp that makes it moved on meanwhile, or another ramp moves one of its rules. */
  | { readonly kind: 'ramp-moved' };

export type Begun =
  /** `tries`: how often it was begun before and had to rest. */
  | { readonly kind: 'begun'; readonly change: Change; readonly tries: number }
  | { readonly kind: 'not-first'; readonly first: ChangeId }
  | { readonly kind: 'busy' }
  | { readonly kind: 'resting'; readonly forMs: number }
  | { readonly kind: 'ended' };
