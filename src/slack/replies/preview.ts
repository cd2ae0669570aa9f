import { mainEdit } from '../../domain/change/change.ts';
import { isContentEdit } from '../../domain/change/edit.ts';
import { editsOf } from '../../workflow/asking/plan.ts';
import type { Answer } from '../../workflow/asking/submit.ts';
import { moveBlocks, namedMoves, ruleName } from '../words/move-text.ts';
import { code } from '../words/mrkdwn.ts';
import { objectSections } from '../words/object-text.ts';
import { pinnedText } from '../words/pinned-text.ts';
import { judgementTexts } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { andMore } from '../words/title.ts';
import { trialLines, weightsTrialLines } from '../words/trial-text.ts';
import { mostWarnings, warningText } from '../words/warning-text.ts';
import { blocksReply, lines, maxObjectsText } from './blocks.ts';

type Preview = Extract<Answer, { kind: 'preview' }>;

const maxPinned = 10;
const maxRows = 2_000;

/** The answer to a dry run: what would happen, and what the API server and policy say about it. */
export function previewReply(preview: Preview): Reply {
  return editsOf(preview.plan).some(isContentEdit) ? wholeReply(preview) : says(weightsText(preview));
}

function weightsText({ name, plan, waiting, judgement }: Preview): string {
  const edits = editsOf(plan);
  const moves = namedMoves(edits);
  const [first, ...more] = moves;
  const which = first === undefined || more.length > 0 ? `${moves.length} rules` : ruleName(first.rule);
  const { pinned } = mainEdit({ edits });
  return [
    `Dry run of ${code(name.service)}${andMore(edits)} in ${code(name.namespace)}, ${which}: nothing was changed.`,
    moveBlocks(moves, maxRows),
    ...weightsTrialLines(plan),
    ...policyLines(judgement),
    ...(waiting === 0 ? [] : [`Planned from what the ${waiting} waiting before it will leave.`]),
    ...(pinned.length === 0 ? [] : [`Not reached by the split: ${pinnedText(pinned, maxPinned)}`]),
    ...plan.warnings.map(warningText),
  ].join('\n');
}

function wholeReply({ plan, judgement }: Preview): Reply {
  const what = plan.aim.kind === 'back' ? 'Dry run of a rollback' : 'Dry run';
  return blocksReply(`${what}: nothing was changed.`, [
    ...objectSections(editsOf(plan), maxObjectsText),
    ...lines([
      ...trialLines(plan),
      ...plan.warnings.slice(0, mostWarnings).map(warningText),
      ...policyLines(judgement),
    ]),
  ]);
}

/** Empty if policy allows it. */
export function policyLines(judgement: Preview['judgement']): readonly string[] {
  return judgement.verdict.kind === 'allowed' ? [] : [`Policy: ${judgementTexts(judgement).join(' ')}`];
}
