import { setImmediate as turn } from 'node:timers/promises';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { movesOneOf, type Ramp } from '../../src/domain/ramp/ramp.ts';
import { dueAtMs, isOver } from '../../src/domain/ramp/ramp-state.ts';
import type { ChangeId, RampId } from '../../src/domain/routing/names.ts';
import { isSameObject, type ObjectRef } from '../../src/domain/routing/object.ts';
import { readStoredRamp, storeRamp } from '../../src/redis/records/stored-ramp.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import { owedAs } from '../../src/workflow/ports/cards.ts';
import type { RampedRule } from '../../src/workflow/ports/changes.ts';
import type { Created, CreateOptions, LookClaim, Ramps, UpdateOptions } from '../../src/workflow/ports/ramps.ts';
import type { InMemoryAudit } from './in-memory-audit.ts';
import type { InMemoryCards } from './in-memory-cards.ts';

/** The ramps in memory. Every call is atomic, like a script in Redis. */
export class InMemoryRamps implements Ramps {
  readonly #cards: InMemoryCards | undefined;
  readonly #audit: InMemoryAudit | undefined;
  readonly #records = new Map<RampId, Ramp>();
  readonly #refused = new Set<ChangeId>();
  readonly #decided = new Map<ChangeId, RampId>();
  readonly #looks = new Map<RampId, { readonly by: string; readonly untilMs: number }>();
  readonly #now: () => Date;
  #isAway = false;

  /** `cards` learns what each transition owes, and `audit` gets its event. */
  constructor({
    cards,
    audit,
    now = () => new Date(),
  }: { cards?: InMemoryCards; audit?: InMemoryAudit; now?: () => Date } = {}) {
    this.#now = now;
    this.#cards = cards;
    this.#audit = audit;
  }

  async read(id: RampId): Promise<Ramp | undefined> {
    await this.#reach();
    return this.#records.get(id);
  }

  async create(ramp: Ramp, { askedAs, event }: CreateOptions): Promise<Created> {
    await this.#reach();
    if (this.#records.has(ramp.id)) return 'known';
    if (this.#refused.has(askedAs)) return 'refused-before';
    return this.put(ramp, event) ? 'created' : 'taken';
  }

  async update(next: Ramp, { event, askedAs, isQuiet }: UpdateOptions): Promise<boolean> {
    await this.#reach();
    if (askedAs !== undefined && this.#decided.has(askedAs)) return false;
    const isMoved = this.put(next, event, isQuiet);
    if (isMoved && askedAs !== undefined) this.#decided.set(askedAs, next.id);
    return isMoved;
  }

  async decidedAs(request: ChangeId): Promise<RampId | undefined> {
    await this.#reach();
    return this.#decided.get(request);
  }

  async claimLook(id: RampId, by: string, forMs: number): Promise<LookClaim> {
    await this.#reach();
    const nowMs = this.#now().getTime();
    const held = this.#looks.get(id);
    if (held !== undefined && held.by !== by && held.untilMs > nowMs) return held.by === 'rests' ? 'rests' : 'taken';
    this.#looks.set(id, { by, untilMs: nowMs + forMs });
    return 'claimed';
  }

  async endLook(id: RampId, by: string, restMs = 0): Promise<void> {
    await this.#reach();
    if (this.#looks.get(id)?.by !== by) return;
    this.#looks.delete(id);
    if (restMs > 0) this.#looks.set(id, { by: 'rests', untilMs: this.#now().getTime() + restMs });
  }

  async open(): Promise<readonly Ramp[]> {
    await this.#reach();
    const due = ({ state }: Ramp) => dueAtMs(state) ?? Number.POSITIVE_INFINITY;
    return [...this.#records.values()].filter(({ state }) => !isOver(state)).toSorted((a, b) => due(a) - due(b));
  }

  /** The store's own move, which may be part of another call. False if the ramp moved on, or another one moves its rules. */
  put(next: Ramp, event?: AuditEvent, isQuiet = false): boolean {
    const before = this.#records.get(next.id);
    if (next.rev === 0 ? before !== undefined || this.#isTaken(next) : before?.rev !== next.rev - 1) return false;
    readStoredRamp(storeRamp(next, undefined), undefined); // a record that Redis could not give back must fail here, too
    this.#records.set(next.id, next);
    if (event !== undefined) this.#audit?.add(event);
    if (!isQuiet) this.#cards?.owe(next.id, owedAs(next));
    return true;
  }

  /** Which rules of these objects a ramp moves that is not over. */
  ruled(objects: readonly ObjectRef[]): readonly RampedRule[] {
    const open = [...this.#records.values()].filter(({ state }) => !isOver(state));
    return open.flatMap(({ id, before }) =>
      before
        .filter(({ object }) => objects.some((each) => isSameObject(each, object)))
        .map(({ object, rule }) => ({ object, rule, ramp: id })),
    );
  }

  noteRefused(request: ChangeId): void {
    this.#refused.add(request);
  }

  /** Deletes everything, like a FLUSHALL. */
  lose(): void {
    this.#records.clear();
  }

  goAway(): void {
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  #isTaken(ramp: Ramp): boolean {
    return [...this.#records.values()].some(
      ({ state, before }) => !isOver(state) && movesOneOf({ before }, ramp.before),
    );
  }

  async #reach(): Promise<void> {
    await turn();
    if (this.#isAway) throw new StoreUnavailableError('the store is away');
  }
}
