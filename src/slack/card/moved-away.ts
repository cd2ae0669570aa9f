import { isWeightsOnly, mainEdit, mainMove, movesSeen, placeOf } from '../../domain/change/change.ts';
import { findEdit, findMove } from '../../domain/change/edit.ts';
import type { AppliedChange } from '../../domain/change/fate.ts';
import type { MovedAway } from '../../domain/change/state.ts';
import { formatCommand } from '../../domain/language/command.ts';
import { isSameObject } from '../../domain/routing/object.ts';
import { toolOf, weightsOwner } from '../../domain/routing/owner.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { isPlaced } from '../../domain/routing/rule-key.ts';
import { percentages, type Split, sameShares } from '../../domain/routing/split.ts';
import { ruleName } from '../words/move-text.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { howToStop } from '../words/owner-text.ts';
import { splitText } from '../words/split-text.ts';
import { clock } from '../words/time-text.ts';

/** A longer command is left out: a command that is cut off cannot be typed. */
const longestCommand = 250;

/** What somebody else did to an applied change, how to stop that, and what to type to have it back. */
export function movedAwayNote(change: AppliedChange, away: MovedAway): string {
  const { later, rolledBack } = change.state;
  const happened = whatHappened(change, away);
  if (later !== undefined || rolledBack !== undefined) return `${happened}.`; // another note says what came after it
  if (away.how === 'object-gone') return `${happened}, and the split with it.`;

  const live = away.how === 'rule-gone' ? '' : ` Live is now ${foreign(splitText(away.live), 120)}.`;
  const history = away.how === 'ledger-lost' ? ' Its history was removed too.' : '';
  const tool = toolOf(away.manager);
  const stop = howToStop(tool, away.manager, away.object.kind);
  const isLost = away.how === 'rule-gone' || (tool !== undefined && weightsOwner([{ tool }]) !== undefined);
  return [`${happened}.${live}${history}`, stop, isLost ? '' : again(change, away)]
    .filter((line) => line !== '')
    .join('\n');
}

/** Whether taking the change back would still do something. */
export function canTakeBack(change: AppliedChange): boolean {
  const { movedAway } = change.state;
  if (movedAway === undefined || !isOfOneObject(change)) return true;
  if (movedAway.how === 'object-gone') return false;
  const { moves } = mainEdit(change);
  return moves.length > 1 || (movedAway.how !== 'rule-gone' && !sameShares(movedAway.live, mainMove(change).from));
}

/** Whether the change sets only weights, of one object. Then the card is about nothing else. */
function isOfOneObject(change: AppliedChange): boolean {
  return isWeightsOnly(change) && change.edits.length === 1;
}

function whatHappened(change: AppliedChange, away: MovedAway): string {
  const { object, rule, how, live, manager, at } = away;
  const which = `${object.kind} ${code(object.name)}`;
  const by = `by ${manager === undefined ? 'somebody else' : code(manager)} at ${clock(at)}`;
  switch (how) {
    case 'object-gone':
      return `*${which} was deleted*, as seen at ${clock(at)}`;
    case 'rule-gone':
      return isPlaced(rule)
        ? `*The rule ${code(rule)} was removed, moved to another place, or given another match* ${by}`
        : `*The rule ${code(rule)} was removed or renamed* ${by}`;
    case 'made-anew':
      return isOfOneObject(change) ? `*The object was deleted and made anew* ${by}` : `*${which} was made anew* ${by}`;
    case 'pinned-rules':
      return `*The pinned rules of ${which} were changed* ${by}`;
    case 'weights':
    case 'ledger-lost': {
      if (!isOfOneObject(change)) return `*The weights of ${which} were moved* ${by}`;
      if (mainEdit(change).moves.length > 1) return `*The weights of ${ruleName(rule)} were moved* ${by}`;
      return `*${sameShares(live, fromOf(change, away)) ? 'Put back' : 'Moved away'}* ${by}`;
    }
  }
}

function fromOf({ edits }: AppliedChange, { object, rule }: MovedAway): Split {
  const edit = findEdit(edits, object);
  return (edit && findMove(edit, rule)?.from) ?? {};
}

/** What to type to have it again. Empty if no single line does that. */
function again(change: AppliedChange, away: MovedAway): string {
  const command = isWeightsOnly(change) ? shiftAgain(change, away) : fileAgain(change);
  return command === undefined || command.length > longestCommand
    ? ''
    : `To have it again: ${code(command, longestCommand)}`;
}

function fileAgain({ aim, ...change }: AppliedChange): string | undefined {
  if (aim.kind !== 'file') return undefined;
  const { verb, file } = aim;
  return formatCommand({ verb, file, place: placeOf(change), dryRun: false });
}

/** Names the whole split. A share of one version would divide the rest in the proportions that somebody else set. */
function shiftAgain(change: AppliedChange, { object, rule }: MovedAway): string | undefined {
  const main = mainEdit(change);
  if (!isSameObject(main.object, object)) return undefined; // we do not know what people call the other objects' services
  const made = movesSeen(change, main).find((move) => move.rule === rule);
  if (made === undefined) return undefined;
  const shares = Object.entries(percentages(made.to)).filter(([, percent]) => percent > 0);
  return formatCommand({
    verb: 'shift',
    service: { service: change.service, ...placeOf(change) },
    wish: { kind: 'whole', shares: Object.fromEntries(shares) },
    options: { rule: rule === defaultRule ? undefined : rule, dryRun: false },
  });
}
