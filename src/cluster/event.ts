import type { CoreV1Event } from '@kubernetes/client-node';
import { type Change, doesText, isWeightsOnly, mainEdit } from '../domain/change/change.ts';
import type { ChangeId } from '../domain/routing/names.ts';
import type { ObjectRef } from '../domain/routing/object.ts';
import { type Move, percentages, versionsOf, weightOf } from '../domain/routing/split.ts';
import type { Resource } from './client/kube-client.ts';
import { kinds } from './kinds/kinds.ts';

/** The Event that an applied change leaves on its main object. Its name comes from the change, so it is created only once. */
export function toEvent(change: Change, resource?: Resource): CoreV1Event {
  const { id, state } = change;
  const { object, uid } = mainEdit(change);
  const { group, version } = resource ?? kinds[object.kind].resources[0];
  const { kind, namespace, name } = object;
  const at = new Date(state.kind === 'applied' ? state.at : change.acceptedAt);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: nameOf(object, id), namespace },
    involvedObject: { apiVersion: `${group}/${version}`, kind, namespace, name, ...(uid !== undefined && { uid }) },
    type: 'Normal',
    reason: reasonOf(change),
    message: messageOf(change),
    source: { component: 'shiftbot' },
    reportingComponent: 'shiftbot.dev/shiftbot',
    reportingInstance: 'shiftbot',
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}

const longestName = 253;

/** The names of the object and the change. The object's name is cut if it is too long. */
function nameOf({ name }: ObjectRef, id: ChangeId): string {
  const beginning = name.slice(0, longestName - id.length - 1).replace(/[-.]+$/, '');
  return `${beginning}.${id.toLowerCase()}`;
}

function reasonOf(change: Change): string {
  if (change.reverts !== undefined) return 'TrafficRolledBack';
  return isWeightsOnly(change) ? 'TrafficShifted' : 'RulesChanged';
}

/** `c-7F3K9QXZ by U01ALICE: v1 100 → 50 %, v3 0 → 50 % (red stars)`; the API server takes 1,024 bytes. */
function messageOf(change: Change): string {
  const { id, by, reason, reverts } = change;
  const why = reason === undefined ? '' : ` (${reason})`;
  const back = reverts === undefined ? '' : `, taking back ${reverts}`;
  const what = [doesText(change), movesText(mainEdit(change).moves)].filter((each) => each).join(', ');
  return cut(`${id} by ${by}${back}: ${what}${why}`);
}

/** `v1 100 → 50 %, v3 0 → 50 %`; if several rules are moved, each has its name before it. */
function movesText(moves: readonly Move[]): string {
  if (moves.length <= 1) return moves.map(moveText).join('');
  return moves.map((move) => `${move.rule}: ${moveText(move)}`).join('; ');
}

function moveText({ from, to }: Move): string {
  const [before, after] = [percentages(from), percentages(to)];
  return versionsOf(from, to)
    .map((version) => `${version} ${weightOf(before, version)} → ${weightOf(after, version)} %`)
    .join(', ');
}

/** Cuts between two characters, not within one. */
function cut(text: string): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, 1_024), { stream: true });
}
