import type { Ramp } from '../../../domain/ramp/ramp.ts';
import type { AuditEntry } from '../../../workflow/ports/audit.ts';
import { stepsLine } from '../../card/ramp.ts';
import { holdText } from '../../card/ramp-notes.ts';
import { code, user } from '../../words/mrkdwn.ts';
import { type Reply, says } from '../../words/reply.ts';
import { targetsText } from '../../words/targets-text.ts';
import { momentText } from '../../words/time-text.ts';
import { within } from '../blocks.ts';
import { namedRamp as named } from './lines.ts';

/** What is known of a ramp: its steps, the changes that made them, and what each look of the guards counted, newest first. */
export function rampExplainedReply(ramp: Ramp, entries: readonly AuditEntry[]): Reply {
  const made = ramp.changes.map(({ step, id }) => (step === 0 ? `the way back: ${id}` : `step ${step}: ${id}`));
  const before = targetsText(ramp.before);
  return says(
    [
      `${named(ramp)}, asked by ${user(ramp.by)} at ${momentText(ramp.acceptedAt)}, is ${ramp.state.kind}.`,
      `Before it: ${before}. ${stepsLine(ramp)}`,
      made.length === 0 ? 'It has made no change.' : `Its changes: ${made.join(', ')}.`,
      ...(ramp.state.kind === 'held' ? [`Held: ${holdText(ramp.state.hold, ramp)}`] : []),
      ...within(entries.flatMap(lookOf), maxLooks, (look) => look),
    ].join('\n'),
  );
}

/** Characters for the looks of the guards. */
const maxLooks = 1_800;

/** What a look counted, with the evidence: anyone can compute it anew. */
function lookOf(entry: AuditEntry): readonly string[] {
  if (entry.kind !== 'event' || entry.event.detail === undefined) return [];
  const { kind, step, detail } = entry.event;
  const isLook = kind === 'ramp-looked' || entry.event.because === 'guard';
  return isLook ? [`step ${step ?? 0}: ${code(detail, 300)}`] : [];
}
