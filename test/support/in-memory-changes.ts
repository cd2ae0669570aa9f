import { setImmediate as turn } from 'node:timers/promises';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import {
  type Change,
  isEnded,
  isForPeople,
  isToBeSeen,
  isUnsettled,
  isWaiting,
  moveTo,
} from '../../src/domain/change/change.ts';
import { type ChangeId, objectKey, type RoutingObject } from '../../src/domain/routing/names.ts';
import { readStoredChange, storeChange } from '../../src/redis/stored-change.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Accepted, AcceptOptions, Begun, Changes, Line, Writing } from '../../src/workflow/ports/changes.ts';
import type { InMemoryAudit } from './in-memory-audit.ts';
import type { InMemoryCards } from './in-memory-cards.ts';

interface ObjectLine {
  version: number;
  ids: ChangeId[];
  begun: Until | undefined;
  resting: Until | undefined;
}

const recentMs = 24 * 3600_000;

interface Until {
  readonly id: ChangeId;
  readonly untilMs: number;
}

/** The stored changes in memory. Every call is atomic, like a script in Redis. */
export class InMemoryChanges implements Changes {
  readonly #cards: InMemoryCards | undefined;
  readonly #audit: InMemoryAudit | undefined;
  readonly #now: () => Date;
  readonly #records = new Map<ChangeId, Change>();
  readonly #tries = new Map<ChangeId, number>();
  readonly #spoilt = new Set<ChangeId>();
  readonly #refused = new Set<ChangeId>();
  readonly #writing = new Map<ChangeId, readonly Writing[]>();
  readonly #asked = new Map<ChangeId, ChangeId>();
  readonly #lines = new Map<string, ObjectLine>();
  readonly #applied: { readonly id: ChangeId; readonly atMs: number }[] = [];
  readonly #meanwhile: (() => Promise<void> | void)[] = [];
  #isAway = false;

  /** `cards` learns what each transition owes, and `audit` gets its event. */
  constructor({
    cards,
    audit,
    now = () => new Date(),
  }: {
    cards?: InMemoryCards;
    audit?: InMemoryAudit;
    now?: () => Date;
  } = {}) {
    this.#cards = cards;
    this.#audit = audit;
    this.#now = now;
  }

