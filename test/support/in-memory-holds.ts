import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { holdsFor, keyOfHold, type SetHold } from '../../src/domain/policy/set-hold.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { HeldOutcome, Holds, SetOptions } from '../../src/workflow/ports/holds.ts';
import type { InMemoryAudit } from './in-memory-audit.ts';

/** Locks and freezes in memory. Every call is atomic, like a script in Redis. */
export class InMemoryHolds implements Holds {
  readonly #standing = new Map<string, SetHold>();
  readonly #asked = new Set<string>();
  readonly #audit: InMemoryAudit | undefined;
  #fails: Error | undefined;

  constructor(audit?: InMemoryAudit) {
    this.#audit = audit;
  }

  async on(targets: readonly string[], at: Date): Promise<readonly SetHold[]> {
    return (await this.all(at)).filter((hold) => holdsFor(hold, targets, at));
  }

  async all(at: Date): Promise<readonly SetHold[]> {
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

  /** Makes every call fail, as if somebody altered a hold in Redis. */
  spoil(): void {
    this.#fails = new UntrustedRecordError('the signature does not fit');
  }
}

function placeOf(hold: SetHold): string {
  return `${hold.kind} ${keyOfHold(hold)}`;
}
