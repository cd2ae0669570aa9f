import { type Change, revisionOf } from '../../domain/change/change.ts';
import { findEdit, hostsOf, isContentEdit, type ObjectEdit, routedBy } from '../../domain/change/edit.ts';
import { type Course, courseOf } from '../../domain/change/way-back.ts';
import { rulesDeciding, whoMatters } from '../../domain/policy/deciding.ts';
import { type Hold, type UnreadableHold, unreadableIn } from '../../domain/policy/freeze.ts';
import { type Memberships, usergroupsIn, type Who } from '../../domain/policy/groups.ts';
import { growthOfEdit } from '../../domain/policy/growth.ts';
import { type Deed, type Denial, type Judgement, movingDeeds } from '../../domain/policy/judge.ts';
import { type AskOfObject, decidingAbout, judgeObject, together } from '../../domain/policy/judge-object.ts';
import { type Rise, risesIn } from '../../domain/policy/pace.ts';
import { noPolicy } from '../../domain/policy/policy.ts';
import { type Foreseen, foreseen } from '../../domain/policy/ramps/foreseen.ts';
import type { RampAsk } from '../../domain/policy/ramps/ramp-ask.ts';
import { type Growth, type Hosts, hostsOfRules, type Named, namesOf, targetsOf } from '../../domain/policy/targets.ts';
import { emptyLedger, type Ledger, record } from '../../domain/routing/ledger.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import type { LiveObject, Route } from '../../domain/routing/route.ts';
import type { Asker, Desk } from '../desk.ts';
import type { Holds } from '../ports/holds.ts';
import type { People } from '../ports/people.ts';
import type { Policies } from '../ports/policies.ts';

/** What somebody wants to do to an object, as it was read. */
export interface Wanted {
  readonly deed: Deed;
  readonly route: Named;
  /** How much a version's share would grow; absent if nothing is moved. */
  readonly growth?: Growth | undefined;
  /** The same of each version, with what our changes did to it before. */
  readonly rises?: readonly Rise[] | undefined;
  /** Whether it goes back on the way that the object came. Absent: that is not asked of it. */
  readonly course?: Course | undefined;
  /** The whole ramp that it begins or goes on with; `growth` is then that of the next step. */
  readonly ramp?: RampAsk | undefined;
  /** The user who asked for the change that this one decides about. */
  readonly requester?: string | undefined;
  /** The object is written whole, and may take any host. */
  readonly isWhole?: boolean | undefined;
}

/** What is needed to ask policy. */
export type Judging = Pick<Desk, 'policies' | 'people' | 'holds' | 'now'>;

/** Without a policy file every member of the team may shift, and no approval is needed. */
export const noPolicyFile: Policies = { current: () => noPolicy, problem: () => undefined };

/** Whether policy lets us plan against another controller that sets the weights: every rule that decides must. */
export function mayOverrideOwner({ policies }: Pick<Desk, 'policies'>, named: Named): boolean {
  return rulesDeciding(policies.current(), namesOf(named)).every(({ rule }) => rule?.overrideOwner ?? false);
}

/** Whether `--anyway` may give traffic to a version without a ready pod. Without a policy file it may. */
export function mayGoWithoutPods({ policies }: Pick<Desk, 'policies'>, named: Named): boolean {
  const policy = policies.current();
  return (
    policy.rules === undefined || rulesDeciding(policy, namesOf(named)).every(({ rule }) => rule?.withoutPods ?? false)
  );
}

/** An object, with the hosts that some of its rules touch, or all. */
export function namedBy(route: Pick<Route, 'object' | 'hosts' | 'rules'>, keys?: readonly string[]): Named {
  return { object: route.object, ...hostsOfRules(route, keys) };
}

/** Asks policy, with people and groups as chat knows them now. Ask at every gesture, and once more just before the write. */
export async function judgeLive(
  judging: Judging,
  asker: Pick<Asker, 'user' | 'team' | 'origin'>,
  wanted: Wanted,
): Promise<Judgement> {
  const ask = await askOf(judging, asker, wanted);
  const judgement = judgeObject(judging.policies.current(), ask);
  const isMoving = movingDeeds.some((each) => each === ask.deed);
  return isMoving && judgement.verdict.kind !== 'refused' ? passing(judgement, unreadableIn(ask.holds)) : judgement;
}

/** With the unreadable locks and freezes that it goes through. */
function passing(judgement: Judgement, unreadable: readonly UnreadableHold[]): Judgement {
  return unreadable.length === 0 ? judgement : { ...judgement, unreadable };
}

/** What policy will have against the steps of a ramp that would begin now. */
export async function foreseenFor(
  judging: Judging,
  asker: Pick<Asker, 'user' | 'team' | 'origin'>,
  wanted: Wanted,
): Promise<readonly Foreseen[]> {
  const { ramp } = wanted;
  if (ramp === undefined) return [];
  return foreseen(judging.policies.current(), { ...(await askOf(judging, asker, wanted)), ramp });
}

/**
 * Outside the hours for steps up a ramp waits until they begin (`opens`). What else is in its way is asked as of then. `denialOf`: why
 * policy refuses what was judged.
 */
export async function judgeWhenOpen<T, J extends Pick<Desk, 'now'>>(
  judging: J,
  judgeAt: (judging: J) => Promise<T>,
  denialOf: (judged: T) => Denial | undefined,
): Promise<{ readonly judged: T; readonly opens?: Date }> {
  const judged = await judgeAt(judging);
  const denial = denialOf(judged);
  if (denial?.reason !== 'outside-hours') return { judged };
  const { opens } = denial;
  return { judged: await judgeAt({ ...judging, now: () => opens }), opens };
}

