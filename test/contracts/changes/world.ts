import { type Change, moveTo, objectsOf } from '../../../src/domain/change/change.ts';
import type { State, StateOf } from '../../../src/domain/change/state.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../../../src/domain/routing/object.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../../src/redis/connect.ts';
import type { RedisServer } from '../../../src/sandbox/redis-server.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Accepted, Changes } from '../../../src/workflow/ports/changes.ts';
import {
  applied as appliedAs,
  change as buildChange,
  changeId,
  found,
  reviewsObject,
  weightsEdit,
} from '../../support/builders.ts';

/** Where the changes are kept. */
export interface World {
  readonly changes: Changes;
  /** So much time goes by for whatever expires. */
  pass(ms: number): Promise<void>;
  /** The line of an object is gone, and the records of those that stood in it are not. */
  loseLine(object: ObjectRef): Promise<void>;
}

export const reviews = reviewsObject;
export const ratings: ObjectRef = { ...reviews, name: 'ratings' };

const at = '2026-11-22T14:04:00.000Z';
export const held: StateOf<'held'> = {
  kind: 'held',
  at,
  because: 'moved',
  found: [
    found({ v1: 70, v3: 30 }),
    {
      object: { ...reviews, kind: 'DestinationRule', namespace: 'shop' },
      how: 'made-anew',
      uid: 'u',
      live: [],
      content: { spec: { host: 'reviews' } },
    },
  ],
  stamp: '0123456789abcdef',
};
export const applied: StateOf<'applied'> = appliedAs({ at, live: { v1: 50, v3: 50 }, warnings: ['careful'] });
export const policyRule = { name: 'reviews', line: 4 };
export const awaiting: StateOf<'awaiting'> = {
  kind: 'awaiting',
  expiresAt: '2026-11-22T14:33:11.000Z',
  needs: {
    by: [
      { kind: 'everyone' },
      { kind: 'user', id: 'U02BOB' },
      { kind: 'group', name: 'sre', users: ['U02BOB', 'U03CAROL'] },
      { kind: 'usergroup', name: 'payments', id: 'S01' },
    ],
    count: 2,
    expiresMs: 1_800_000,
    rule: policyRule,
  },
};
export const voided: StateOf<'void'> = {
  kind: 'void',
  at,
  because: 'moved',
  moved: [found({ v1: 70, v3: 30 }, { lastWriter: 'kubectl-edit' })],
  stamp: '0123456789abcdef',
};
/** The same where the plan was of several objects. */
const movedObjects: State = {
  ...{ kind: 'void', at, because: 'moved', stamp: '0123456789abcdef' },
  moved: [
    found(
      { v1: 70 },
      { content: { labels: { team: 'books' }, spec: { hosts: ['reviews'], http: [null, 1.5] } }, lastWriter: 'helm' },
    ),
    { object: ratings, how: 'gone', live: [] },
    { object: { ...reviews, kind: 'DestinationRule' }, how: 'changed', by: changeId(7), live: [] },
  ],
};
/** Every way in which waiting for approval ends without the change being queued. */
export const decided: readonly State[] = [
  { kind: 'rejected', at, by: 'U02BOB', reason: '“not today” 🌟' },
  { kind: 'withdrawn', at, by: 'U01ALICE' },
  { kind: 'expired', at },
  voided,
  { ...voided, because: 'denied', denied: 'frozen', hold: { name: 'weekend', line: 9 }, heldUntil: at },
  movedObjects,
];
export const failed: StateOf<'failed'> = { kind: 'failed', at, because: 'rejected', detail: 'no' };

let made = 0;

/** Another change than all before it. */
export function aChange(overrides: Parameters<typeof buildChange>[0] = {}): Change {
  made += 1;
  return buildChange({ id: changeId(made), request: `request ${made}`, ...overrides });
}

/** A change that moves weights of several objects. */
export function aChangeOf(objects: readonly [ObjectRef, ...ObjectRef[]], overrides: Partial<Change> = {}): Change {
  const [first, ...more] = objects.map((object) => weightsEdit({ object }));
  if (first === undefined) throw new Error('a change has at least one object');
  return aChange({ edits: [first, ...more], ...overrides });
}

/** Accepts it behind what stands in its lines now. */
export async function accept(changes: Changes, change: Change, { ahead = false } = {}): Promise<Accepted> {
  const { versions } = await changes.lines(objectsOf(change));
  return changes.accept(change, { lines: versions, ahead });
}

export async function begin(changes: Changes, change: Pick<Change, 'id'>): Promise<Change> {
  const begun = await changes.begin(change.id, leaseMs);
  if (begun.kind !== 'begun') throw new Error(`${change.id} could not be begun: ${begun.kind}`);
  return begun.change;
}

export async function end(changes: Changes, change: Pick<Change, 'id'>, state: State): Promise<Change> {
  const next = moveTo(await begin(changes, change), state);
  if (!(await changes.update(next))) throw new Error(`${change.id} could not be ended`);
  return next;
}

export async function acceptThree(changes: Changes): Promise<[Change, Change, Change]> {
  const three: [Change, Change, Change] = [aChange(), aChange(), aChange()];
  for (const each of three) await accept(changes, each);
  return three;
}

/** What waits for any of these objects. */
export async function waitingFor(changes: Changes, ...objects: readonly ObjectRef[]): Promise<readonly ChangeId[]> {
  return (await changes.lines(objects)).waiting.map(({ id }) => id);
}

export async function versionOf(changes: Changes, object: ObjectRef): Promise<number> {
  const version = (await changes.lines([object])).versions.get(objectKey(object));
  if (version === undefined) throw new Error('the line has no version');
  return version;
}

export async function openIds(changes: Changes): Promise<readonly ChangeId[]> {
  return (await changes.open()).map(({ id }) => id);
}

export async function connected(server: RedisServer): Promise<Connection> {
  const address = readRedisUrl(server.url);
  if (address === undefined) throw new Error(`no address: ${server.url}`);
  const connection = connectForRequests(address);
  connection.on('error', () => {}); // the end of the server is part of some tests
  await whenReady(connection);
  return connection;
}
