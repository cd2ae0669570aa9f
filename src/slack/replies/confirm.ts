import { isContentEdit } from '../../domain/change/edit.ts';
import { movesIn, type Revision } from '../../domain/routing/ledger.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import { editsOf } from '../../workflow/asking/plan.ts';
import type { RollbackAnswer } from '../../workflow/asking/take-one-back.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { moveBlocks, type NamedMove, namedMoves, ruleName } from '../words/move-text.ts';
import { code, fitted, markup, names, plain, user } from '../words/mrkdwn.ts';
import { objectSections } from '../words/object-text.ts';
import type { Reply } from '../words/reply.ts';
import { splitText } from '../words/split-text.ts';
import { mostWarnings, warningText } from '../words/warning-text.ts';

type Confirm = Extract<RollbackAnswer, { kind: 'confirm' }>;

/** Characters for the differences of objects beside a question. */
const maxDifference = 6_000;
const maxRows = 1_800;
const mostChanges = 8;

/** Asks before a rollback that would undo more than the last change, or would do something else that a person may not expect. */
export function confirmReply(confirm: Confirm, now: Date): Reply {
  const { id, undo, plan } = confirm;
  const whole = plan === undefined ? [] : editsOf(plan).filter(isContentEdit);
  const moves = movesShown(confirm);
  const text = fitted(
    [
      began(confirm, now, whole.length > 0),
      ...(moves.length === 0 ? [] : [moveBlocks(moves, maxRows)]),
      ...undoneToo(undo.changes),
      ...movedToo(undo),
      ...(plan?.warnings ?? []).slice(0, mostWarnings).map(warningText),
    ].join('\n'),
  );
  const [only, ...more] = moves;
  const isPlain = only !== undefined && more.length === 0 && whole.length === 0;
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      ...objectSections(whole, maxDifference),
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.rollBackSeen,
            value: formatButtonValue({ id, seen: undo.stamp }),
            style: 'danger',
            text: plain(isPlain ? `Roll back to ${splitText(only.to)}` : 'Roll back all the same'),
          },
        ],
      },
    ],
  };
}

/** Uses the plan if there is one: it knows the object of each rule. */
function movesShown({ undo, plan }: Confirm): readonly NamedMove[] {
  if (plan !== undefined) return namedMoves(editsOf(plan));
  return undo.moves.map((move) => ({ ...move, name: ruleName(move.rule) }));
}

/** Why it asks. */
function began({ name, undo }: Confirm, now: Date, isWhole: boolean): string {
  const { recent } = undo;
  const service = code(name.service);
  const target = `${undo.target.id} of ${user(undo.target.by)}${rulesPart(undo.moves)}`;
  const does = isMore(undo) ? 'would undo more' : 'would do this';
  if (recent !== undefined)
    return `${user(recent.by)} rolled back ${service} ${secondsAgo(recent.at, now)} (${recent.id}). This one is not done yet: rolling back ${target} as well ${does}:`;
  if (isMore(undo)) return `*This is no longer the last change of ${service}.* Rolling back ${target} ${does}:`;
  return undo.moves.length > 1 && !isWhole
    ? `*Not done yet:* ${target} moved several rules of ${service}, and all of them go back:`
    : `*Not done yet:* what ${service} was before ${target} is not served any more.`;
}

function isMore({ changes, moved }: Confirm['undo']): boolean {
  return changes.length > 0 || moved !== undefined;
}

/** The other changes that the rollback would undo. */
function undoneToo(changes: readonly Revision[]): readonly string[] {
  if (changes.length === 0) return [];
  const shown = changes
    .slice(0, mostChanges)
    .map((each) => `${each.id} by ${user(each.by)}${rulesPart(movesIn(each))}`);
  const more = changes.length > mostChanges ? ` … +${changes.length - mostChanges}` : '';
  return [`undone too: ${shown.join(', ')}${more}`];
}

/** Names the rules, unless the default rule is the only one. */
function rulesPart(moves: readonly Pick<Move, 'rule'>[]): string {
  const rules = [...new Set(moves.map(({ rule }) => rule))];
  if (rules.every((rule) => rule === defaultRule)) return '';
  return ` (${rules.length === 1 ? 'rule' : 'rules'} ${names(rules)})`;
}

/** A write with kubectl was made by hand. If the writer is unknown, we name no controller either. */
function movedToo({ moved }: Confirm['undo']): readonly string[] {
  if (moved === undefined) return [];
  const { manager } = moved;
  return manager === undefined || manager.startsWith('kubectl')
    ? ['and what somebody else set by hand since.']
    : [`and what was set by ${code(manager)} since.`];
}

function secondsAgo(at: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 1000));
  return Number.isNaN(seconds) ? 'just now' : `${seconds} s ago`;
}
