import type { Change } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { defaultRule } from '../../src/domain/routing/route.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';

interface Place {
  readonly object: ObjectRef;
  readonly uid: string;
  readonly channel: string;
}

/** A change in line that was planned from weights which are not live, so that a worker holds it. */
export function plannedFromElsewhere(id: ChangeId, request: string, { object, uid, channel }: Place): Change {
  const move = { rule: defaultRule, from: { v1: 70, v2: 30 }, to: { v1: 40, v2: 60 } };
  return {
    id,
    request,
    aim: { kind: 'split', focus: 'v2' },
    edits: [{ kind: 'weights', object, uid, seq: 0, moves: [move], pinned: [] }],
    service: object.name,
    by: workspace.users.bob.id,
    reason: 'planned from what is no longer live',
    origin: { team: workspace.teamId, channel },
    deed: 'shift',
    acceptedAt: new Date().toISOString(),
    state: { kind: 'queued' },
    rev: 0,
  };
}
