import { setTimeout as delay } from 'node:timers/promises';
import type { HoldCommand } from '../../domain/language/command.ts';
import { type End, isKnownTimezone, resolveEnd } from '../../domain/language/end.ts';
import type { UnreadableHold } from '../../domain/policy/freeze.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { stopsRollbacks } from '../../domain/policy/policy.ts';
import { isPersons, keyOfHold, type SetHold, spans } from '../../domain/policy/set-hold.ts';
import { type Named, namesOf, targetOf } from '../../domain/policy/targets.ts';
import { readHost, type ServiceName } from '../../domain/routing/names.ts';
import type { Route } from '../../domain/routing/route.ts';
import { type HoldTold, holdEvent, tellLog } from '../audit.ts';
import {
  type Asker,
  type Desk,
  type NotFound,
  nameOf,
  openService,
  refuseIfLate,
  requestId,
  sendFor,
} from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import { judgeLive } from '../judging/judge-live.ts';
import type { HeldOutcome } from '../ports/holds.ts';
import type { Notice } from '../ports/notices.ts';

type Lock = Extract<HoldCommand, { verb: 'lock' }>;
type Unlock = Extract<HoldCommand, { verb: 'unlock' }>;

/** Why an end was refused. */
export interface WrongEnd {
  readonly kind: 'wrong-end';
  readonly because: 'over' | 'too-long';
  readonly at: Date;
  readonly timezone: string;
  readonly longestMs: number;
}

export type LockAnswer =
  /** `before`: the lock that it replaces. `stopsRollbacks`: the policy file makes rollbacks wait for it, too. */
  | {
      readonly kind: 'locked';
      readonly name: ServiceName;
      readonly hold: SetHold;
      readonly before?: SetHold | undefined;
      readonly stopsRollbacks: boolean;
      /** What may hold it, too, and cannot be read. */
      readonly unreadable?: readonly UnreadableHold[] | undefined;
    }
  /** What stands in the place of its lock cannot be read, and is not replaced. */
  | { readonly kind: 'unreadable'; readonly unreadable: readonly UnreadableHold[] }
  /** Somebody else holds it, so the person is shown it first and must confirm. `command` confirms, at any later time. */
  | { readonly kind: 'take-over?'; readonly name: ServiceName; readonly hold: SetHold; readonly command: Lock }
  | { readonly kind: 'unlocked'; readonly name: ServiceName; readonly hold: SetHold }
  | {
      readonly kind: 'not-locked';
      readonly name: ServiceName;
      readonly unreadable?: readonly UnreadableHold[] | undefined;
    }
  | { readonly kind: 'not-yours'; readonly hold: SetHold }
  /** This request was already answered. */
  | { readonly kind: 'set-before' }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  | WrongEnd;

const maxTries = 5;
const retryMs = 20;

/** Keeps others from moving a service's traffic. `seen`: the lock that the person was shown and takes over. */
export async function lock(desk: Desk, command: Lock, asker: Asker, seen?: string): Promise<LockAnswer> {
  const name = await nameOf(desk, command.service);
  const found = await openService(desk, name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };
  const locked = lockedBy(name, found.live);
  const { verdict } = await judgeLive(desk, asker, { deed: 'lock', route: locked.named });
  if (verdict.kind === 'refused') return { kind: 'denied', denial: verdict.denial };
  const end = await endOf(desk, asker, { end: command.end, kind: 'lock' });
  if (end.kind === 'wrong-end') return end;

  const hold: SetHold = {
    ...whoSets(desk, asker, command.reason),
    ...end,
    kind: 'lock',
    target: locked.target,
    except: { rollback: true, who: [{ kind: 'user', id: asker.user }] },
  };
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { hold: before, unreadable } = await lockOf(desk, locked);
    const isTheirs = before !== undefined && before.by !== asker.user && before.id !== hold.id;
    if (isTheirs && seen !== before.id)
      return { kind: 'take-over?', name, hold: before, command: { ...command, service: name } };
    const told = { kind: isTheirs ? 'taken-over' : 'locked', deed: 'lock', service: name } as const;
    const outcome = await setHold(desk, hold, { asker, told, instead: before });
    if (outcome === 'set-before') return { kind: 'set-before' };
    if (outcome === 'unreadable' && unreadable.length > 0) return { kind: 'unreadable', unreadable };
    if (outcome === 'set') {
      if (before !== undefined && before.target !== hold.target) await desk.holds.release(before);
      desk.log.info({ target: hold.target, by: hold.by, until: hold.until }, 'object locked');
      if (isTheirs) tellOwner(desk, { what: 'taken-over', hold: before, by: asker.user });
      const stops = stopsRollbacks(desk.policies.current(), hold.target);
      const also = unreadable.length === 0 ? {} : { unreadable };
      return { kind: 'locked', name, hold, before: isTheirs ? before : undefined, stopsRollbacks: stops, ...also };
    }
    await delay(retryMs * Math.random());
  }
  throw new Error(`the lock of ${hold.target} changed during each of ${maxTries} tries`);
}

