import type { Change } from '../../src/domain/change/change.ts';
import type { ContentEdit, Edits, WeightsEdit } from '../../src/domain/change/edit.ts';
import type { Applied, MovedObject } from '../../src/domain/change/state.ts';
import type { SetHold } from '../../src/domain/policy/set-hold.ts';
import type { Revision } from '../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { defaultRule, type LiveObject, type Route, type Rule } from '../../src/domain/routing/route.ts';
import { type Split, versionsOf } from '../../src/domain/routing/split.ts';

/** The VirtualService of Bookinfo's reviews. */
export const reviewsObject: ObjectRef = {
  cluster: 'sandbox',
  namespace: 'default',
  kind: 'VirtualService',
  name: 'reviews',
};

export const reviewsUid = '6f1c0e5a-0000-4000-8000-000000000001';

/** The number as an id: `changeId(7)` is `c-00000007`. */
export function changeId(number: number): ChangeId {
  return `c-${String(number).padStart(8, '0')}`;
}

/** The default rule. Its DestinationRule defines v1 to v3 and every version that has a destination. */
export function rule(split: Split, overrides: Partial<Rule> = {}): Rule {
  return {
    key: defaultRule,
    split,
    host: 'reviews',
    served: versionsOf({ v1: 0, v2: 0, v3: 0 }, split),
    ...overrides,
  };
}

/** The tutorial's rule that sends one user to v2, whatever the split is. */
export const jason: Rule = rule({ v2: 100 }, { key: '#1', match: 'end-user = jason' });

export interface RouteOptions {
  readonly uid?: string;
  /** The seq of the ledger. Default: the number of revisions. */
  readonly seq?: number;
  /** Newest first. */
  readonly revisions?: readonly Revision[];
  /** All rules. Default: only the default rule. */
  readonly rules?: readonly Rule[];
  readonly object?: ObjectRef;
}

/** `reviews({ v1: 90, v2: 10 })`: the service as its routing object has it. */
export function reviews(split: Split, options: RouteOptions = {}): Route {
  const { uid = reviewsUid, revisions = [], seq = revisions.length, rules = [rule(split)] } = options;
  const { object = reviewsObject } = options;
  return { object, uid, hosts: [object.name], gateways: ['mesh'], rules, ledger: { seq, revisions } };
}

/** Reviews with two rules that can be split: one for orders, and one that takes the rest. */
export const twoRules: Route = reviews(
  {},
  {
    rules: [rule({ v1: 100 }, { key: 'orders', name: 'orders', match: 'path starts with /orders' }), rule({ v1: 100 })],
  },
);

/** The same as it is read live, whole. */
export function live(route: Route, overrides: Partial<LiveObject> = {}): LiveObject {
  return { ...route, content: { spec: { hosts: route.hosts } }, ...overrides };
}

/** An applied change as the ledger has it: v3 got half. */
export function revision(overrides: Partial<Revision> = {}): Revision {
  return {
    id: changeId(1),
    at: '2026-11-22T14:03:11Z',
    by: 'U01ALICE',
    rule: defaultRule,
    from: { v1: 100 },
    to: { v1: 50, v3: 50 },
    ...overrides,
  };
}

/** What one move of the default rule of reviews is written as. */
export interface EditOptions {
  readonly object?: ObjectRef;
  readonly uid?: string;
  readonly seq?: number;
  readonly behind?: ChangeId;
  readonly rule?: string;
  readonly from?: Split;
  readonly to?: Split;
  readonly pinned?: readonly string[];
}

/** Gives v3 of `reviews({ v1: 100 })` half. */
export function weightsEdit({
  object = reviewsObject,
  uid = reviewsUid,
  seq = 0,
  behind,
  rule: key = defaultRule,
  from = { v1: 100 },
  to = { v1: 50, v3: 50 },
  pinned = [],
}: EditOptions = {}): WeightsEdit {
  const bound = { object, uid, seq, ...(behind !== undefined && { behind }) };
  return { kind: 'weights', ...bound, moves: [{ rule: key, from, to }], pinned };
}

