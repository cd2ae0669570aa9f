import { createHash } from 'node:crypto';
import { type Change, mainEdit, type Origin, serviceOf } from '../domain/change/change.ts';
import type { TypedService } from '../domain/language/command.ts';
import { type ChangeId, changeIdFrom, type ServiceName } from '../domain/routing/names.ts';
import type { ObjectRef } from '../domain/routing/object.ts';
import type { LiveObject } from '../domain/routing/route.ts';
import { DependencyError } from './errors.ts';
import type { Audit } from './ports/audit.ts';
import type { Changes } from './ports/changes.ts';
import type { Holds } from './ports/holds.ts';
import type { Found, Mesh } from './ports/mesh.ts';
import type { Notices } from './ports/notices.ts';
import type { People } from './ports/people.ts';
import type { Policies } from './ports/policies.ts';
import type { Aside, Log } from './ports/process.ts';
import type { Queue } from './ports/queue.ts';
import type { Ramps } from './ports/ramps.ts';
import type { Rooms } from './ports/rooms.ts';
import type { RuleFiles } from './ports/rule-files.ts';
import type { GuardTraffic } from './ports/traffic.ts';
import type { Cards } from './showing/cards.ts';
import type { Turns } from './turns.ts';

/** What is needed to answer a person. */
export interface Desk {
  readonly mesh: Mesh;
  readonly changes: Changes;
  readonly ramps: Ramps;
  readonly audit: Audit;
  readonly queue: Queue;
  readonly cards: Pick<Cards, 'showSoon'>;
  readonly policies: Policies;
  readonly people: People;
  readonly holds: Holds;
  readonly notices: Notices;
  readonly rooms: Rooms;
  readonly ruleFiles: RuleFiles;
  readonly log: Log;
  readonly now: () => Date;
  /** Plans for one object are made one after the other, so that people who ask at once queue up instead of failing. */
  readonly turns: Turns;
  /** Runs work in the background. The process waits for it before it ends. */
  readonly aside: Aside;
  /** The clusters whose requests are counted, so that guards can watch ramps there. */
  readonly countedClusters: readonly string[];
  /** Absent in a process that may not be able to reach Prometheus. */
  readonly traffic?: GuardTraffic | undefined;
  /** The namespace of a service if none is named. */
  readonly namespace: string;
}

/** Who asks, and what makes the asking unique: the same `request` is the same change, however often it is delivered. */
export interface Asker {
  readonly user: string;
  /** The team that the person is a member of, where chat says so; in a shared channel it may be another than the bot's. */
  readonly team?: string | undefined;
  readonly origin: Origin;
  readonly request: string;
  /** Nothing is accepted after this time, by our clock in ms, because the person has been told so. */
  readonly until: number;
  /** By this time, by our clock in ms, the person must have an answer, even if it is that the outcome is not known. */
  readonly answerBy: number;
  /** Told of each request to the store that may take effect even if its answer is late: nobody is told meanwhile that nothing happens. */
  readonly sending?: Sending | undefined;
}

/** Sends a request, and knows until its answer is there that it may have taken effect. */
export type Sending = <T>(send: () => Promise<T>) => Promise<T>;

/** Sends what a person asked for to the store. */
export function sendFor<T>({ sending }: Asker, send: () => Promise<T>): Promise<T> {
  return sending === undefined ? send() : sending(send);
}

/** The answer was not there in time, and the person has been told that nothing was accepted. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

export type NotFound =
  | Exclude<Found, { kind: 'found' }>
  /** It was there a moment ago. */
  | { readonly kind: 'gone'; readonly object: ObjectRef };

export function refuseIfLate(desk: Pick<Desk, 'now'>, asker: Pick<Asker, 'until' | 'request'>): void {
  if (desk.now().getTime() > asker.until) throw new TooLateError(`${asker.request} came too late to be accepted`);
}

export function requestId(request: string): ChangeId {
  return changeIdFrom(createHash('sha256').update(request).digest());
}

export function fillIn(desk: Pick<Desk, 'mesh' | 'namespace'>, typed: TypedService): ServiceName {
  return {
    cluster: typed.cluster ?? desk.mesh.clusters[0] ?? '',
    namespace: typed.namespace ?? desk.namespace,
    service: typed.service,
  };
}

/** The service that is meant: the host of that name if something routes it, else the one that `fillIn` reads. */
export async function nameOf(
  desk: Pick<Desk, 'mesh' | 'namespace' | 'log'>,
  { host, ...typed }: TypedService,
): Promise<ServiceName> {
  const name = fillIn(desk, typed);
  if (host === undefined) return name;
  const asHost = { cluster: name.cluster, namespace: desk.namespace, service: host };
  try {
    const { kind } = await desk.mesh.find(asHost);
    return kind === 'found' || kind === 'several' ? asHost : name;
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    desk.log.warn({ err, host }, 'whether a host of that name is routed is not known');
    return name; // who asks for it meets the same trouble, and says so
  }
}

/** A service's object as it is now. */
export async function openService(
  desk: Pick<Desk, 'mesh'>,
  name: ServiceName,
): Promise<{ readonly kind: 'found'; readonly live: LiveObject } | NotFound> {
  const found = await desk.mesh.find(name);
  if (found.kind !== 'found') return found;
  const { live } = await desk.mesh.open(found.object);
  return live === undefined ? { kind: 'gone', object: found.object } : { kind: 'found', live };
}

export interface Located {
  readonly object: ObjectRef;
  readonly name: ServiceName;
  /** Absent if the store was lost and the object's own history named the change. */
  readonly stored: Change | undefined;
}

/** The object that a change of a card is about. */
export async function locateChange(desk: Pick<Desk, 'changes' | 'mesh'>, id: ChangeId): Promise<Located | undefined> {
  const stored = await desk.changes.read(id);
  if (stored !== undefined) return { object: mainEdit(stored).object, name: serviceOf(stored), stored };
  const object = await desk.mesh.findChange(id);
  if (object === undefined) return undefined;
  const { cluster, namespace, name } = object;
  return { object, name: { cluster, namespace, service: name }, stored };
}
