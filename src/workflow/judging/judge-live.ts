import type { Change } from '../../domain/change/change.ts';
import { hostsOf, isContentEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import { type Memberships, usergroupsIn, type Who } from '../../domain/policy/groups.ts';
import { growthOfEdit } from '../../domain/policy/growth.ts';
import { type Deed, type Judgement, judge, judgeEach, together } from '../../domain/policy/judge.ts';
import { noPolicy, ruleFor, whoMatters, whoMattersForEach } from '../../domain/policy/policy.ts';
import type { SetHold } from '../../domain/policy/set-hold.ts';
import { type Growth, targetsOf } from '../../domain/policy/targets.ts';
import type { Route } from '../../domain/routing/route.ts';
import type { Asker, Desk } from '../desk.ts';
import { PolicyUnknownError, UntrustedRecordError } from '../errors.ts';
import type { People } from '../ports/people.ts';
import type { Policies } from '../ports/policies.ts';

/** As much of an object as says which names it goes by. */
export type Named = Pick<Route, 'object' | 'hosts'>;

/** What is to be judged: what somebody wants to do to an object as it was read. */
export interface Wanted {
  readonly deed: Deed;
  readonly route: Named;
  /** What it would give to a version; absent where nothing is moved. */
  readonly growth?: Growth | undefined;
  /** The user who asked for the change that this one decides about. */
  readonly requester?: string | undefined;
  /** It is written whole, and may take any host. */
  readonly isWhole?: boolean | undefined;
}

/** What it takes to ask policy. */
export type Judging = Pick<Desk, 'policies' | 'people' | 'holds' | 'now'>;

/** Without a policy file everybody of the team may shift, and nobody must approve. */
export const noPolicyFile: Policies = { current: () => noPolicy, problem: () => undefined };

/** Whether policy lets us plan against another controller that sets the weights. */
export function mayOverrideOwner({ policies }: Pick<Desk, 'policies'>, route: Named): boolean {
  return ruleFor(policies.current(), targetsOf(route))?.overrideOwner ?? false;
}

/** Asks policy, with people and groups as chat knows them now. Ask at every gesture, and once more just before the write. */
export async function judgeLive(
  { policies, people, holds, now }: Judging,
  { user, team, origin }: Pick<Asker, 'user' | 'team' | 'origin'>,
  { deed, route, growth, requester, isWhole = false }: Wanted,
): Promise<Judgement> {
  const policy = policies.current();
  const targets = targetsOf(route);
  const at = now();
  const [who, held, memberships] = await Promise.all([
    people.person(user, team),
    holdsOn({ holds }, targets, at),
    membershipsOf(people, (isWhole ? whoMattersForEach : whoMatters)(policy, targets, at)),
  ]);
  return (isWhole ? judgeEach : judge)(policy, {
    who,
    channel: origin.channel,
    targets,
    deed,
    growth,
    requester,
    at,
    holds: held,
    memberships,
  });
}

/** The same of several objects that are changed together. */
export async function judgeAll(
  desk: Judging,
  asker: Pick<Asker, 'user' | 'team' | 'origin'>,
  [first, ...more]: readonly [Wanted, ...Wanted[]],
): Promise<Judgement> {
  const [one, ...others] = await Promise.all([
    judgeLive(desk, asker, first),
    ...more.map((each) => judgeLive(desk, asker, each)),
  ]);
  return together([one, ...others]);
}

/**
 * What is to be judged of a change: each of the objects that it edits. An object that is written whole goes by the hosts that it had and
 * is to have; the others by those that they have now.
 */
export function wantedOf(
  { edits: [first, ...more] }: Pick<Change, 'edits'>,
  hostsNow: (edit: ObjectEdit) => readonly string[],
  deed: Deed,
  requester?: string,
): readonly [Wanted, ...Wanted[]] {
  const wanted = (edit: ObjectEdit): Wanted => {
    const isWhole = isContentEdit(edit);
    const route = { object: edit.object, hosts: isWhole ? hostsOf(edit) : hostsNow(edit) };
    return { deed, route, growth: growthOfEdit(edit), requester, isWhole };
  };
  return [wanted(first), ...more.map(wanted)];
}

/** The locks and freezes that people set. What cannot be trusted is not taken for none. */
export async function holdsOn(
  { holds }: Pick<Desk, 'holds'>,
  targets: readonly string[],
  at: Date,
): Promise<readonly SetHold[]> {
  try {
    return await holds.on(targets, at);
  } catch (error) {
    if (!(error instanceof UntrustedRecordError)) throw error;
    throw new PolicyUnknownError(`a lock or freeze is not as it was stored (${error.message})`);
  }
}

/** Who is in those groups of chat's own that are named. */
export async function membershipsOf(people: Pick<People, 'members'>, named: readonly Who[]): Promise<Memberships> {
  const asked = usergroupsIn(named).map(async (id) => [id, await people.members(id)] as const);
  return new Map(await Promise.all(asked));
}
