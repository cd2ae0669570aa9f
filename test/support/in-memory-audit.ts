import { setImmediate as turn } from 'node:timers/promises';
import { type AuditEvent, isAbout } from '../../src/domain/change/audit.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Audit, AuditEntry, AuditReading } from '../../src/workflow/ports/audit.ts';

interface Kept {
  readonly entry: AuditEntry;
  readonly atMs: number;
}

const rememberMs = 3600_000;

/** The audit in memory. InMemoryChanges adds to it in the same step as a transition. */
export class InMemoryAudit implements Audit {
  readonly #now: () => Date;
  readonly #keptMs: number;
  readonly #gestures = new Map<string, number>();
  #kept: Kept[] = [];
  #isAway = false;

  constructor({ now = () => new Date(), days = 90 }: { now?: () => Date; days?: number } = {}) {
    this.#now = now;
    this.#keptMs = days * 24 * 3600_000;
  }

  async note(event: AuditEvent): Promise<boolean> {
    await this.#reach();
    const notedMs = this.#gestures.get(event.request ?? '') ?? Number.NEGATIVE_INFINITY;
    if (this.#nowMs() - notedMs < rememberMs) return false;
    this.add(event);
    return true;
  }

  async read({ subject, limit }: Parameters<Audit['read']>[0]): Promise<AuditReading> {
    await this.#reach();
    const entries: AuditEntry[] = [];
    let found = 0;
    for (const { entry } of this.#kept.toReversed()) {
      if (found === limit) return { entries, hasMore: true };
      if (entry.kind === 'event' && !isAbout(entry.event, subject)) continue;
      entries.push(entry);
      if (entry.kind === 'event') found += 1;
    }
    return { entries, hasMore: false };
  }

  async *export(since: Date): AsyncGenerator<AuditEntry> {
    await this.#reach();
    for (const { entry, atMs } of this.#kept) if (atMs >= since.getTime()) yield entry;
  }

  /** Adds the event of a transition, in the transition's own step. */
  add(event: AuditEvent): void {
    const nowMs = this.#nowMs();
    this.#kept = this.#kept.filter(({ atMs }) => atMs > nowMs - this.#keptMs);
    this.#kept.push({ entry: { kind: 'event', event: JSON.parse(JSON.stringify(event)) }, atMs: nowMs });
    if (event.request !== undefined) this.#gestures.set(event.request, nowMs);
  }

  /** Adds an entry that the bot did not write. */
  spoil(): void {
    const at = this.#now();
    this.#kept.push({ entry: { kind: 'untrusted', at: at.toISOString(), text: '{}' }, atMs: at.getTime() });
  }

  /** Makes every call fail from now on. */
  goAway(): void {
    this.#isAway = true;
  }

  /** All events, oldest first. */
  get trail(): readonly AuditEvent[] {
    return this.#kept.flatMap(({ entry }) => (entry.kind === 'event' ? [entry.event] : []));
  }

  #nowMs(): number {
    return this.#now().getTime();
  }

  async #reach(): Promise<void> {
    await turn();
    if (this.#isAway) throw new StoreUnavailableError('the store is away');
  }
}