export function denialIn({ verdict }: Judgement): Denial | undefined {
  return verdict.kind === 'refused' ? verdict.denial : undefined;
}

async function askOf(
  { policies, people, holds, now }: Judging,
  { user, team, origin }: Pick<Asker, 'user' | 'team' | 'origin'>,
  { deed, route, growth, rises, course, ramp, requester, isWhole }: Wanted,
): Promise<AskOfObject> {
  const names = namesOf(route);
  const at = now();
  const policy = policies.current();
  const [who, held, memberships] = await Promise.all([
    people.person(user, team),
    holdsOn(holds, targetsOf(route), at),
    membershipsOf(people, whoMatters(policy, decidingAbout(policy, { names, isWhole }), at)),
  ]);
  return {
    who,
    channel: origin.channel,
    names,
    isWhole,
    ...judgedAs(deed, course),
    growth,
    rises,
    ramp,
    requester,
    at,
    holds: held,
    memberships,
  };
}

/** A rollback that does not go back is judged as a shift; a shift that goes back, as going back. */
export function judgedAs(deed: Deed, course: Course | undefined): Pick<AskOfObject, 'deed' | 'goesBack' | 'isForward'> {
  if (course === 'back') return { deed, goesBack: true };
  return deed === 'rollback' && course === 'forward' ? { deed: 'shift', isForward: true } : { deed };
}

/** The same for several objects that are changed together. */
export async function judgeAll(
  desk: Judging,
  asker: Pick<Asker, 'user' | 'team' | 'origin'>,
  [first, ...more]: readonly [Wanted, ...Wanted[]],
): Promise<Judgement> {
  const [one, ...others] = await Promise.all([
    judgeLive(desk, asker, first),
    ...more.map((each) => judgeLive(desk, asker, each)),
  ]);
  const all = [one, ...others].flatMap(({ unreadable = [] }) => unreadable);
  const [judgement, seen] = [together(first.deed, [one, ...others]), new Map(all.map((each) => [keyOf(each), each]))];
  return passing(judgement, judgement.verdict.kind === 'refused' ? [] : [...seen.values()]);
}

function keyOf({ unreadable }: UnreadableHold): string {
  return unreadable.removeWith;
}

/**
 * What policy judges of a change: each object that it edits. An object that is written whole is judged by its hosts before and after the
 * change, and by those whose requests are handed over to it now; the others by what the moved rules touch now. `asked`: what is asked of
 * the ramp that the change is a step of.
 */
export function wantedOf(
  { edits: [first, ...more], reverts, ramp: of }: Pick<Change, 'edits' | 'reverts' | 'ramp'>,
  hostsNow: (edit: ObjectEdit) => Hosts,
  deed: Deed,
  {
    requester,
    asked,
    historyOf,
  }: {
    readonly requester?: string;
    readonly asked?: (object: ObjectRef) => RampAsk | undefined;
    readonly historyOf: (edit: ObjectEdit) => Ledger;
  },
): readonly [Wanted, ...Wanted[]] {
  const wanted = (edit: ObjectEdit): Wanted => {
    const isWhole = isContentEdit(edit);
    const now = hostsNow(edit);
    const { hosts, routed } = isWhole ? hostsWhole(edit) : now;
    const route = { object: edit.object, hosts: [...new Set([...hosts, ...now.hosts])], routed };
    const history = historyOf(edit);
    return {
      ...{ deed, route, growth: growthOfEdit(edit), rises: risesIn(history, edit.moves) },
      ...(of === undefined && { course: courseOf(history.revisions, edit, reverts) }), // a ramp is judged as a whole
      ...{ ramp: asked?.(edit.object), requester, isWhole },
    };
  };
  return [wanted(first), ...more.map(wanted)];
}

/** An object's history as it will be when an edit is written: with what waits in line ahead, as if it were written now. */
export function historyBefore(
  { object, ledger: own }: Pick<ObjectEdit, 'object'> & { readonly ledger?: Ledger | undefined },
  live: Pick<LiveObject, 'ledger'> | undefined,
  ahead: readonly Change[],
  now: Date,
): Ledger {
  return ahead.reduce(
    (ledger, change) => {
      const its = findEdit(change.edits, object);
      return its === undefined ? ledger : record(ledger, revisionOf(change, its, now));
    },
    live?.ledger ?? own ?? emptyLedger,
  );
}

/** All hosts that an object is asked for and routes to, before and after it is written whole. */
export function hostsWhole(edit: Parameters<typeof hostsOf>[0]): Hosts {
  return { hosts: hostsOf(edit), routed: routedBy(edit) };
}

/** The locks and freezes that are set. One that cannot be read counts as one, so that it does not pass for none. */
export async function holdsOn(
  holds: Pick<Holds, 'on'>,
  targets: readonly string[],
  at: Date,
): Promise<readonly Hold[]> {
  const { holds: set, unreadable } = await holds.on(targets, at);
  return [...set, ...unreadable];
}

/** The members of the named groups that are groups of chat. */
export async function membershipsOf(people: Pick<People, 'members'>, named: readonly Who[]): Promise<Memberships> {
  const asked = usergroupsIn(named).map(async (id) => [id, await people.members(id)] as const);
  return new Map(await Promise.all(asked));
}