/** Creates, replaces or deletes an object. `from` and `to` are what becomes of its default rule. */
export function contentEdit({
  from = {},
  to = {},
  seq = 0,
  pinned = [],
  ...rest
}: Partial<Omit<ContentEdit, 'kind' | 'moves'>> & {
  readonly object: ObjectRef;
  readonly from?: Split;
  readonly to?: Split;
}): ContentEdit {
  const isSplit = Object.keys({ ...from, ...to }).length > 0;
  return { kind: 'content', seq, pinned, ...rest, moves: isSplit ? [{ rule: defaultRule, from, to }] : [] };
}

/** An accepted change of `reviews({ v1: 100 })` that gives v3 half and waits in line. `from`, `to`, `seq` and the like are those of its edit. */
export function change(
  overrides: Partial<Change> & EditOptions & { readonly focus?: string | undefined } = {},
): Change {
  const { object, uid, seq, behind, rule: key, from, to, pinned, ...others } = overrides;
  const { focus, ...rest } = { focus: 'v3', ...others };
  const edit = Object.fromEntries(
    Object.entries({ object, uid, seq, behind, rule: key, from, to, pinned }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  return {
    id: changeId(1),
    request: 'trigger:1.2.3',
    aim: { kind: 'split', focus },
    edits: [weightsEdit(edit)],
    service: 'reviews',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    deed: 'shift',
    acceptedAt: '2026-11-22T14:03:11.000Z',
    state: { kind: 'queued' },
    rev: 0,
    ...rest,
  };
}

/** A change of objects, in line. */
export function changeOf(edits: Edits, overrides: Partial<Change> = {}): Change {
  const aim = { kind: 'file', verb: 'apply', file: 'bookinfo/all' } as const;
  return change({ aim, edits, ...overrides });
}

/** What `toMatchObject` looks for in a change of one move: `moving({ v1: 100 }, { v1: 50, v3: 50 }, { seq: 1 })`. */
export function moving(from: Split, to?: Split, bound: Partial<Omit<WeightsEdit, 'moves'>> = {}) {
  return { edits: [{ ...bound, moves: [{ from, ...(to !== undefined && { to }) }] }] };
}

/** The same in a plan. */
export function planning(from: Split, to?: Split, bound: Partial<Omit<WeightsEdit, 'moves'>> = {}) {
  const { edits } = moving(from, to, bound);
  return { edits: edits.map((edit) => ({ edit })) };
}

/** The same in what was found of an object, or made of it. */
export function splits(split: Split) {
  return [{ live: [{ split }] }];
}

/** The state of a change once it is applied: each edit as planned. `live` is what came of the default rule of the first. */
export function applied(
  { live, seq, ...overrides }: Partial<Applied> & { readonly live?: Split; readonly seq?: number } = {},
  edits: Edits = [weightsEdit()],
): Applied {
  const made = edits.map((edit, at) => ({
    object: edit.object,
    seq: at === 0 ? (seq ?? edit.seq + 1) : edit.seq + 1,
    live: edit.moves.map(({ rule: key, to }, place) => ({
      rule: key,
      split: at === 0 && place === 0 && live !== undefined ? live : to,
    })),
  }));
  return { kind: 'applied', at: '2026-11-22T14:03:11.084Z', made, tookMs: 84, warnings: [], ...overrides };
}

/** An object that is not as it was planned from: somebody moved the default rule of reviews to this. */
export function found(live: Split, overrides: Partial<MovedObject> = {}): MovedObject {
  return {
    object: reviewsObject,
    how: 'written',
    uid: reviewsUid,
    live: [{ rule: defaultRule, split: live }],
    ...overrides,
  };
}

/** Alice's lock of reviews, for eight hours. */
export function lockHold(overrides: Partial<SetHold> = {}): SetHold {
  return {
    id: changeId(1),
    kind: 'lock',
    target: 'sandbox/default/reviews',
    by: 'U01ALICE',
    reason: 'migrating ratings',
    since: new Date('2026-11-22T14:00:00.000Z'),
    until: new Date('2026-11-22T22:00:00.000Z'),
    timezone: 'UTC',
    except: { rollback: true, who: [{ kind: 'user', id: 'U01ALICE' }] },
    ...overrides,
  };
}

/** An incident tool's freeze of all production clusters. */
export function freezeHold(overrides: Partial<SetHold> = {}): SetHold {
  return lockHold({
    kind: 'freeze',
    name: 'INC-42',
    target: 'prod-*/**',
    by: 'hook:INC-42',
    reason: 'incident 42',
    except: { rollback: true, who: [] },
    ...overrides,
  });
}
