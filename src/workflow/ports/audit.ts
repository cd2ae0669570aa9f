import type { AuditEvent, AuditSubject } from '../../domain/change/audit.ts';

/** Who decided what, when and why, for as long as the configuration says. A failure is a StoreUnavailableError. */
export interface Audit {
  /** Keeps an event that moved no change, once for each gesture within an hour. True if it was not there yet. */
  note(event: AuditEvent): Promise<boolean>;
  /** Newest first, as far back as can be read while a person waits. */
  read(query: { readonly subject: AuditSubject; readonly limit: number }): Promise<AuditReading>;
  /** Everything that was kept since then, oldest first. Only a bounded part of it is in memory at a time. */
  export(since: Date): AsyncIterable<AuditEntry>;
}

export type AuditEntry =
  | { readonly kind: 'event'; readonly event: AuditEvent }
  /** Not as the bot wrote it: altered, signed with another key, or by a version that we do not know. What it was about is not known. */
  | { readonly kind: 'untrusted'; readonly at: string; readonly text: string };

export interface AuditReading {
  readonly entries: readonly AuditEntry[];
  /** There may be older ones. */
  readonly hasMore: boolean;
}
