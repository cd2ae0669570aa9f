import { type Change, effectOf, isWeightsOnly, mainEdit, objectsOf } from '../../domain/change/change.ts';
import { findEdit } from '../../domain/change/edit.ts';
import type { FailReason, StateOf } from '../../domain/change/state.ts';
import type { Place } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { serviceOf, statusCommand } from '../words/command-text.ts';
import { code, names } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { roleRemedy, weightsRemedy } from '../words/trial-text.ts';

const maxListed = 12;

/** Why a change failed and what to do, or which part of it was applied. */
export function failedNote(change: Change, state: StateOf<'failed'>): string {
  if (effectOf(change).length > 0) return partNote(change, state);
  const { because, detail } = state;
  return `${failWords[because](change, state)}${detail === undefined ? '' : `\n${code(detail, 300)}`}`;
}

const failWords: Record<FailReason, (change: Change, state: StateOf<'failed'>) => string> = {
  'object-gone': (change, { object = mainEdit(change).object }) =>
    `There is no ${object.kind} ${code(object.name)} in ${code(object.namespace)} any more. Nothing was changed.`,
  'rule-gone': (change, state) => {
    const rules = rulesOf(change, state);
    const which = rules.length === 1 ? `no rule ${names(rules)}` : `not all of the rules ${names(rules)}`;
    return `The object has ${which} any more. Nothing was changed. Look at ${statusCommand(serviceOf(change))}, then type the command again.`;
  },
  'rule-changed': (change, state) => {
    const rules = rulesOf(change, state);
    const which = rules.length === 1 ? `The rule ${names(rules)}` : `One of the rules ${names(rules)}`;
    return `${which} can no longer be split. Nothing was changed.`;
  },
  'version-gone': () => 'No DestinationRule defines this version any more. Nothing was changed.',
  'ledger-unreadable': () =>
    'The history on the object is not what shiftbot wrote. Nothing was changed. Restore or remove the annotation `shiftbot.dev/history`, then type the command again.',
  'not-permitted': (change) => `The cluster does not allow it. Nothing was changed. ${remedy(change)}`,
  rejected: () => 'The API server refused the object as it would become. Nothing was changed.',
  'too-large': () => 'The object would grow over what the API server stores. Nothing was changed.',
  contended: () =>
    'Somebody else kept writing the object, so no write of ours got through. Nothing was changed. Type the command again when it is quiet.',
  'half-applied': (change) =>
    `It was applied in part, and what was applied is not known any more. Look at ${statusCommand(placeOf(change))}.`,
  'creation-unclear': () =>
    'It is not known whether it was created and deleted since, or never created: whoever was at it stopped in the middle, and the cluster does not remember that long. It is not there now. If it is still wanted, type the command again.',
  unreachable: (change) =>
    `The API server did not answer, so whether it took effect is not known. I look again when it is back and say so here; ${statusCommand(serviceOf(change))} shows what is live.`,
  'not-reached': (change) =>
    `The API server could not be reached in time. I have looked since: nothing was changed. If it is still wanted, type the command again; ${statusCommand(serviceOf(change))} shows what is live.`,
  'policy-unknown': () =>
    'Whether it is still allowed could not be asked, since Slack did not tell who is who. Nothing was changed. Type the command again.',
  expired: () =>
    'It waited too long to be what anybody still expects. Nothing was changed. If it is still wanted, type the command again.',
};

/** Names no service: the objects of a change share a cluster, but seldom a service. */
function placeOf(change: Change): Place {
  const { namespace, cluster } = mainEdit(change).object;
  return { namespace, cluster };
}

/** The rules to move in the object that stopped the change. */
function rulesOf(change: Change, { object }: StateOf<'failed'>): readonly string[] {
  const edit = object && findEdit(change.edits, object);
  const { moves } = edit ?? mainEdit(change);
  return moves.length === 0 ? [defaultRule] : moves.map(({ rule }) => rule);
}

function remedy(change: Change): string {
  return isWeightsOnly(change) ? weightsRemedy : roleRemedy;
}

/** Some objects were written before the change had to stop. */
function partNote(change: Change, { because, object, detail }: StateOf<'failed'>): string {
  const done = effectOf(change).map((edit) => edit.object);
  const left = objectsOf(change).filter((each) => !done.includes(each));
  const where = object === undefined ? '' : ` at ${objectName(object)}`;
  const why =
    because === 'half-applied' && object !== undefined
      ? `somebody else has written it${detail === undefined ? '' : ` (${code(detail)})`}`
      : `${partWords[because] ?? 'it could not go on'}${detail === undefined ? '' : `: ${code(detail, 300)}`}`;
  return `*Only a part was applied.* Written: ${listed(done)}. Not written: ${listed(left)}. It stopped${where}: ${why}. *Roll back* takes back what was written.${because === 'not-permitted' ? ` ${remedy(change)}` : ''}`;
}

const partWords: Partial<Record<FailReason, string>> = {
  'not-permitted': 'the cluster does not allow it',
  rejected: 'the API server refuses the object as it would become',
  'too-large': 'the object would grow over what the API server stores',
  contended: 'somebody else kept writing',
  'creation-unclear':
    'it is not there, and whether it was created and deleted since is not known: whoever was at it stopped in the middle',
  'ledger-unreadable': 'its history is not what shiftbot wrote',
};

function listed(all: readonly ObjectRef[]): string {
  const shown = all.slice(0, maxListed).map(objectName);
  return [...shown, ...(all.length > maxListed ? [`… +${all.length - maxListed}`] : [])].join(', ') || 'none';
}
