import { setImmediate as turn } from 'node:timers/promises';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import {
  type Change,
  goesAhead,
  isEnded,
  isForPeople,
  isToBeSeen,
  isUnsettled,
  isWaiting,
  moveTo,
  objectsOf,
} from '../../src/domain/change/change.ts';
import { findEdit } from '../../src/domain/change/edit.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../../src/domain/routing/object.ts';
import { readStoredChange, storeChange } from '../../src/redis/records/stored-change.ts';
import { strandedOf } from '../../src/redis/stranded.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Accepted, AcceptOptions, Begun, Changes, Lines, Writing } from '../../src/workflow/ports/changes.ts';
import type { InMemoryAudit } from './in-memory-audit.ts';
import type { InMemoryCards } from './in-memory-cards.ts';
import type { InMemoryRamps } from './in-memory-ramps.ts';

interface ObjectLine {
  version: number;
  readonly ids: Set<ChangeId>;
}

const recentMs = 24 * 3600_000;

/** The stored changes in memory. Every call is atomic, like a script in Redis. */
export class InMemoryChanges implements Changes {
  readonly #cards: InMemoryCards | undefined;
  readonly #audit: InMemoryAudit | undefined;
  readonly #ramps: InMemoryRamps | undefined;
  readonly #now: () => Date;
  readonly #records = new Map<ChangeId, Change>();
  readonly #tries = new Map<ChangeId, number>();
  readonly #spoilt = new Set<ChangeId>();
  readonly #refused = new Set<ChangeId>();
  readonly #writing = new Map<ChangeId, readonly Writing[]>();
  readonly #asked = new Map<ChangeId, ChangeId>();
  readonly #lines = new Map<string, ObjectLine>();
  /** A change has one place, in every line that it stands in. */
  readonly #places = new Map<ChangeId, number>();
  readonly #begunUntilMs = new Map<ChangeId, number>();
  readonly #restingUntilMs = new Map<ChangeId, number>();
  readonly #applied: { readonly id: ChangeId; readonly atMs: number }[] = [];
  readonly #meanwhile: (() => Promise<void> | void)[] = [];
  #lastPlace = 0;
  #isAway = false;

  /** `cards` learns what each transition owes, and `audit` gets its event. */
  constructor({
    cards,
    audit,
    ramps,
    now = () => new Date(),
  }: {
    cards?: InMemoryCards;
    audit?: InMemoryAudit;
    /** Moved in the same step as the change that a ramp makes. */
    ramps?: InMemoryRamps;
    now?: () => Date;
  } = {}) {
    this.#cards = cards;
    this.#audit = audit;
    this.#ramps = ramps;
    this.#now = now;
  }

