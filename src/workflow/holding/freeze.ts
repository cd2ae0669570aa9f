import type { HoldCommand } from '../../domain/language/command.ts';
import { type Freeze, freezesAt, type Hold } from '../../domain/policy/freeze.ts';
import { globMatches } from '../../domain/policy/glob.ts';
import { type Denial, judgeReach } from '../../domain/policy/judge.ts';
import { rulesReached, stopsRollbacks } from '../../domain/policy/policy.ts';
import type { Scope, TypedScope } from '../../domain/policy/scope.ts';
import { isPersons, keyOfHold, mostFreezes, type SetHold } from '../../domain/policy/set-hold.ts';
import { type Around, type Reading, readTypedScope, targetsRead } from '../../domain/policy/typed-scope.ts';
import { type ChangeId, isLabel, type Place } from '../../domain/routing/names.ts';
import { type Asker, type Desk, fillIn, requestId } from '../desk.ts';
import { DependencyError, PolicyUnknownError, UntrustedRecordError } from '../errors.ts';
import { membershipsOf } from '../judging/judge-live.ts';
import { endOf, releaseHold, setHold, tellOwner, type WrongEnd, whoSets } from './lock.ts';

type FreezeCommand = Extract<HoldCommand, { verb: 'freeze' }>;
type Thaw = Extract<HoldCommand, { verb: 'thaw' }>;
type Covers = Extract<Scope, { kind: 'covers' }>;

export type FreezeAnswer =
  /** `stopsRollbacks`: for part of what it covers, the policy file makes rollbacks wait, too. */
  | { readonly kind: 'frozen'; readonly hold: SetHold; readonly scope: Covers; readonly stopsRollbacks: boolean }
  | { readonly kind: 'set-before' }
  /** It can be read in two ways. Each command means one of them; a click does it. */
  | {
      readonly kind: 'which?';
      readonly commands: readonly { readonly scope: Covers; readonly command: FreezeCommand }[];
      readonly asked: ChangeId;
    }
  | { readonly kind: 'no-scope'; readonly scope: Exclude<Scope, Covers> }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | WrongEnd;

export type ThawAnswer =
  | { readonly kind: 'thawed'; readonly hold: SetHold }
  /** Somebody else set it and no policy file says who may thaw it, so the person is shown it first and must confirm. */
  | { readonly kind: 'thaw?'; readonly hold: SetHold; readonly command: Thaw }
  /** The freezes in force. */
  | { readonly kind: 'freezes'; readonly holds: readonly Hold[] }
  | { readonly kind: 'no-freeze'; readonly name: string; readonly holds: readonly Hold[] }
  /** Several freezes cover exactly this; the person must name one. */
  | { readonly kind: 'several'; readonly holds: readonly SetHold[] }
  /** The freeze is set in the policy file, and must be ended there. */
  | { readonly kind: 'of-the-file'; readonly freeze: Freeze }
  | { readonly kind: 'denied'; readonly denial: Denial };

/** Stops changes to everything that a glob covers. It also stops the person who set it, until they thaw it. */
export async function freeze(desk: Desk, command: FreezeCommand, asker: Asker): Promise<FreezeAnswer> {
  const read = readTypedScope(command.scope, await aroundOf(desk, command.scope));
  if (read.kind === 'which') return whichOf(command, read.readings, asker);
  if (read.kind !== 'is') return { kind: 'no-scope', scope: read };
  const { scope } = read.reading;
  const denial = await deniedOver(desk, asker, { deed: 'freeze', glob: scope.target });
  if (denial !== undefined) return { kind: 'denied', denial };
  const end = await endOf(desk, asker, { end: command.end, kind: 'freeze' });
  if (end.kind === 'wrong-end') return end;
  if ((await freezesSet(desk)).length >= mostFreezes) return { kind: 'too-many' };

  const who = whoSets(desk, asker, command.reason);
  const hold: SetHold = {
    ...who,
    ...end,
    kind: 'freeze',
    name: who.id.replace(/^c-/, 'f-').toLowerCase(),
    target: scope.target,
    except: { rollback: true, who: [] },
  };
  const outcome = await setHold(desk, hold, { asker, told: { kind: 'frozen', deed: 'freeze' } });
  if (outcome === 'taken') throw new Error(`two freezes have the name ${hold.name}`);
  if (outcome === 'set-before') return { kind: 'set-before' };
  desk.log.info({ target: hold.target, name: hold.name, by: hold.by, until: hold.until }, 'frozen');
  return { kind: 'frozen', hold, scope, stopsRollbacks: stopsRollbacks(desk.policies.current(), scope.target) };
}

