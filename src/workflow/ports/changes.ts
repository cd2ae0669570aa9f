import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Change } from '../../domain/change/change.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';

/** The changes that must survive a restart. A failure is a StoreUnavailableError; a record that cannot be trusted, an UntrustedRecordError. */
export interface Changes {
  read(id: ChangeId): Promise<Change | undefined>;
  /**
   * What waits for any of these objects, in the order it will be applied, and the versions of their lines. Any two changes stand in the
   * same order in every line that they share.
   */
  lines(objects: readonly ObjectRef[]): Promise<Lines>;
  /**
   * Stores a change and puts it in the line of every object that it edits, unless it awaits approval: at the end, or before everything
   * that has not begun. Refused as `moved` when one of the lines is no longer the one that was read, so that a plan always starts from
   * what the changes before it will leave. A change that is stored already is returned as it is, which makes a repeated delivery
   * harmless; only the next rev of one that is held, awaits approval or is void replaces it. So is the change that `askedAs` was accepted
   * as before: one request is one change.
   */
  accept(change: Change, options: AcceptOptions): Promise<Accepted>;
  /** The change that a request was accepted as, for an hour, where its id is not the request's own. */
  acceptedAs(request: ChangeId): Promise<ChangeId | undefined>;
  /**
   * Remembers for an hour that a request was refused, so that a second delivery of it is refused too. What is stored already is
   * approved and planned anew all the same.
   */
  noteRefused(request: ChangeId): Promise<void>;
  /**
   * Marks a change as being applied when it is first in all of its lines, and leaves it to its worker for so long. `not-first`: another
   * stands before it; `busy`: a worker has it in hand; `resting`: it is tried again only after a while; `ended`: there is nothing left to
   * do, or nothing is known of it. A change that lost its place in a line gets it back here.
   */
  begin(id: ChangeId, leaseMs: number): Promise<Begun>;
  /** Its worker still has it in hand, and for so long from now. */
  keep(id: ChangeId, leaseMs: number): Promise<void>;
  /** Lets go of it after a try that something outside did not serve; nobody begins it again before so long has passed. */
  rest(id: ChangeId, forMs: number): Promise<void>;
  /**
   * Records the objects that a worker is about to write, each with a moment at which it had not. The first call wins until the change is
   * planned anew.
   */
  noteWriting(id: ChangeId, writing: readonly Writing[]): Promise<void>;
  /** What was recorded so; none where nothing was, or what is there cannot be read. */
  writing(id: ChangeId): Promise<readonly Writing[]>;
  /** Of these, which wait although they are first in all their lines, nobody has them in hand and they do not rest. */
  stranded(waiting: readonly Change[]): Promise<readonly Change[]>;
  /**
   * Replaces a record by its next one (`rev` one higher), and keeps its lines in step with its state. False when it moved on meanwhile.
   * The event is kept for the audit in the same step, so that no crash parts them and no second worker tells it again.
   */
  update(next: Change, event?: AuditEvent): Promise<boolean>;
  /** Nothing is open, and no card is owed anything: cheap to ask. */
  areQuiet(): Promise<boolean>;
  /** Changes that still wait for a worker or a person, or whose effect or traffic somebody will look up, oldest first. */
  open(): Promise<readonly Change[]>;
  /** What was applied within the last day, newest first; at most 500. */
  recentlyApplied(): Promise<readonly Change[]>;
}

/** An object that a worker is about to write, and a moment at which it had not yet. */
export interface Writing extends ObjectRef {
  readonly since: string;
}

export interface AcceptOptions {
  /** The versions of its objects' lines that the change was planned behind. */
  readonly lines: Lines['versions'];
  readonly ahead: boolean;
  /** The id of the request, where the change has another: several requests may be one change. */
  readonly askedAs?: ChangeId | undefined;
  /** Kept for the audit in the same step, where it is accepted. */
  readonly event?: AuditEvent | undefined;
}

export interface Lines {
  /** By `objectKey`. */
  readonly versions: ReadonlyMap<string, number>;
  readonly waiting: readonly Change[];
}

export type Accepted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'known'; readonly change: Change }
  /** The request was answered before, without anything being accepted. */
  | { readonly kind: 'refused-before' }
  | { readonly kind: 'moved' };

export type Begun =
  /** `tries`: how often it was begun before and had to rest. */
  | { readonly kind: 'begun'; readonly change: Change; readonly tries: number }
  | { readonly kind: 'not-first'; readonly first: ChangeId }
  | { readonly kind: 'busy' }
  | { readonly kind: 'resting'; readonly forMs: number }
  | { readonly kind: 'ended' };