/** Ends a lock: one's own, or another's if the policy file allows it. */
export async function unlock(desk: Desk, { service }: Unlock, asker: Asker): Promise<LockAnswer> {
  const name = await nameOf(desk, service);
  const found = await openService(desk, name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };
  const locked = lockedBy(name, found.live);
  const { hold, unreadable } = await lockOf(desk, locked);
  if (hold === undefined) return { kind: 'not-locked', name, ...(unreadable.length > 0 && { unreadable }) };

  if (hold.by !== asker.user) {
    const { verdict } = await judgeLive(desk, asker, { deed: 'unlock', route: locked.named });
    if (verdict.kind === 'refused') return { kind: 'denied', denial: verdict.denial };
    if (desk.policies.current().rules === undefined) return { kind: 'not-yours', hold };
  }
  const told = { kind: 'unlocked', deed: 'unlock', service: name } as const;
  if (!(await releaseHold(desk, hold, { asker, told }))) return unlock(desk, { verb: 'unlock', service }, asker);
  desk.log.info({ target: hold.target, by: asker.user, owner: hold.by }, 'object unlocked');
  if (hold.by !== asker.user) tellOwner(desk, { what: 'unlocked', hold, by: asker.user });
  return { kind: 'unlocked', name, hold };
}

/** Who sets a hold, when and why. */
export function whoSets({ now }: Pick<Desk, 'now'>, { user, request }: Asker, reason: string | undefined) {
  return { id: requestId(request), by: user, since: now(), reason };
}

/** When a hold ends, on the clock of the person who sets it. */
export async function endOf(
  { people, now }: Pick<Desk, 'people' | 'now'>,
  { user }: Pick<Asker, 'user'>,
  { end, kind }: { readonly end: End | undefined; readonly kind: 'lock' | 'freeze' },
): Promise<WrongEnd | { readonly kind: 'ends'; readonly until: Date; readonly timezone: string }> {
  const { defaultMs, longestMs } = spans[kind];
  const told = end?.kind === 'until' ? await people.timezone(user) : undefined;
  const timezone = told !== undefined && isKnownTimezone(told) ? told : 'UTC';
  const resolved = resolveEnd(end ?? { kind: 'for', ms: defaultMs }, { now: now(), timezone, longestMs });
  return resolved.kind === 'ends'
    ? { kind: 'ends', until: resolved.at, timezone }
    : { kind: 'wrong-end', because: resolved.kind, at: resolved.at, timezone, longestMs };
}

interface Ordered {
  readonly asker: Asker;
  /** The audit event if it succeeds. */
  readonly told: HoldTold;
  readonly instead?: SetHold | undefined;
}

export async function setHold(desk: Desk, hold: SetHold, { asker, told, instead }: Ordered): Promise<HeldOutcome> {
  refuseIfLate(desk, asker);
  const at = desk.now();
  const event = holdEvent(asker, told, hold, at);
  const outcome = await knowing(asker, `whether ${keyOfHold(hold)} is held`, () =>
    desk.holds.set(hold, { at, instead, event }),
  );
  if (outcome === 'set') tellLog(desk.log, event);
  return outcome;
}

export async function releaseHold(desk: Desk, hold: SetHold, { asker, told }: Ordered): Promise<boolean> {
  refuseIfLate(desk, asker);
  const event = holdEvent(asker, told, hold, desk.now());
  const isEnded = await knowing(asker, `whether ${keyOfHold(hold)} is still held`, () =>
    desk.holds.release(hold, event),
  );
  if (isEnded) tellLog(desk.log, event);
  return isEnded;
}

/** In the background: the hold is changed even if its owner cannot be told. */
export function tellOwner({ notices, aside }: Pick<Desk, 'notices' | 'aside'>, notice: Notice): void {
  const { hold, by } = notice;
  if (!isPersons(hold)) return;
  aside(() => notices.tell(hold.by, notice), 'the owner of a lock or freeze could not be told', { owner: hold.by, by });
}

/** A request without an answer may have been carried out, so nobody is told that it was not. */
async function knowing<T>(asker: Asker, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await sendFor(asker, call);
  } catch (cause) {
    if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
    throw new AcceptanceUnknownError(`${what} is not known`, { cause });
  }
}

interface Locked {
  /** The service. If the object is not asked for it, the object itself. */
  readonly target: string;
  /** What else an older lock of it may have as its target. */
  readonly own: string;
  /** What policy judges. */
  readonly named: Named;
}

/** A lock is on the service, so that it holds for every object that its requests go through. */
function lockedBy({ cluster, namespace, service }: ServiceName, { object, hosts }: Route): Locked {
  const target = targetOf(cluster, readHost(service, namespace));
  const its = hosts.filter((host) => targetOf(cluster, readHost(host, object.namespace)) === target);
  const named = { object, hosts: its.length > 0 ? its : hosts, routed: [] };
  const { own } = namesOf(named);
  return { target: its.length > 0 ? target : own, own, named };
}

interface LockFound {
  readonly hold: SetHold | undefined;
  /** What cannot be read, and may hold it, too. */
  readonly unreadable: readonly UnreadableHold[];
}

async function lockOf({ holds, now }: Desk, { target, own }: Locked): Promise<LockFound> {
  const { holds: found, unreadable } = await holds.on([target, own], now());
  const locks = found.filter(({ kind }) => kind === 'lock');
  const hold = locks.find((lock) => lock.target === target) ?? locks.find((lock) => lock.target === own);
  return { hold, unreadable };
}
