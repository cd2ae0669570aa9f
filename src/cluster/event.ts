import type { CoreV1Event } from '@kubernetes/client-node';
import { type Change, doesText } from '../domain/change/change.ts';
import type { ObjectRef } from '../domain/change/edit.ts';
import type { ChangeId, RoutingObject } from '../domain/routing/names.ts';
import { percentages, versionsOf, weightOf } from '../domain/routing/split.ts';

/** The Event that an applied change leaves on its object. Its name comes from the change, so that it is left once. */
export function toEvent(change: Change): CoreV1Event {
  const { object, id, state } = change;
  const at = new Date(state.kind === 'applied' ? state.at : change.acceptedAt);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: nameOf(object, id), namespace: object.namespace },
    involvedObject: {
      apiVersion: 'networking.istio.io/v1',
      kind: change.edits === undefined ? object.kind : kindIn(change.edits.objects, object),
      namespace: object.namespace,
      name: object.name,
      ...(change.base.uid !== '' && { uid: change.base.uid }),
    },
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

/** A name of its own after those of object and change; where the object's takes all the room, its beginning. */
function nameOf({ name }: RoutingObject, id: ChangeId): string {
  const beginning = name.slice(0, longestName - id.length - 1).replace(/[-.]+$/, '');
  return `${beginning}.${id.toLowerCase()}`;
}

/** Of DestinationRules alone the VirtualService of the same name may not even exist. */
function kindIn(edits: readonly ObjectRef[], { namespace, name }: RoutingObject): string {
  const its = edits.filter((edit) => edit.namespace === namespace && edit.name === name);
  return its.find(({ kind }) => kind === 'VirtualService')?.kind ?? its[0]?.kind ?? 'VirtualService';
}

function reasonOf({ reverts, edits }: Change): string {
  if (reverts !== undefined) return 'TrafficRolledBack';
  return edits === undefined ? 'TrafficShifted' : 'RulesChanged';
}

/** `c-7F3K9QXZ by U01ALICE: v1 100 → 50 %, v3 0 → 50 % (red stars)`; the API server takes 1,024 bytes. */
function messageOf({ id, by, from, to, reason, reverts, edits }: Change): string {
  const [before, after] = [percentages(from), percentages(to)];
  const moves = versionsOf(from, to).map(
    (version) => `${version} ${weightOf(before, version)} → ${weightOf(after, version)} %`,
  );
  const why = reason === undefined ? '' : ` (${reason})`;
  const does = edits === undefined ? '' : ` ${doesText(edits)},`;
  const back = reverts === undefined ? '' : `, taking back ${reverts}`;
  return cut(`${id} by ${by}${back}:${does} ${moves.join(', ')}${why}`);
}

/** Between two characters and not within one. */
function cut(text: string): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, 1_024), { stream: true });
}