  async read(id: ChangeId): Promise<Change | undefined> {
    await this.#reach();
    if (this.#spoilt.has(id)) throw new UntrustedRecordError(`the record of ${id} was altered`);
    return this.#records.get(id);
  }

  async line(object: RoutingObject): Promise<Line> {
    await this.#reach();
    const { version, ids } = this.#lineOf(object);
    const waiting = ids.flatMap((id) => this.#records.get(id) ?? []).filter(isWaiting);
    await this.#meanwhile.shift()?.();
    return { version, waiting };
  }

  async accept(change: Change, { line, ahead, askedAs, event }: AcceptOptions): Promise<Accepted> {
    await this.#reach();
    const known = this.#records.get(change.id);
    const isAskedAnew = known !== undefined && (isForPeople(known) || known.state.kind === 'void');
    const isRequeued = isAskedAnew && known.rev === change.rev - 1;
    if (known !== undefined && !isRequeued) {
      if (askedAs !== undefined) this.#asked.set(askedAs, change.id);
      return { kind: 'known', change: known };
    }

    if (this.#refused.has(askedAs ?? change.id)) return { kind: 'refused-before' };
    const its = this.#lineOf(change.object);
    if (its.version !== line) return { kind: 'moved' };
    const first = its.ids[0] === undefined ? undefined : this.#records.get(its.ids[0]);
    if (isWaiting(change)) {
      if (!ahead) its.ids.push(change.id);
      else its.ids.splice(first?.state.kind === 'applying' ? 1 : 0, 0, change.id);
      its.version += 1;
    }
    this.#store(change, event);
    this.#tries.delete(change.id);
    this.#writing.delete(change.id);
    if (askedAs !== undefined) this.#asked.set(askedAs, change.id);
    return { kind: 'accepted' };
  }

  async acceptedAs(request: ChangeId): Promise<ChangeId | undefined> {
    await this.#reach();
    return this.#asked.get(request);
  }

  async noteRefused(request: ChangeId): Promise<void> {
    await this.#reach();
    this.#refused.add(request);
  }

  async begin({ id, object }: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun> {
    await this.#reach();
    const its = this.#lineOf(object);
    const change = await this.read(id);
    if (change === undefined || !isWaiting(change)) {
      its.ids = its.ids.filter((each) => each !== id);
      return { kind: 'ended' };
    }

    const first = its.ids.find((each) => each === id || this.#isWaiting(each));
    if (first !== undefined && first !== id) return { kind: 'not-first', first };
    if (first === undefined) its.ids.push(id);
    const nowMs = this.#now().getTime();
    const isBegun = its.begun?.id === id && its.begun.untilMs > nowMs;
    if (change.state.kind === 'applying' && isBegun) return { kind: 'busy' };
    const restsMs = its.resting?.id === id ? its.resting.untilMs - nowMs : 0;
    if (restsMs > 0) return { kind: 'resting', forMs: restsMs };

    its.begun = { id, untilMs: nowMs + leaseMs };
    const tries = this.#tries.get(id) ?? 0;
    if (change.state.kind === 'applying') return { kind: 'begun', change, tries };
    its.version += 1;
    const applying = moveTo(change, { kind: 'applying' });
    this.#store(applying);
    return { kind: 'begun', change: applying, tries };
  }

  async keep({ id, object }: Change, leaseMs: number): Promise<void> {
    await this.#reach();
    const its = this.#lineOf(object);
    const nowMs = this.#now().getTime();
    if (its.begun?.id === id && its.begun.untilMs > nowMs) its.begun = { id, untilMs: nowMs + leaseMs };
  }

  async rest({ id, object }: Change, forMs: number): Promise<void> {
    await this.#reach();
    const its = this.#lineOf(object);
    this.#tries.set(id, (this.#tries.get(id) ?? 0) + 1);
    its.resting = { id, untilMs: this.#now().getTime() + forMs };
    if (its.begun?.id === id) its.begun = undefined;
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
    const still = waiting.filter(({ id }) => this.#isWaiting(id));
    return [...Map.groupBy(still, ({ object }) => this.#lineOf(object))].flatMap(([its, changes]) => {
      if ([its.begun, its.resting].some((each) => each !== undefined && each.untilMs > nowMs)) return [];
      return changes.find(({ id }) => id === its.ids[0]) ?? changes.slice(0, 1);
    });
  }

  async update(next: Change, event?: AuditEvent): Promise<boolean> {
    await this.#reach();
    const before = this.#records.get(next.id);
    if (before?.rev !== next.rev - 1) return false;
    this.#store(next, event);
    if (next.state.kind === 'applied' && before.state.kind !== 'applied')
      this.#applied.unshift({ id: next.id, atMs: this.#now().getTime() });
    if (isWaiting(next)) return true;

    const its = this.#lineOf(next.object);
    if (its.ids.includes(next.id)) its.version += 1;
    its.ids = its.ids.filter((each) => each !== next.id);
    if (its.begun?.id === next.id) its.begun = undefined;
    return true;
  }

  async areQuiet(): Promise<boolean> {
    return (await this.open()).length === 0 && ((await this.#cards?.owed()) ?? []).length === 0;
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
  }

  /** Goes back to an older copy of the store, like a replica without the last writes, or a backup. */
  fallBackTo(earlier: readonly Change[]): void {
    this.lose();
    for (const change of earlier) {
      this.#records.set(change.id, change);
      if (isWaiting(change)) this.#lineOf(change.object).ids.push(change.id);
    }
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
  stir(object: RoutingObject): void {
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

  #lineOf(object: RoutingObject): ObjectLine {
    const key = objectKey(object);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const fresh: ObjectLine = { version: 0, ids: [], begun: undefined, resting: undefined };
    this.#lines.set(key, fresh);
    return fresh;
  }

  async #reach(): Promise<void> {
    await turn();
    if (this.#isAway) throw new StoreUnavailableError('the store is away');
  }
}
