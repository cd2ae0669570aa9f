import type { KnownBlock, SectionBlock } from '@slack/types';
import { editsOf } from '../../workflow/asking/plan-edits.ts';
import type { TakeBackAnswer } from '../../workflow/asking/take-back-edits.ts';
import { title } from '../card/card.ts';
import { code, fitted, foreign } from '../words/mrkdwn.ts';
import { objectSections, section } from '../words/object-text.ts';
import { warningText } from '../words/owner-text.ts';
import { verdictText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { trialLines } from '../words/trial-text.ts';

/** A message holds 13,000 characters; what stands beside the objects needs some of them. */
export const maxObjectsText = 5_500;
const maxSpoken = 3_500;

type Outcome = Extract<TakeBackAnswer, { kind: 'not-taken' | 'busy' | 'too-much' | 'would-take-back' | 'taken-back' }>;

/** What comes of objects that are changed whole, where it is not a change. */
export function outcomeReply(outcome: Outcome): Reply {
  switch (outcome.kind) {
    case 'not-taken':
      return says(['*Not accepted.* Nothing was changed.', ...trialLines(outcome.plan)].join('\n'));
    case 'busy':
      return says(
        `*Not accepted:* ${outcome.first.id} (${foreign(title(outcome.first), 120)}) is to be applied to ${code(outcome.first.object.name)} first, and what this would do is known only then. Nothing was changed. Type it again when that one is done.`,
      );
    case 'too-much':
      return says(
        `*Not accepted:* what the objects were and are to be takes ${outcome.bytes} bytes, and a record holds ${outcome.limit} for the way back. Nothing was changed. Make several files of it.`,
      );
    case 'taken-back':
      return says(`All objects of ${outcome.change.id} are as they were before it. Nothing was changed.`);
    case 'would-take-back': {
      const { plan, judgement } = outcome;
      const policy = judgement.verdict.kind === 'allowed' ? [] : [`Policy: ${verdictText(judgement.verdict)}`];
      const text = 'Dry run of a rollback: nothing was changed.';
      return blocksReply(text, [
        ...objectSections(editsOf(plan), maxObjectsText),
        ...lines([...trialLines(plan), ...plan.warnings.slice(0, 2).map(warningText), ...policy]),
      ]);
    }
  }
}

export function lines(all: readonly string[], limit = 2_000): readonly SectionBlock[] {
  return all.length === 0 ? [] : [section(fitted(all.join('\n'), limit))];
}

/** `text` is for notifications and screen readers: all of it but the lines of the differences. */
export function blocksReply(heading: string, blocks: readonly KnownBlock[]): Reply {
  const all = blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
  const spoken = [heading, ...all.map((text) => text.replaceAll(/\n`[+\-\u00A0]\u00A0[^\n]*/g, ''))].join('\n');
  return { text: fitted(spoken, maxSpoken), blocks: [section(heading), ...blocks] };
}
