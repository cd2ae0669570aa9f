import type { HoldCommand } from '../../domain/language/command.ts';
import { type Freeze, freezesAt, type Hold, type UnreadableHold } from '../../domain/policy/freeze.ts';
import { globMatches } from '../../domain/policy/glob.ts';
import { type Denial, judgeReach } from '../../domain/policy/judge.ts';
import { rulesReached, stopsRollbacks } from '../../domain/policy/policy.ts';
import type { Scope, TypedScope } from '../../domain/policy/scope.ts';
import { isPersons, keyOfHold, mostFreezes, mostFreezesOfOne, type SetHold } from '../../domain/policy/set-hold.ts';
import { type Around, type Reading, readTypedScope, targetsRead } from '../../domain/policy/typed-scope.ts';
import { type ChangeId, isLabel, type Place } from '../../domain/routing/names.ts';
import { type Asker, type Desk, fillIn, requestId } from '../desk.ts';
import { DependencyError } from '../errors.ts';
import { membershipsOf } from '../judging/judge-live.ts';
import { freezesInForce } from './freeze-hook.ts';
import { endOf, releaseHold, setHold, tellOwner, type WrongEnd, whoSets } from './lock.ts';

type FreezeCommand = Extract<HoldCommand, { verb: 'freeze' }>;
type Thaw = Extract<HoldCommand, { verb: 'thaw' }>;
type Covers = Extract<Scope, { kind: 'covers' }>;

export type FreezeAnswer =
  /** `stopsRollbacks`: for part of what it covers, the policy file makes rollbacks wait, too. */
  | {
      readonly kind: 'frozen';
      readonly hold: SetHold;
      readonly scope: Covers;
      readonly stopsRollbacks: boolean;
      /** The person's own freeze of the same, which this one goes on with. */
      readonly before?: SetHold | undefined;
      /** What cannot be read, and may be a freeze, too. */
      readonly unreadable?: readonly UnreadableHold[] | undefined;
    }
  | { readonly kind: 'unreadable'; readonly unreadable: readonly UnreadableHold[] }
  | { readonly kind: 'set-before' }
  /** It can be read in two ways. Each command means one of them; a click does it. */
  | {
      readonly kind: 'which?';
      readonly commands: readonly { readonly scope: Covers; readonly command: FreezeCommand }[];
      readonly asked: ChangeId;
    }
  | { readonly kind: 'no-scope'; readonly scope: Exclude<Scope, Covers> }
  /** `yours`: of the person alone; else of all people who may not freeze everything. */
  | { readonly kind: 'too-many'; readonly yours?: readonly SetHold[] | undefined }
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

const maxTries = 5;

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
  return desk.turns.run(`freezes of ${asker.user}`, () => freezeInTurn(desk, { command, asker, scope, end }));
}

interface Freezing {
  readonly command: FreezeCommand;
  readonly asker: Asker;
  readonly scope: Covers;
  readonly end: { readonly until: Date; readonly timezone: string };
}

/** One freeze for each person and target: a second one goes on with the first. In turn, so that many at once are counted. */
async function freezeInTurn(desk: Desk, freezing: Freezing): Promise<FreezeAnswer> {
  const { command, asker, scope, end } = freezing;
  const who = whoSets(desk, asker, command.reason);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { holds: set, unreadable } = await freezesInForce(desk);
    if (set.some(({ id }) => id === who.id)) return { kind: 'set-before' };
    const yours = set.filter(({ by }) => by === asker.user);
    const before = yours.find(({ target }) => target === scope.target);
    const tooMany = before === undefined ? await tooManyFor(desk, asker, { set, yours }) : undefined;
    if (tooMany !== undefined) return tooMany;
    const hold: SetHold = {
      ...who,
      ...(before !== undefined && before.until > end.until ? { until: before.until, timezone: before.timezone } : end),
      reason: who.reason ?? before?.reason,
      kind: 'freeze',
      name: before?.name ?? who.id.replace(/^c-/, 'f-').toLowerCase(),
      target: scope.target,
      except: { rollback: true, who: [] },
    };
    const outcome = await setHold(desk, hold, { asker, told: { kind: 'frozen', deed: 'freeze' }, instead: before });
    if (outcome === 'set-before') return { kind: 'set-before' };
    if (outcome === 'unreadable' && unreadable.length > 0) return { kind: 'unreadable', unreadable };
    if (outcome === 'set') {
      desk.log.info({ target: hold.target, name: hold.name, by: hold.by, until: hold.until }, 'frozen');
      const stops = stopsRollbacks(desk.policies.current(), scope.target);
      return { kind: 'frozen', hold, scope, stopsRollbacks: stops, ...also({ before, unreadable }) };
    }
  }
  throw new Error(`the freeze of ${scope.target} changed during each of ${maxTries} tries`);
}

function also({ before, unreadable }: { before: SetHold | undefined; unreadable: readonly UnreadableHold[] }) {
  return { ...(before !== undefined && { before }), ...(unreadable.length > 0 && { unreadable }) };
}

interface Standing {
  /** All freezes that are set. */
  readonly set: readonly SetHold[];
  readonly yours: readonly SetHold[];
}

/** Nobody can use up the room of others: it is kept for the hook, and for whoever may freeze everything. */
async function tooManyFor(desk: Desk, asker: Asker, { set, yours }: Standing): Promise<FreezeAnswer | undefined> {
  if (yours.length >= mostFreezesOfOne) return { kind: 'too-many', yours };
  if (set.filter(isPersons).length < mostFreezes) return undefined;
  const denial = await deniedOver(desk, asker, { deed: 'freeze', glob: '**' });
  return denial === undefined ? undefined : { kind: 'too-many' };
}

/** Ends a freeze: one's own, or another's if policy allows it. `seen`: the freeze that the person was shown. */
export async function thaw(desk: Desk, command: Thaw, asker: Asker, seen?: string): Promise<ThawAnswer> {
  const { scope } = command;
  const { holds: set, unreadable } = await freezesInForce(desk);
  if (scope === undefined) return { kind: 'freezes', holds: [...unreadable, ...set, ...ofTheFile(desk)] };
  const [hold, ...more] = await named(desk, set, scope);
  if (hold === undefined) return notSet(desk, scope, [...unreadable, ...set]);
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

function notSet(desk: Desk, { pattern }: TypedScope, set: readonly Hold[]): ThawAnswer {
  const freeze = desk.policies.current().freezes.find(({ name }) => name.toLowerCase() === pattern.toLowerCase());
  if (freeze !== undefined) return { kind: 'of-the-file', freeze };
  return { kind: 'no-freeze', name: pattern, holds: [...set, ...ofTheFile(desk)] };
}