/** Ends a freeze: one's own, or another's if policy allows it. `seen`: the freeze that the person was shown. */
export async function thaw(desk: Desk, command: Thaw, asker: Asker, seen?: string): Promise<ThawAnswer> {
  const { scope } = command;
  const set = await freezesSet(desk);
  if (scope === undefined) return { kind: 'freezes', holds: [...set, ...ofTheFile(desk)] };
  const [hold, ...more] = await named(desk, set, scope);
  if (hold === undefined) return notSet(desk, scope, set);
  if (more.length > 0) return { kind: 'several', holds: [hold, ...more] };

  if (hold.by !== asker.user) {
    const denial = await deniedOver(desk, asker, { deed: 'thaw', glob: hold.target });
    if (denial !== undefined) return { kind: 'denied', denial };
    if (desk.policies.current().rules === undefined && seen !== hold.id) return { kind: 'thaw?', hold, command };
  }
  const told = { kind: 'thawed', deed: 'thaw' } as const;
  if (!(await releaseHold(desk, hold, { asker, told }))) return thaw(desk, command, asker, seen);
  desk.log.info({ target: hold.target, name: hold.name, by: asker.user, owner: hold.by }, 'thawed');
  if (hold.by !== asker.user && isPersons(hold)) tellOwner(desk, { what: 'thawed', hold, by: asker.user });
  return { kind: 'thawed', hold };
}

interface FreezeDeed {
  readonly deed: 'freeze' | 'thaw';
  readonly glob: string;
}

/** A freeze stops everything that it covers, so every rule that it reaches must allow the person. */
async function deniedOver(
  desk: Desk,
  { user, team, origin }: Asker,
  { deed, glob }: FreezeDeed,
): Promise<Denial | undefined> {
  const policy = desk.policies.current();
  const named = rulesReached(policy, glob).flatMap(({ shift }) => shift);
  const [who, memberships] = await Promise.all([desk.people.person(user, team), membershipsOf(desk.people, named)]);
  const ask = { who, channel: origin.channel, glob, deed, at: desk.now(), holds: [], memberships };
  const { verdict } = judgeReach(policy, ask);
  return verdict.kind === 'refused' ? verdict.denial : undefined;
}

async function freezesSet({ holds, now }: Pick<Desk, 'holds' | 'now'>): Promise<readonly SetHold[]> {
  try {
    return (await holds.all(now())).filter(({ kind }) => kind === 'freeze');
  } catch (error) {
    if (!(error instanceof UntrustedRecordError)) throw error;
    throw new PolicyUnknownError(`a lock or freeze in the store is not as the bot wrote it (${error.message})`);
  }
}

/** The freezes of the policy file that are in force now, for any target. */
function ofTheFile({ policies, now }: Pick<Desk, 'policies' | 'now'>): readonly Hold[] {
  return policies.current().freezes.flatMap((each) => freezesAt([each], [each.target], now()));
}

/** By its name, or by what it covers, in whichever way that is read. */
async function named(desk: Desk, set: readonly SetHold[], scope: TypedScope): Promise<readonly SetHold[]> {
  const byName =
    scope.cluster === undefined ? set.filter((hold) => keyOfHold(hold) === scope.pattern.toLowerCase()) : [];
  if (byName.length > 0) return byName;
  const targets = targetsRead(scope, await aroundOf(desk, scope));
  return set.filter(({ target }) => targets.includes(target));
}

async function aroundOf(desk: Desk, scope: TypedScope): Promise<Around> {
  const { cluster, namespace } = fillIn(desk, { service: '', cluster: scope.cluster });
  const [first = ''] = scope.pattern.split('/');
  const couldBeNamespace = await isNamespace(desk, { cluster, namespace: first }, namespace);
  return { clusters: desk.mesh.clusters, home: { cluster, namespace }, couldBeNamespace };
}

/** In doubt it is one, so that the person is asked. */
async function isNamespace({ mesh }: Desk, place: Place, home: string): Promise<boolean> {
  if (globMatches(place.namespace, home)) return true;
  if (!isLabel(place.namespace) || !mesh.clusters.includes(place.cluster)) return false;
  try {
    return (await mesh.services(place)).seen.length > 0;
  } catch (error) {
    if (error instanceof DependencyError) return true;
    throw error;
  }
}

function whichOf(command: FreezeCommand, readings: readonly Reading[], { request }: Asker): FreezeAnswer {
  const commands = readings.map(({ typed, scope }) => ({ scope, command: { ...command, scope: typed } }));
  return { kind: 'which?', commands, asked: requestId(request) };
}

function notSet(desk: Desk, { pattern }: TypedScope, set: readonly SetHold[]): ThawAnswer {
  const freeze = desk.policies.current().freezes.find(({ name }) => name.toLowerCase() === pattern.toLowerCase());
  if (freeze !== undefined) return { kind: 'of-the-file', freeze };
  return { kind: 'no-freeze', name: pattern, holds: [...set, ...ofTheFile(desk)] };
}
