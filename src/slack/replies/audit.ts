import type { AuditEvent, AuditKind, AuditSubject } from '../../domain/change/audit.ts';
import type { AuditAnswer } from '../../workflow/looking/read-audit.ts';
import type { AuditEntry, AuditReading } from '../../workflow/ports/audit.ts';
import { code, foreign, user } from '../words/mrkdwn.ts';
import { ruleText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { moveText, splitText } from '../words/split-text.ts';
import { when } from '../words/when.ts';

/** Characters for all lines of an answer. A line that does not fit is left out, not cut. */
const maxText = 2_700;

/** Who decided what: one line for each decision, newest first. */
export function auditReply(answer: AuditAnswer, now: Date): Reply {
  if (answer.kind === 'not-for-you')
    return says(
      answer.standing.kind === 'unknown'
        ? `I cannot tell whether you are a full member of this team, so I show nothing: ${foreign(answer.standing.why)}.`
        : 'Who decided what is shown to full members of this team only.',
    );
  const { subject, reading } = answer;
  if (reading.entries.length === 0) return says(`Nothing is kept of ${subjectText(subject)}${older(reading)}.`);
  const lines = linesOf(reading.entries, now);
  const shown = whatFits(lines);
  const hasMore = reading.hasMore || shown.length < lines.length;
  return says([`*${subjectText(subject)}*, newest first`, ...shown, ...(hasMore ? ['… and older'] : [])].join('\n'));
}

function older({ hasMore }: AuditReading): string {
  return hasMore ? ' lately; `/audit.ndjson` has what is older' : '';
}

function subjectText(subject: AuditSubject): string {
  switch (subject.kind) {
    case 'everything':
      return 'Everything';
    case 'service':
      return `${code(subject.name.service)} in ${code(subject.name.namespace)} @ ${code(subject.name.cluster)}`;
    case 'person':
      return user(subject.user);
    case 'change':
    case 'ramp':
      return subject.id;
  }
}

function whatFits(lines: readonly string[]): readonly string[] {
  let length = 0;
  const cut = lines.findIndex((line) => {
    length += line.length + 1;
    return length > maxText;
  });
  return cut < 0 ? lines : lines.slice(0, cut);
}

function linesOf(entries: readonly AuditEntry[], now: Date): readonly string[] {
  const lines: string[] = [];
  let untrusted = 0;
  for (const [place, entry] of entries.entries()) {
    if (entry.kind === 'event') {
      lines.push(eventLine(entry.event, now));
      continue;
    }
    untrusted += 1;
    if (entries[place + 1]?.kind === 'untrusted') continue;
    lines.push(untrustedLine(untrusted, entry.at, now));
    untrusted = 0;
  }
  return lines;
}

/** We do not know what such an entry was about, so every answer shows it. */
function untrustedLine(count: number, at: string, now: Date): string {
  const which = count === 1 ? 'One entry' : `${count} entries`;
  return `${when(at, now)} · *${which} cannot be trusted:* altered in Redis, signed with another key, or by a version of me that I do not know`;
}

const words: Record<AuditKind, string> = {
  accepted: 'asked; accepted',
  awaiting: 'asked; waits for approval',
  refused: 'was refused',
  denied: 'was denied by policy',
  approved: 'approved',
  rejected: 'rejected',
  withdrawn: 'withdrew',
  expired: 'not approved in time',
  voided: 'void',
  'planned-anew': 'had it planned anew',
  discarded: 'discarded',
  applied: 'applied',
  held: 'held',
  superseded: 'superseded',
  failed: 'failed',
  settled: 'looked up',
  'rolled-back': 'rolled back',
  'moved-away': 'moved by somebody else',
  'live-again': 'live again',
  'ramp-paused': 'paused',
  'ramp-resumed': 'resumed',
  'ramp-asks': 'waits for a person',
  'ramp-looked': 'guards looked',
  'ramp-stopped': 'held',
  'ramp-finished': 'finished',
  'ramp-goes-back': 'stopped, to go back',
  'ramp-is-back': 'back to before the ramp',
  locked: 'locked',
  unlocked: 'unlocked',
  'taken-over': 'took over the lock',
  frozen: 'froze',
  thawed: 'thawed',
};

/** Who, what, when, why and by which rule. */
function eventLine(event: AuditEvent, now: Date): string {
  return [when(event.at, now), whoText(event), whatText(event), ...whyText(event)]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function whoText({ by, askedBy, kind }: AuditEvent): string | undefined {
  const asker = askedBy === undefined || askedBy === by?.user ? undefined : `asked by ${user(askedBy)}`;
  const doer = by === undefined ? undefined : `${user(by.user)} ${words[kind]}`;
  return [doer ?? words[kind], asker].filter((part) => part !== undefined).join(', ');
}

function whatText({
  deed,
  kind,
  changeId,
  rampId,
  step,
  service,
  target,
  from,
  to,
  does,
}: AuditEvent): string | undefined {
  const told = kind === 'refused' || kind === 'denied' ? deed : undefined;
  const move = from === undefined || to === undefined ? undefined : foreign(moveText(from, to));
  const parts = [
    told,
    changeId,
    rampId === undefined ? undefined : `${rampId}${step === undefined || step === 0 ? '' : ` step ${step}`}`,
    target === undefined ? service && code(service.service) : code(target),
    does && code(does, 80),
    move,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

function whyText({ because, detail, kind, live, missing, other, reason, rule, until }: AuditEvent): readonly string[] {
  const isElsewhere = kind === 'moved-away' || kind === 'held';
  return [
    because === undefined ? undefined : code(because),
    detail === undefined ? undefined : code(detail, 80),
    isElsewhere && live ? `live: ${foreign(splitText(live))}` : undefined,
    kind === 'approved' && missing ? `${missing} more needed` : undefined,
    until === undefined ? undefined : `until ${foreign(until.replace('T', ' ').replace(/:\d{2}\.\d+Z$/, ' UTC'), 40)}`,
    other === undefined ? undefined : `see ${other}`,
    rule === undefined ? undefined : ruleText(rule),
    reason === undefined ? undefined : `“${foreign(reason, 60)}”`,
  ].filter((part) => part !== undefined);
}