  async read(id: ChangeId): Promise<Change | undefined> {
    await this.#reach();
    if (this.#spoilt.has(id)) throw new UntrustedRecordError(`the record of ${id} was altered`);
    return this.#records.get(id);
  }

  async lines(objects: readonly ObjectRef[]): Promise<Lines> {
    await this.#reach();
    const versions = new Map(objects.map((object) => [objectKey(object), this.#lineOf(object).version]));
    const ids = new Set(objects.flatMap((object) => this.#standingIn(object)));
    const waiting = this.#inOrder([...ids]).flatMap((id) => this.#records.get(id) ?? []);
    const ramps = this.#ramps?.ruled(objects) ?? [];
    await this.#meanwhile.shift()?.();
    return { versions, waiting, ramps };
  }

  async accept(change: Change, options: AcceptOptions): Promise<Accepted> {
    const { lines, ahead, askedAs, event, ramp, rampEvent, mostOpen = Number.POSITIVE_INFINITY } = options;
    await this.#reach();
    const before = askedAs && this.#asked.get(askedAs);
    if (before !== undefined && before !== change.id) {
      const other = this.#records.get(before);
      return other === undefined ? { kind: 'refused-before' } : { kind: 'known', change: other };
    }
    const known = this.#records.get(change.id);
    const isAskedAnew = known !== undefined && (isForPeople(known) || known.state.kind === 'void');
    const isRequeued = isAskedAnew && known.rev === change.rev - 1;
    if (known !== undefined && !isRequeued) {
      if (askedAs !== undefined) this.#asked.set(askedAs, change.id);
      return { kind: 'known', change: known };
    }

    if (known === undefined && this.#refused.has(askedAs ?? change.id)) return { kind: 'refused-before' };
    if (known === undefined && this.#mostOpenOf(change) >= mostOpen) return { kind: 'too-many' };
    const isStill = objectsOf(change).every((object) => this.#lineOf(object).version === lines.get(objectKey(object)));
    if (!isStill) return { kind: 'moved' };
    if (ramp !== undefined && this.#ramps?.put(ramp) !== true) return { kind: 'ramp-moved' };
    this.#store(change, event);
    if (rampEvent !== undefined) this.#audit?.add(rampEvent);
    this.#tries.delete(change.id);
    this.#writing.delete(change.id);
    this.#places.delete(change.id);
    if (isWaiting(change)) this.#enter(change, ahead);
    if (askedAs !== undefined) this.#asked.set(askedAs, change.id);
    return { kind: 'accepted' };
  }

  /** How many changes of the same person are open about one of its objects. */
  #mostOpenOf({ by, team, edits }: Change): number {
    const its = [...this.#records.values()].filter(
      (each) =>
        each.by === by && each.team === team && each.ramp === undefined && (isWaiting(each) || isForPeople(each)),
    );
    const counts = edits.map(({ object }) => its.filter((each) => findEdit(each.edits, object) !== undefined).length);
    return Math.max(...counts);
  }

  async acceptedAs(request: ChangeId): Promise<ChangeId | undefined> {
    await this.#reach();
    return this.#asked.get(request);
  }

  async noteRefused(request: ChangeId): Promise<void> {
    await this.#reach();
    this.#refused.add(request);
  }

  async begin(id: ChangeId, leaseMs: number): Promise<Begun> {
    await this.#reach();
    const change = await this.read(id);
    if (change === undefined || !isWaiting(change)) return { kind: 'ended' };
    this.#enter(change, goesAhead(change));
    const first = objectsOf(change)
      .map((object) => this.#standingIn(object)[0])
      .find((each) => each !== id);
    if (first !== undefined) return { kind: 'not-first', first };

    const nowMs = this.#now().getTime();
    if (change.state.kind === 'applying' && (this.#begunUntilMs.get(id) ?? 0) > nowMs) return { kind: 'busy' };
    const restsMs = (this.#restingUntilMs.get(id) ?? 0) - nowMs;
    if (restsMs > 0) return { kind: 'resting', forMs: restsMs };

    this.#begunUntilMs.set(id, nowMs + leaseMs);
    const tries = this.#tries.get(id) ?? 0;
    if (change.state.kind === 'applying') return { kind: 'begun', change, tries };
    const applying = moveTo(change, { kind: 'applying' });
    this.#store(applying);
    this.#enter(applying, false);
    for (const object of objectsOf(applying)) this.stir(object);
    return { kind: 'begun', change: applying, tries };
  }

  async keep(id: ChangeId, leaseMs: number): Promise<void> {
    await this.#reach();
    const nowMs = this.#now().getTime();
    if ((this.#begunUntilMs.get(id) ?? 0) > nowMs) this.#begunUntilMs.set(id, nowMs + leaseMs);
  }

  async rest(id: ChangeId, forMs: number): Promise<void> {
    await this.#reach();
    this.#tries.set(id, (this.#tries.get(id) ?? 0) + 1);
    this.#restingUntilMs.set(id, this.#now().getTime() + forMs);
    this.#begunUntilMs.delete(id);
  }

  async noteWriting(id: ChangeId, writing: readonly Writing[]): Promise<void> {
    await this.#reach();
    if (this.#records.has(id) && !this.#writing.has(id)) this.#writing.set(id, writing);
  }

  async writing(id: ChangeId): Promise<readonly Writing[]> {
    await this.#reach();
    return this.#writing.get(id) ?? [];
  }

  async stranded(waiting: readonly Change[]): Promise<readonly Change[]> {
    await this.#reach();
    const nowMs = this.#now().getTime();
    const standing = waiting.flatMap(({ id }) => {
      const untilMs = Math.max(this.#begunUntilMs.get(id) ?? 0, this.#restingUntilMs.get(id) ?? 0);
      const place = this.#records.get(id)?.state.kind === 'applying' ? '-inf' : String(this.#places.get(id) ?? '');
      return this.#isWaiting(id) ? [[id, { place, isFree: untilMs <= nowMs }] as const] : [];
    });
    return strandedOf(waiting, new Map(standing));
  }

  async update(next: Change, event?: AuditEvent): Promise<boolean> {
    await this.#reach();
    const before = this.#records.get(next.id);
    if (before?.rev !== next.rev - 1) return false;
    this.#store(next, event);
    if (next.state.kind === 'applied' && before.state.kind !== 'applied')
      this.#applied.unshift({ id: next.id, atMs: this.#now().getTime() });
    if (isWaiting(next)) return true;

    for (const object of objectsOf(next)) if (this.#lineOf(object).ids.delete(next.id)) this.stir(object);
    this.#places.delete(next.id);
    this.#begunUntilMs.delete(next.id);
    return true;
  }

  async areQuiet(): Promise<boolean> {
    const areNone = (await this.open()).length === 0 && ((await this.#ramps?.open()) ?? []).length === 0;
    return areNone && this.#cards?.areQuiet() !== false;
  }

  async open(): Promise<readonly Change[]> {
    await this.#reach();
    return [...this.#records.values()]
      .filter((change) => !isEnded(change) || isUnsettled(change) || isToBeSeen(change))
      .toSorted((a, b) => a.acceptedAt.localeCompare(b.acceptedAt));
  }

  async recentlyApplied(): Promise<readonly Change[]> {
    await this.#reach();
    const since = this.#now().getTime() - recentMs;
    const recent = this.#applied.filter(({ atMs }) => atMs >= since).slice(0, 500);
    return recent.flatMap(({ id }) => this.#records.get(id) ?? []);
  }

  /** Alters a record, as somebody in Redis could. */
  spoil(id: ChangeId): void {
    this.#spoilt.add(id);
  }

  /** Deletes everything, like a FLUSHALL. */
  lose(): void {
    this.#records.clear();
    this.#refused.clear();
    this.#lines.clear();
    this.#places.clear();
    this.#begunUntilMs.clear();
    this.#restingUntilMs.clear();
  }

  /** Goes back to an older copy of the store, like a replica without the last writes, or a backup. */
  fallBackTo(earlier: readonly Change[]): void {
    this.lose();
    for (const change of earlier) {
      this.#records.set(change.id, change);
      if (isWaiting(change)) this.#enter(change, goesAhead(change));
    }
  }

  /** Only the line of an object is gone. */
  loseLine(object: ObjectRef): void {
    this.#lineOf(object).ids.clear();
  }

  /** Makes every call fail until `comeBack`. */
  goAway(): void {
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** Runs something between the next read of a line and what its reader does then. */
  afterNextLine(happens: () => Promise<void> | void): void {
    this.#meanwhile.push(happens);
  }

  /** Changes the version of a line, and not its content. */
  stir(object: ObjectRef): void {
    this.#lineOf(object).version += 1;
  }

  /** All records, in the order in which they were first accepted. */
  get all(): readonly Change[] {
    return [...this.#records.values()];
  }

  #store(change: Change, event?: AuditEvent): void {
    readStoredChange(storeChange(change, undefined), undefined); // a record that Redis could not give back must fail here, too
    this.#records.set(change.id, change);
    if (event !== undefined) this.#audit?.add(event);
    this.#cards?.owe(change.id, change.rev);
  }

  #isWaiting(id: ChangeId): boolean {
    const change = this.#records.get(id);
    return change !== undefined && isWaiting(change);
  }

  /** At the end of all its lines, or before what has not begun; where it has a place already, there. */
  #enter(change: Change, isAhead: boolean): void {
    const { id } = change;
    if (change.state.kind === 'applying') this.#places.set(id, Number.NEGATIVE_INFINITY);
    else if (!this.#places.has(id)) {
      this.#lastPlace += 1;
      this.#places.set(id, isAhead ? -this.#lastPlace : this.#lastPlace);
    }
    for (const object of objectsOf(change)) {
      const { ids } = this.#lineOf(object);
      if (!ids.has(id)) this.stir(object);
      ids.add(id);
    }
  }

  #standingIn(object: ObjectRef): readonly ChangeId[] {
    return this.#inOrder([...this.#lineOf(object).ids].filter((id) => this.#isWaiting(id)));
  }

  #inOrder(ids: readonly ChangeId[]): readonly ChangeId[] {
    const placeOf = (id: ChangeId) => this.#places.get(id) ?? 0;
    return ids.toSorted((a, b) =>
      placeOf(a) === placeOf(b) ? Number(a > b) - Number(a < b) : placeOf(a) - placeOf(b),
    );
  }

  #lineOf(object: ObjectRef): ObjectLine {
    const key = objectKey(object);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const fresh: ObjectLine = { version: 0, ids: new Set() };
    this.#lines.set(key, fresh);
    return fresh;
  }

  async #reach(): Promise<void> {
    await turn();
    if (this.#isAway) throw new StoreUnavailableError('the store is away');
  }
}
