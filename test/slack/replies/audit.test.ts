import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, type AuditSubject, auditDeeds, auditKinds } from '../../../src/domain/change/audit.ts';
import { auditReply } from '../../../src/slack/replies/audit.ts';
import type { AuditEntry } from '../../../src/workflow/ports/audit.ts';
import { changeId } from '../../support/builders.ts';

const now = new Date('2026-11-22T14:08:11Z');
const reviews = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const everything: AuditSubject = { kind: 'everything' };

const approved: AuditEvent = {
  id: 'c-00000001.1',
  kind: 'approved',
  at: '2026-11-22T14:03:11.000Z',
  by: { user: 'U02BOB' },
  deed: 'approve',
  changeId: changeId(1),
  askedBy: 'U01ALICE',
  service: reviews,
  from: { v1: 100 },
  to: { v1: 50, v3: 50 },
  reason: 'red\nstars',
  rule: { name: 'reviews', line: 4 },
  missing: 1,
};

function told(...events: readonly Partial<AuditEvent>[]): readonly AuditEntry[] {
  return events.map((event) => ({ kind: 'event', event: { ...approved, ...event } }));
}

function linesOf(entries: readonly AuditEntry[], { hasMore = false, subject = everything } = {}): readonly string[] {
  return auditReply({ kind: 'audit', subject, reading: { entries, hasMore } }, now).text.split('\n');
}

describe('what is shown of the audit', () => {
  it('is a line each: when, who, what, why, by which rule', () => {
    expect(linesOf(told({}))).toEqual([
      '*Everything*, newest first',
      '5 min ago · <@U02BOB> approved, asked by <@U01ALICE> · c-00000001 `reviews` v1 100 → 50 %, v3 0 → 50 % · 1 more needed · rule `reviews`, line 4 of the policy file · “red stars”',
    ]);
  });

  it.each<[Partial<AuditEvent>, string]>([
    [{ kind: 'accepted', by: { user: 'U01ALICE' } }, '<@U01ALICE> asked; accepted · c-'],
    [{ kind: 'applied', by: undefined }, 'applied, asked by <@U01ALICE> · c-'],
    [
      { kind: 'held', by: undefined, live: { v1: 70, v3: 30 }, because: 'moved', detail: 'kubectl' },
      '`moved` · `kubectl` · live: v1 70 %, v3 30 %',
    ],
    [
      { kind: 'refused', deed: 'rollback', because: 'unknown-change' },
      'was refused, asked by <@U01ALICE> · rollback c-',
    ],
    [{ kind: 'rolled-back', other: changeId(2) }, '<@U02BOB> rolled back, asked by <@U01ALICE>'],
    [{ kind: 'rolled-back', other: changeId(2) }, 'see c-00000002'],
  ])('has words for %o', (event, words) => {
    expect(linesOf(told(event))[1]).toContain(words);
  });

  it.each<[AuditSubject, string]>([
    [{ kind: 'service', name: reviews }, 'Nothing is kept of `reviews` in `default` @ `sandbox`.'],
    [{ kind: 'person', user: 'U02BOB' }, 'Nothing is kept of <@U02BOB>.'],
    [{ kind: 'change', id: changeId(1) }, 'Nothing is kept of c-00000001.'],
  ])('says that nothing is kept of %o', (subject, words) => {
    expect(linesOf([], { subject })).toEqual([words]);
    expect(linesOf([], { subject, hasMore: true })[0]).toContain('`/audit.ndjson` has what is older');
  });

  it('says of entries that cannot be trusted how many they are, where they stand', () => {
    const untrusted = { kind: 'untrusted', at: approved.at, text: '<!channel>' } as const;

    const lines = linesOf([untrusted, ...told({}), untrusted, untrusted]);

    expect(lines.map((line) => /(One entry|2 entries|approved)/.exec(line)?.[0])).toEqual([
      undefined,
      'One entry',
      'approved',
      '2 entries',
    ]);
    expect(lines.join('\n')).not.toContain('channel>');
  });

  it('is bounded in length, by whole lines, and says that there are more', () => {
    const lines = linesOf(told(...Array.from({ length: 20 }, () => ({ reason: 'x'.repeat(300) }))));

    expect(lines.join('\n').length).toBeLessThan(2_900);
    expect(lines.at(-1)).toBe('… and older');
    for (const line of lines.slice(1, -1)) expect(line).toMatch(/“x{60}… \+240”$/);
  });

  it('says so where there are more that were not looked at', () => {
    expect(linesOf(told({}), { hasMore: true }).at(-1)).toBe('… and older');
  });

  it.each(['guest', 'outsider', 'bot', 'deactivated'] as const)('is nothing for a person who is %s', (kind) => {
    expect(auditReply({ kind: 'not-for-you', standing: { kind } }, now).text).toContain(
      'full members of this team only',
    );
  });

  it('is nothing for a person of whom it is not known who they are', () => {
    const standing = { kind: 'unknown', why: 'Slack <did> not answer' } as const;

    expect(auditReply({ kind: 'not-for-you', standing }, now).text).toContain('Slack &lt;did&gt; not answer');
  });

  it('mentions nobody but by a user id, whatever stands in an event', () => {
    const text = fc.oneof(
      fc.constantFrom('<!channel>', '<@U1>', '`<!here>`', '<http://x|y>', '*\n\n&lt;'),
      fc.string(),
    );
    const anyEvent = fc.record(
      {
        by: fc.record({ user: text }),
        askedBy: text,
        kind: fc.constantFrom(...auditKinds),
        deed: fc.constantFrom(...auditDeeds),
        service: fc.record({ cluster: text, namespace: text, service: text }),
        from: fc.dictionary(text, fc.nat(100)),
        to: fc.dictionary(text, fc.nat(100)),
        live: fc.dictionary(text, fc.nat(100)),
        because: text,
        detail: text,
        reason: text,
        rule: fc.record({ name: text, line: fc.nat() }),
      },
      { requiredKeys: ['kind'] },
    );
    fc.assert(
      fc.property(anyEvent, (event) => {
        const shown = auditReply(
          { kind: 'audit', subject: everything, reading: { entries: told(event), hasMore: false } },
          now,
        ).text;
        expect(shown.replaceAll(/<@[UW][A-Z0-9]+>/g, '')).not.toMatch(/[<>]/);
      }),
      { numRuns: 500 },
    );
  });
});
