import type { AuditEvent, AuditSubject } from '../domain/audit.ts';
import type { Change } from '../domain/change.ts';
import type { Membership, Person } from '../domain/groups.ts';
import type { Ledger, Revision } from '../domain/ledger.ts';
import type { ChangeId, Place, RoutingObject, ServiceName } from '../domain/names.ts';
import type { ObjectContent, ObjectRef, SeenObject } from '../domain/object-edit.ts';
import type { Owner, Tool } from '../domain/owner.ts';
import type { Policy } from '../domain/policy.ts';
import type { Route, Weights } from '../domain/route.ts';
import type { RuleFileReading } from '../domain/rule-file.ts';
import type { CountedRequests, UnmeasuredReason } from '../domain/seen.ts';
import type { SetHold } from '../domain/set-hold.ts';
import type { Split } from '../domain/split.ts';
import type { Definition } from '../domain/undefined-versions.ts';

/** The clusters' routing tables: names come from a watch cache, what decides is read live. Failures are a DependencyError. */
export interface Mesh {
  /** The names of the clusters we serve; the first is meant where none is named. */
  readonly clusters: readonly string[];
  /** The object that splits a service's traffic, from the watch cache. */
  find(name: ServiceName): Promise<Found>;
  /** Live; undefined where the object does not exist. */
  read(object: RoutingObject): Promise<OpenRoute | undefined>;
  /** Live, whole, whether it is there or not. */
  open(cluster: string, object: ObjectRef): Promise<OpenObject>;
  /** As of when the cluster's objects of that kind are what they are now, in its own count: since then `hadChange` can look. */
  moment(cluster: string, object: ObjectRef): Promise<string>;
  /**
   * Whether an object had a change in its ledger at any time since a moment, also where it is gone; undefined where the cluster does not
   * remember that long. It takes a second.
   */
  hadChange(cluster: string, object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined>;
  /** How a VirtualService of that content would route; what its versions are served by is not looked at. A RejectedError where it is none. */
  picture(object: RoutingObject, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'>;
  /** What DestinationRules of a namespace define, from the watch cache or `live`. */
  definitions(place: Place, options: { readonly live: boolean }): Promise<readonly Definition[]>;
  /** All routing objects of a namespace, from the watch cache. */
  services(place: Place): Promise<Glance<readonly Route[]>>;
  /** An object as the watch cache has it, whose namespace is watched from now on; undefined where it does not exist. */
  glance(object: RoutingObject): Promise<Weights | undefined>;
  /**
   * Calls back when an object with a ledger was written, made anew or removed, by us or by others; within a minute when the watch
   * missed it, and perhaps more than once. Only of namespaces that are watched. Returns what ends it.
   */
  onTouched(listen: (touched: Touched) => void): () => void;
  /** The object whose ledger holds a change, from the watch cache: the way from an old card to its object when the store was lost. */
  findChange(id: ChangeId): Promise<RoutingObject | undefined>;
  /** Leaves an Event on the object; once, for the same change. */
  announce(change: Change): Promise<void>;
}

export type Found =
  | { readonly kind: 'found'; readonly object: RoutingObject }
  | { readonly kind: 'unknown-cluster'; readonly clusters: readonly string[] }
  | ({
      readonly kind: 'unknown-service';
      readonly services: readonly string[];
      readonly nearest?: string | undefined;
    } & Aged)
  /** Several objects route it; in a mesh only one of them wins (istio IST0109). */
  | ({ readonly kind: 'several'; readonly objects: readonly string[] } & Aged);

/** What the watch cache says is at most 10 s old, or else as old as this: the cluster was asked, and did not answer. */
export interface Aged {
  readonly asOf?: Date | undefined;
}

export interface Glance<T> extends Aged {
  readonly seen: T;
}

/** An object of the kinds that rule files hold, as it was read, or found not to be there; and the one write that is allowed from that reading. */
export interface OpenObject {
  readonly seen: FoundObject | undefined;
  /**
   * Creates it, puts the content in its place, or deletes it (`undefined`), with the ledger in the same step. `conflict`: it is not what
   * was read any more, and nothing was written. With `dryRun` the server judges it and nothing is stored; if it is strict, a field that
   * the server does not know, and would leave out, is a RejectedError.
   */
  put(next: ObjectContent | undefined, ledger: Ledger, options?: { readonly dryRun?: DryRun }): Promise<Put>;
}

export type DryRun = boolean | 'strict';

export interface SoughtChange {
  readonly id: ChangeId;
  readonly since: string;
}

export interface FoundObject extends SeenObject {
  readonly lastWriter?: { readonly manager: string; readonly at: string } | undefined;
  readonly owners: readonly Owner[];
}

export type Put =
  /** `content`: what the server makes of it; absent where it is deleted. */
  | { readonly kind: 'put'; readonly content?: ObjectContent | undefined; readonly warnings: readonly string[] }
  | { readonly kind: 'conflict' };

/** A routing object that somebody wrote. */
export interface Touched {
  readonly object: RoutingObject;
  /** The newest change of each rule, by the ledgers before and after. */
  readonly changes: readonly ChangeId[];
}

/** A routing object as it was read, and the one write that is allowed from that reading. */
export interface OpenRoute {
  readonly route: Route;
  /**
   * Sets the weights of one rule and the ledger in one step, and nothing else. `conflict`: the object changed since it was read, and
   * nothing was written. With `dryRun` the server judges it and nothing is stored.
   */
  write(edit: Edit, options?: { readonly dryRun?: boolean }): Promise<Written>;
}

export interface Edit {
  readonly rule: string;
  readonly to: Split;
  readonly revision: Revision;
}

export type Written =
  | { readonly kind: 'written'; readonly live: Split; readonly seq: number; readonly warnings: readonly string[] }
  | { readonly kind: 'conflict' };

/** The changes that must survive a restart. A failure is a StoreUnavailableError; a record that cannot be trusted, an UntrustedRecordError. */
export interface Changes {
  read(id: ChangeId): Promise<Change | undefined>;
  /** What waits for the object, in the order it will be applied, and the version of that line. */
  line(object: RoutingObject): Promise<Line>;
  /**
   * Stores a change and puts it in line, unless it awaits approval: at the end, or before everything that has not begun. Refused as `moved` when the line is no
   * longer the one that was read, so that a plan always starts from what the changes before it will leave. A change that is stored
   * already is returned as it is, which is what makes a repeated delivery harmless; only the next rev of one that is held, awaits approval or
   * is void replaces it.
   */
  accept(change: Change, options: AcceptOptions): Promise<Accepted>;
  /** The change that a request was accepted as, for an hour, where its id is not the request's own. */
  acceptedAs(request: ChangeId): Promise<ChangeId | undefined>;
  /** Remembers for an hour that a request was answered without anything being accepted, so that it is not when it is delivered again. */
  noteRefused(request: ChangeId): Promise<void>;
  /**
   * Marks the first in line as being applied, and leaves it to its worker for so long. `not-first`: another stands before it; `busy`: a
   * worker has it in hand; `resting`: it is tried again only after a while; `ended`: there is nothing left to do, or nothing is known of it.
   */
  begin(change: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun>;
  /** Its worker still has it in hand, and for so long from now. */
  keep(change: Change, leaseMs: number): Promise<void>;
  /** Lets go of it after a try that something outside did not serve; nobody begins it again before so long has passed. */
  rest(change: Change, forMs: number): Promise<void>;
  /** Remembers what is about to be written for a change, and as of when that was not, until it is planned anew; the first time counts. */
  noteWriting(id: ChangeId, writing: readonly Writing[]): Promise<void>;
  /** What was remembered so; none where nothing was, or what is there cannot be read. */
  writing(id: ChangeId): Promise<readonly Writing[]>;
  /** Of these, which wait although they are first in line, nobody has them in hand and they do not rest. */
  stranded(waiting: readonly Change[]): Promise<readonly Change[]>;
  /**
   * Replaces a record by its next one (`rev` one higher), and keeps the line in step with its state. False when it moved on meanwhile.
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
  /** The version of the line that the change was planned behind. */
  readonly line: number;
  readonly ahead: boolean;
  /** The id of the request, where the change has another: several requests may be one change. */
  readonly askedAs?: ChangeId | undefined;
  /** Kept for the audit in the same step, where it is accepted. */
  readonly event?: AuditEvent | undefined;
}

export interface Line {
  readonly version: number;
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

/** So much may come at once, and after that one in so long. */
export interface Bucket {
  readonly name: string;
  readonly atOnce: number;
  readonly everyMs: number;
}

export type Taken =
  | { readonly kind: 'taken' }
  /** `refused`: how many were, with this one, since it was last asked; `nextInMs`: when the bucket takes one again. */
  | { readonly kind: 'refused'; readonly bucket: string; readonly refused: number; readonly nextInMs: number };

/** Counts what people ask, for all processes together. A failure is a StoreUnavailableError. */
export interface Limits {
  /**
   * Takes one from each of the buckets, or from none of them; what is refused is counted for the first. A request that is delivered
   * again takes nothing more, and is answered as it was: the first answer may not have reached anybody.
   */
  take(request: string, buckets: readonly Bucket[]): Promise<Taken>;
  /** How many were refused for a bucket, which begins to be counted anew. */
  refusedSince(bucket: string): Promise<number>;
}

/** Who decided what, when and why, for as long as the configuration says. A failure is a StoreUnavailableError. */
export interface Audit {
  /** Keeps an event that no change moved by; once for its gesture, within an hour. True when it was not there yet. */
  note(event: AuditEvent): Promise<boolean>;
  /** Newest first, as far back as a person waits for. */
  read(query: { readonly subject: AuditSubject; readonly limit: number }): Promise<AuditReading>;
  /** All that was kept since then, oldest first, a bounded part of it in memory at a time. */
  export(since: Date): AsyncIterable<AuditEntry>;
}

export type AuditEntry =
  | { readonly kind: 'event'; readonly event: AuditEvent }
  /** Not as one of us wrote it: altered, signed with another key, or by a version that we do not know. What it was about is not known. */
  | { readonly kind: 'untrusted'; readonly at: string; readonly text: string };

export interface AuditReading {
  readonly entries: readonly AuditEntry[];
  /** There may be older ones. */
  readonly hasMore: boolean;
}

/** Hands changes to workers. A failure is a StoreUnavailableError. */
export interface Queue {
  /** Once for a change at its rev, however often it is called. */
  add(change: Change): Promise<void>;
  /** Another job for a change whose first one may be lost, at most one in a moment; a second job for the same change is harmless. */
  addAgain(change: Change): Promise<void>;
}

/** Where a card stands in the channel, and which rev of its change it shows. */
export interface Placed {
  readonly channel: string;
  readonly ts: string;
  readonly shownRev: number;
}

/** What is known of the cards. Every transition of a change owes its card an update. A failure is a StoreUnavailableError. */
export interface CardLog {
  /** Takes the right to write one change's card for a while; undefined when another has it, who will look again before letting go. */
  claim(id: ChangeId): Promise<CardClaim | undefined>;
  /** Changes whose card shows less than the record says. */
  owed(): Promise<readonly ChangeId[]>;
}

export interface CardClaim {
  readonly placed: Placed | undefined;
  /** A post was begun and its outcome never noted: look for the card before posting it again. */
  readonly postBegun: boolean;
  /** Holds it until disposed of, however long that takes; what nobody keeps runs out within seconds. */
  keep(): Keeping;
  /** Nobody else can have it; to be asked just before something is sent that cannot be taken back. */
  isHeld(): boolean;
  /** Refused where this claim has begun one already. */
  beginPost(): Promise<void>;
  /** The post that was begun is known not to have been sent. */
  forgetPost(): Promise<void>;
  /**
   * Notes where the card stands and what it shows, which settles all that is owed up to there. False, and nothing is noted, where it
   * stands elsewhere already: what was posted there is a second one.
   */
  place(placed: Placed): Promise<boolean>;
  /** What is owed up to what the card was last noted to show is settled; that may be less by now than when it was claimed. */
  settle(): Promise<void>;
  /** Nothing more can be shown: the message is gone, or chat will never take it. */
  giveUp(): Promise<void>;
  /** Lets go; true when something is owed that `place` has not settled. */
  release(): Promise<boolean>;
}

export interface Keeping extends Disposable {
  /** Aborted when the claim is another's by now, or nobody's: there is nothing left to keep. */
  readonly lost: AbortSignal;
}

/** The team's channel. Failures are a ChatError. */
export interface Chat {
  /**
   * Waits until chat takes a message in that channel; true when that took a while, so that what was to be shown may be old. Where `unless`
   * is aborted, at once and without a turn, which is then somebody else's.
   */
  turn(channel: string, unless: AbortSignal): Promise<boolean>;
  /** Posts the card of a change; returns where it stands. `mayPost` is asked just before: a process may stand still for long on its way. */
  post(change: Change, mayPost: () => boolean): Promise<Omit<Placed, 'shownRev'>>;
  update(placed: Omit<Placed, 'shownRev'>, change: Change): Promise<void>;
  /** Takes back what a card says: the record behind it cannot be trusted. */
  disown(placed: Omit<Placed, 'shownRev'>, id: ChangeId): Promise<void>;
  /** Takes a message of ours away. */
  remove(at: Omit<Placed, 'shownRev'>): Promise<void>;
  /** Looks for a card that may have been posted already. */
  look(change: Change): Promise<Omit<Placed, 'shownRev'> | undefined>;
}

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

/** What a person is told in private, since it was theirs. */
export interface Notice {
  readonly what: 'taken-over' | 'unlocked' | 'thawed';
  readonly hold: SetHold;
  readonly by: string;
}

/** Direct messages. Failures are a ChatError. */
export interface Notices {
  tell(user: string, notice: Notice): Promise<void>;
}

/** The files of RULES_DIR, read anew each time. What is wrong with a file is said, and nothing of it is used. */
export interface RuleFiles {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<RuleFileReading>;
}

/** The policy in force. */
export interface Policies {
  /** From one call to the next it may be another; never none. */
  current(): Policy;
  /** Why what stands in the policy file is not in force; undefined while it is. */
  problem(): string | undefined;
}

/**
 * Who people are and which groups of chat's own they are in, never older than a minute. Answers soon and never fails: what chat
 * does not tell is unknown, with the reason in words.
 */
export interface People {
  /** `team`: whose member the gesture says the person is, where it says so. */
  person(user: string, team: string | undefined): Promise<Person>;
  members(usergroup: string): Promise<Membership>;
  /** The name of the time zone that a person has set, where chat tells it. */
  timezone(user: string): Promise<string | undefined>;
}

/** Requests as the mesh counts them. Answers within seconds; a failure is a TrafficUnavailableError. */
export interface Traffic {
  /** The clusters whose requests are counted. */
  readonly clusters: readonly string[];
  /** What clients sent to a host in a while that is over. Nothing that they sent before `since` is among it. */
  count(query: TrafficQuery): Promise<TrafficCount>;
}

export interface TrafficQuery {
  readonly cluster: string;
  /** Resolved. */
  readonly host: string;
  readonly since: Date;
  readonly from: Date;
  readonly until: Date;
}

export type TrafficCount =
  /** None at all where there was no traffic. */
  | { readonly kind: 'counted'; readonly requests: readonly CountedRequests[] }
  /** `too-seldom`: what is known cannot be parted by time so finely; `not-counted`: nothing is known of that time. */
  | { readonly kind: 'unknown'; readonly because: Exclude<UnmeasuredReason, 'unreachable'> };

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
