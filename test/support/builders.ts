import type { Change } from '../../src/domain/change/change.ts';
import type { SetHold } from '../../src/domain/policy/set-hold.ts';
import type { Revision } from '../../src/domain/routing/ledger.ts';
import type { ChangeId, RoutingObject } from '../../src/domain/routing/names.ts';
import { defaultRule, type Route, type Rule } from '../../src/domain/routing/route.ts';
import { type Split, versionsOf } from '../../src/domain/routing/split.ts';

/** The VirtualService of Bookinfo's reviews. */
export const reviewsObject: RoutingObject = {
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
  readonly object?: RoutingObject;
}

/** `reviews({ v1: 90, v2: 10 })`: the service as its routing object has it. */
export function reviews(split: Split, options: RouteOptions = {}): Route {
  const { uid = reviewsUid, revisions = [], seq = revisions.length, rules = [rule(split)] } = options;
  const { object = reviewsObject } = options;
  return { object, uid, hosts: [object.name], gateways: ['mesh'], rules, ledger: { seq, revisions } };
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

/** An accepted change of `reviews({ v1: 100 })` that gives v3 half and waits in line. */
export function change(overrides: Partial<Change> = {}): Change {
  return {
    id: changeId(1),
    request: 'trigger:1.2.3',
    object: reviewsObject,
    service: 'reviews',
    rule: defaultRule,
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    focus: 'v3',
    from: { v1: 100 },
    to: { v1: 50, v3: 50 },
    base: { uid: reviewsUid, seq: 0 },
    pinned: [],
    acceptedAt: '2026-11-22T14:03:11.000Z',
    state: { kind: 'queued' },
    rev: 0,
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
