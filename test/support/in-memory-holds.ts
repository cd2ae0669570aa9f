import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { type UnreadableHold, unreadableHold } from '../../src/domain/policy/freeze.ts';
import { holdsFor, keyOfHold, type SetHold } from '../../src/domain/policy/set-hold.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { HeldOutcome, Holds, HoldsFound, SetOptions } from '../../src/workflow/ports/holds.ts';
import type { InMemoryAudit } from './in-memory-audit.ts';

/** Locks and freezes in memory. Every call is atomic, like a script in Redis. */
export class InMemoryHolds implements Holds {
  readonly #standing = new Map<string, SetHold>();
  readonly #asked = new Set<string>();
  readonly #audit: InMemoryAudit | undefined;
  #fails: Error | undefined;
  #unreadable: readonly UnreadableHold[] = [];

  constructor(audit?: InMemoryAudit) {
    this.#audit = audit;
  }

  async on(targets: readonly string[], at: Date): Promise<HoldsFound> {
    const { holds, unreadable } = await this.all(at);
    return { holds: holds.filter((hold) => holdsFor(hold, targets, at)), unreadable };
  }

  async all(at: Date): Promise<HoldsFound> {
    return { holds: await this.standing(at), unreadable: this.#unreadable };
  }

  /** Those that can be read. */
  async standing(at: Date): Promise<readonly SetHold[]> {
    if (this.#fails !== undefined) throw this.#fails;
    const found = [...this.#standing.values()].filter(({ until }) => until > at);
    return found.toSorted((one, other) => other.since.getTime() - one.since.getTime());
  }

  async set(hold: SetHold, { at, instead, event }: SetOptions): Promise<HeldOutcome> {
    if (this.#fails !== undefined) throw this.#fails;
    if (this.#asked.has(hold.id)) return 'set-before';
    const current = this.#standing.get(placeOf(hold));
    if (current !== undefined && current.until > at && current.id !== instead?.id) return 'taken';
    this.#standing.set(placeOf(hold), hold);
    this.#asked.add(hold.id);
    if (event !== undefined) this.#audit?.add(event);
    return 'set';
  }

  async release(hold: SetHold, event?: AuditEvent): Promise<boolean> {
    if (this.#fails !== undefined) throw this.#fails;
    if (this.#standing.get(placeOf(hold))?.id !== hold.id) return false;
    this.#standing.delete(placeOf(hold));
    if (event !== undefined) this.#audit?.add(event);
    return true;
  }

  /** Makes every call fail from now on, as if Redis did not answer. */
  goAway(): void {
    this.#fails = new StoreUnavailableError('Redis did not answer');
  }

  /** Adds what cannot be read, as if somebody altered a freeze in Redis. */
  spoil(): void {
    this.#unreadable = [unreadableHold({ kind: 'freeze', removeWith: 'HDEL {shiftbot}:freezes "inc-42"' })];
  }

  /** Takes it out again. */
  mend(): void {
    this.#unreadable = [];
  }
}

function placeOf(hold: SetHold): string {
  return `${hold.kind} ${keyOfHold(hold)}`;
}
