import { type Aim, type Change, mainEdit, mainMove, type WholeAim } from '../../domain/change/change.ts';
import type { Edits } from '../../domain/change/edit.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { percentages, type Split, weightOf } from '../../domain/routing/split.ts';
import { foreign, user } from './mrkdwn.ts';
import { splitText } from './split-text.ts';

/** What a change is for: `reviews · 50 % to v3`, `reviews and 3 more · bookinfo/virtual-service-all-v1`. */
export function title(change: Change): string {
  const { service, aim, edits } = change;
  return `${service}${rulesPart(change)}${andMore(edits)} · ${aimText(aim, mainMove(change).to)}`;
}

/** The rule that a change moves, if it is not the default one. If it moves several rules of its main object, their number. */
function rulesPart(change: Change): string {
  const { moves } = mainEdit(change);
  if (moves.length > 1) return ` (${moves.length} rules)`;
  const { rule } = mainMove(change);
  return rule === defaultRule ? '' : ` (${rule})`;
}

/** How many names there are beside the main object's. A DestinationRule of the same name does not count. */
export function andMore(edits: Edits): string {
  const { namespace, name } = mainEdit({ edits }).object;
  const names = new Set(edits.map(({ object }) => `${object.namespace}/${object.name}`));
  names.delete(`${namespace}/${name}`);
  return names.size === 0 ? '' : ` and ${names.size} more`;
}

function aimText(aim: Aim, to: Split): string {
  switch (aim.kind) {
    case 'split':
      return aim.focus === undefined ? splitText(to) : `${weightOf(percentages(to), aim.focus)} % to ${aim.focus}`;
    case 'file':
    case 'unpin':
    case 'init':
      return wholeText(aim);
    case 'back':
      return aim.before === undefined ? `back to ${splitText(to)}` : `back to before ${wholeText(aim.before)}`;
  }
}

/** `bookinfo/virtual-service-all-v1`, `delete …`, `unpin …`, `first rules`. */
function wholeText(aim: WholeAim): string {
  if (aim.kind === 'unpin') return `unpin ${aim.rule}`;
  if (aim.kind === 'init') return 'first rules';
  return aim.verb === 'apply' ? aim.file : `${aim.verb} ${aim.file}`;
}

/** A change that is open: what it is for, how far it is, and who asked for it. */
export function openWords(change: Change): string {
  const { id, state, by } = change;
  const is = state.kind === 'awaiting' ? '' : 'is ';
  return `${id} (${foreign(title(change), 120)}) ${is}${stateText(change)}, asked by ${user(by)}`;
}

export function stateText({ state }: Pick<Change, 'state'>): string {
  return state.kind === 'awaiting' ? 'waits for approval' : state.kind;
}
