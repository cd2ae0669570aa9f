import type { MovedAway } from '../../domain/change/change.ts';
import type { AppliedChange } from '../../domain/change/fate.ts';
import { formatCommand } from '../../domain/language/command.ts';
import { toolOf, weightsOwner } from '../../domain/routing/owner.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { percentages, sameShares } from '../../domain/routing/split.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { howToStop } from '../words/owner-text.ts';
import { splitText } from '../words/split-text.ts';
import { clock } from '../words/time-text.ts';

/** What is cut off cannot be typed. */
const longestCommand = 250;

/** What somebody else did to an applied change, how to stop that, and what to type to have it back. */
export function movedNote(change: AppliedChange, away: MovedAway): string {
  const { later, rolledBack } = change.state;
  const happened = whatHappened(change, away);
  if (later !== undefined || rolledBack !== undefined) return `${happened}.`; // what is live now is told elsewhere
  if (away.how === 'object-gone') return `${happened}, and the split with it.`;

  const live = away.how === 'rule-gone' ? '' : ` Live is now ${foreign(splitText(away.live), 120)}.`;
  const history = away.how === 'ledger-lost' ? ' Its history was removed too.' : '';
  const tool = toolOf(away.manager);
  const stop = howToStop(tool, away.manager);
  const isLost = away.how === 'rule-gone' || (tool !== undefined && weightsOwner([{ tool }]) !== undefined);
  return [`${happened}.${live}${history}`, stop, isLost ? '' : again(change)].filter((line) => line !== '').join('\n');
}

/** Whether taking the change back would still do something. */
export function canTakeBack({ from, edits, state: { movedAway } }: AppliedChange): boolean {
  if (movedAway === undefined || edits !== undefined) return true;
  return movedAway.how !== 'object-gone' && movedAway.how !== 'rule-gone' && !sameShares(movedAway.live, from);
}

function whatHappened(
  { object, rule, from, edits }: AppliedChange,
  { how, live, manager, at, name }: MovedAway,
): string {
  const which = `${object.kind} ${code(name ?? object.name)}`;
  const by = `by ${manager === undefined ? 'somebody else' : code(manager)} at ${clock(at)}`;
  switch (how) {
    case 'object-gone':
      return `*${which} was deleted*, as seen at ${clock(at)}`;
    case 'rule-gone':
      return `*The rule ${code(rule)} was removed or renamed* ${by}`;
    case 'made-anew':
      return name === undefined ? `*The object was deleted and made anew* ${by}` : `*${which} was made anew* ${by}`;
    case 'pinned-rules':
      return `*The pinned rules of ${which} were changed* ${by}`;
    case 'weights':
    case 'ledger-lost':
      if (edits !== undefined) return `*The weights of ${which} were moved* ${by}`;
      return `*${sameShares(live, from) ? 'Put back' : 'Moved away'}* ${by}`;
  }
}

/** The whole split, since a share of one version would divide the rest as somebody else has it now. */
function again({ service, object, rule, edits, reverts, state: { live } }: AppliedChange): string {
  const { namespace, cluster } = object;
  if (edits !== undefined) {
    if (edits.verb === 'unpin' || reverts !== undefined) return '';
    const typed = { verb: edits.verb, file: edits.of, place: { namespace, cluster }, dryRun: false } as const;
    return `To have it again: ${code(formatCommand(typed), longestCommand)}`;
  }
  const shares = Object.entries(percentages(live)).filter(([, percent]) => percent > 0);
  const command = formatCommand({
    verb: 'shift',
    service: { service, namespace, cluster },
    wish: { kind: 'whole', shares: Object.fromEntries(shares) },
    options: { rule: rule === defaultRule ? undefined : rule, dryRun: false },
  });
  return command.length > longestCommand ? '' : `To have it again: ${code(command, longestCommand)}`;
}
