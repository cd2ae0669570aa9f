import { globMatches } from '../policy/glob.ts';
import { deeds } from '../policy/judge.ts';
import type { RuleRef } from '../policy/policy.ts';
import type { ChangeId, RampId, ServiceName } from '../routing/names.ts';
import type { ObjectRef } from '../routing/object.ts';
import type { Split } from '../routing/split.ts';
import type { MovedObject, State } from './state.ts';

/** Every kind of audit event. A closed list, because the replies have words for each. */
export const auditKinds = [
  // somebody asked: it is in line, or waits for approval, or was refused by its plan, or denied by policy
  'accepted',
  'awaiting',
  'refused',
  'denied',
  // people or time decided
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'planned-anew',
  'discarded',
  // what became of it in the cluster
  'applied',
  'held',
  'superseded',
  'failed',
  'settled',
  'rolled-back',
  'moved-away',
  'live-again',
  // a ramp, beside what its changes tell
  'ramp-paused',
  'ramp-resumed',
  'ramp-asks',
  'ramp-looked',
  'ramp-stopped',
  'ramp-finished',
  'ramp-goes-back',
  'ramp-is-back',
  // what keeps changes out
  'locked',
  'unlocked',
  'taken-over',
  'frozen',
  'thawed',
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** What was asked for. `click`: a refused click that none of the other words fits. */
export const auditDeeds = [
  ...deeds,
  'withdraw',
  'plan-anew',
  'click',
  'pause',
  'resume',
  'next',
  'abort',
  'finish',
  'put-back',
  'go-without',
] as const;
export type AuditDeed = (typeof auditDeeds)[number];

/** One decision, as it is stored: plain data, without secrets. */
export interface AuditEvent {
  /** `c-7F3K9QXZ.2` is the event that made rev 2 of that change. An event that changed nothing has the id of its gesture. */
  readonly id: string;
  readonly kind: AuditKind;
  /** By the API server's clock. */
  readonly at: string;
  /** Who did it. Absent if time or the cluster did. */
  readonly by?: Actor | undefined;
  readonly channel?: string | undefined;
  /** The gesture. It is the same when chat delivers it again. */
  readonly request?: string | undefined;
  readonly deed?: AuditDeed | undefined;
  readonly changeId?: ChangeId | undefined;
  /** The ramp that it is about, or whose change it is about, and the step. */
  readonly rampId?: RampId | undefined;
  readonly step?: number | undefined;
  /** Who asked for the change. */
  readonly askedBy?: string | undefined;
  readonly service?: ServiceName | undefined;
  readonly object?: ObjectRef | undefined;
  /** The rule of the object whose weights it is about. */
  readonly route?: string | undefined;
  readonly from?: Split | undefined;
  readonly to?: Split | undefined;
  /** What the object held, or holds now. */
  readonly live?: Split | undefined;
  /** What it does, if that is more than weights: `apply bookinfo/virtual-service-all-v1`. */
  readonly does?: string | undefined;
  /** The objects that it does that to: `default/ratings`. */
  readonly objects?: readonly string[] | undefined;
  /** A hash of the plan: its objects with uid and seq, what it was planned behind, its moves and its content. */
  readonly plan?: string | undefined;
  /** What the person gave as the reason. */
  readonly reason?: string | undefined;
  /** Why, as one of the words for which the answers and cards have sentences. */
  readonly because?: string | undefined;
  /** The API server's own words, or what was found. */
  readonly detail?: string | undefined;
  /** The rule of the policy file that decided. */
  readonly rule?: RuleRef | undefined;
  /** How many approvals it still takes. */
  readonly missing?: number | undefined;
  /** What a lock or a freeze holds for: a glob over `cluster/namespace/service`. */
  readonly target?: string | undefined;
  /** When a lock or a freeze ends by itself. */
  readonly until?: string | undefined;
  /** The change that it takes back, or that took it back or came before it. */
  readonly other?: ChangeId | undefined;
}

export interface Actor {
  readonly user: string;
  readonly team?: string | undefined;
}

/** What somebody wants to see the events of. */
export type AuditSubject =
  | { readonly kind: 'everything' }
  | { readonly kind: 'service'; readonly name: ServiceName }
  /** What the person did, and what became of what they asked for. */
  | { readonly kind: 'person'; readonly user: string }
  | { readonly kind: 'change'; readonly id: ChangeId }
  | { readonly kind: 'ramp'; readonly id: RampId };

/** Each look of a guard is told of its ramp alone: elsewhere they would crowd out what people did. */
export function isAbout(event: AuditEvent, subject: AuditSubject): boolean {
  if (event.kind === 'ramp-looked' && subject.kind !== 'ramp') return false;
  switch (subject.kind) {
    case 'everything':
      return true;
    case 'service':
      return isAboutService(event, subject.name);
    case 'person':
      return event.by?.user === subject.user || event.askedBy === subject.user;
    case 'change':
      return event.changeId === subject.id || event.other === subject.id;
    case 'ramp':
      return event.rampId === subject.id;
  }
}

/** Matches the typed name and the object's own name, which may differ. A lock or freeze matches every service that it covers. */
function isAboutService(
  { service, object, target, objects = [] }: AuditEvent,
  { cluster, namespace, service: name }: ServiceName,
): boolean {
  if (target !== undefined && globMatches(target, `${cluster}/${namespace}/${name}`)) return true;
  const place = service ?? object;
  if (place === undefined || place.cluster !== cluster) return false;
  if (objects.includes(`${namespace}/${name}`)) return true;
  if (place.namespace !== namespace) return false;
  return service?.service === name || object?.name === name;
}

/** What a state says about its cause. */
export function factsOf(
  state: State,
): Pick<AuditEvent, 'reason' | 'because' | 'detail' | 'rule' | 'live' | 'missing' | 'other'> {
  switch (state.kind) {
    case 'awaiting':
      return { rule: state.needs.rule, missing: state.needs.count };
    case 'rejected':
      return { reason: state.reason };
    case 'void': {
      const { because, denied, rule, moved } = state;
      const { detail, live } = foundIn(moved);
      return { because, detail: denied ?? detail, rule, live };
    }
    case 'applied':
      return { live: state.made.find(({ live }) => live.length > 0)?.live[0]?.split };
    case 'held':
      return { because: state.because, ...foundIn(state.found) };
    case 'superseded':
      return { other: state.by };
    case 'failed':
      return { because: state.because, detail: state.detail };
    case 'withdrawn':
    case 'expired':
    case 'queued':
    case 'applying':
    case 'discarded':
      return {};
  }
}

/** The last writer and the split of the first object that was not as planned. */
function foundIn([first]: readonly MovedObject[]): Pick<AuditEvent, 'detail' | 'live'> {
  return { detail: first?.lastWriter, live: first?.live[0]?.split };
}
