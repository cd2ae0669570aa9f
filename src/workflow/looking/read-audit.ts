import type { AuditSubject } from '../../domain/change/audit.ts';
import type { AuditTopic } from '../../domain/language/command.ts';
import type { Standing } from '../../domain/policy/groups.ts';
import { type Asker, type Desk, fillIn } from '../desk.ts';
import type { AuditReading } from '../ports/audit.ts';

export type AuditAnswer =
  | { readonly kind: 'audit'; readonly subject: AuditSubject; readonly reading: AuditReading }
  /** The audit is only for members of the team. */
  | { readonly kind: 'not-for-you'; readonly standing: Standing };

/** What is told of a ramp is its own answer. */
type ChangeTopic = Exclude<AuditTopic, { kind: 'ramp' }>;

const shownAtOnce = 20;

/** `/shift audit reviews`: who decided what, newest first. Every full member of the team may read it. */
export async function readAudit(desk: Desk, topic: ChangeTopic, { user, team }: Asker): Promise<AuditAnswer> {
  const { standing } = await desk.people.person(user, team);
  if (standing.kind !== 'member') return { kind: 'not-for-you', standing };
  const subject = subjectOf(desk, topic);
  return { kind: 'audit', subject, reading: await desk.audit.read({ subject, limit: shownAtOnce }) };
}

function subjectOf(desk: Desk, topic: ChangeTopic): AuditSubject {
  return topic.kind === 'service' ? { kind: 'service', name: fillIn(desk, topic.service) } : topic;
}
