import type { Change, FailReason, HoldReason, State } from '../../domain/change/change.ts';
import { serviceOf, statusCommand } from '../words/command-text.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { splitText } from '../words/split-text.ts';
import { roleRemedy } from '../words/trial-text.ts';

type StateOf<K extends State['kind']> = Extract<State, { kind: K }>;

/** Why a change of weights waits for a person. */
export function heldNote(change: Change, { because, live, lastWriter }: StateOf<'held'>): string {
  const who = lastWriter === undefined ? '' : `, last written by ${code(lastWriter)}`;
  const now = `It was planned from ${foreign(splitText(change.from))}; live is now ${foreign(splitText(live))}${who}.`;
  return `${holdWords[because]} ${now} Nothing was changed.`;
}

const holdWords: Record<HoldReason, string> = {
  moved: '*Somebody else moved the weights* since this was planned.',
  recreated: '*The object was deleted and made anew* since this was planned.',
  'ledger-lost':
    '*The object has lost its history* since this was planned: somebody removed the annotation, or an old copy was restored.',
  'predecessor-missing': '*The change it was planned after did not take effect.*',
};

/** Why a change came to nothing, and what to do. */
export function failedNote(change: Change, { because, detail }: StateOf<'failed'>): string {
  return `${failWords[because](change)}${detail === undefined ? '' : `\n${code(detail, 300)}`}`;
}

const failWords: Record<FailReason, (change: Change) => string> = {
  'object-gone': ({ object, state }) =>
    `There is no ${object.kind} ${code(state.kind === 'failed' ? (state.object?.name ?? object.name) : object.name)} in ${code(object.namespace)} any more. Nothing was changed.`,
  'rule-gone': (change) =>
    `The object has no rule ${code(change.rule)} any more. Nothing was changed. Look at ${statusCommand(serviceOf(change))}, then type the command again.`,
  'rule-changed': ({ rule }) => `The rule ${code(rule)} can no longer be split. Nothing was changed.`,
  'version-gone': () => 'No DestinationRule defines this version any more. Nothing was changed.',
  'ledger-unreadable': () =>
    'The history on the object is not what shiftbot wrote. Nothing was changed. Restore or remove the annotation `shiftbot.dev/history`, then type the command again.',
  'not-permitted': ({ edits }) =>
    `The cluster does not allow it. Nothing was changed. ${edits === undefined ? 'Whoever runs shiftbot can grant it (`manifests/`).' : roleRemedy}`,
  rejected: () => 'The API server refused the object as it would become. Nothing was changed.',
  'too-large': () => 'The object would grow over what the API server stores. Nothing was changed.',
  contended: () =>
    'Somebody else kept writing the object, so no write of ours got through. Nothing was changed. Type the command again when it is quiet.',
  'half-applied': ({ object: { namespace, cluster } }) =>
    `It was applied in part, and what was applied is not known any more. Look at ${statusCommand({ namespace, cluster })}.`,
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
