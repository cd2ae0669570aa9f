import type { Change } from '../../domain/change/change.ts';
import { approversIn, countApprovals, eachNeed, type Needs } from '../../domain/policy/approvals.ts';
import type { Hold } from '../../domain/policy/freeze.ts';
import { type Memberships, type Person, usergroupsIn } from '../../domain/policy/groups.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { heldBack } from '../../domain/policy/judge-object.ts';
import { namesOf, targetsOf } from '../../domain/policy/targets.ts';
import { holdsOn, type Judging, judgeAll, judgedAs, membershipsOf, type Wanted } from './judge-live.ts';

/** What policy says now of a change that was asked for earlier. */
export type PolicyNow =
  /** It may be applied: no approval is needed, or there are enough. */
  | { readonly kind: 'may' }
  /** `lost`: people whose approvals no longer count; none if chat does not tell who somebody is. */
  | { readonly kind: 'lacks'; readonly missing: number; readonly needs: Needs; readonly lost: readonly string[] }
  | { readonly kind: 'denied'; readonly denial: Denial }
  /** Chat does not tell who somebody is, or a lock or freeze cannot be read, so nothing is decided. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What is judged: a change, or a ramp. */
export type Judged = Pick<Change, 'by' | 'team' | 'insistedBy' | 'origin' | 'approvals'>;

type WantedOfChange = readonly [Wanted, ...Wanted[]];

/** Asks policy again, for the user who asked for the change and for each who approved it. `wanted`: what the change wants (`wantedOf`). */
export async function judgeChange(desk: Judging, change: Judged, wanted: WantedOfChange): Promise<PolicyNow> {
  const { by, team, insistedBy, origin } = change;
  const asker = { user: insistedBy ?? by, team: insistedBy === undefined ? team : undefined, origin };
  const { verdict } = await judgeAll(desk, asker, wanted);
  switch (verdict.kind) {
    case 'allowed':
      return { kind: 'may' };
    case 'refused':
      return unknownIn(verdict.denial) ?? { kind: 'denied', denial: verdict.denial };
    case 'needs-approval':
      return tally(desk, change, verdict.needs);
  }
}

/**
 * Judges by locks and freezes alone. Without a policy file nothing else can have changed. Chat is not asked who somebody is: it was asked
 * when the change was accepted, and a write does not wait for chat.
 */
export async function heldChange(
  { policies, holds, now }: Omit<Judging, 'people'>,
  change: Change,
  wanted: WantedOfChange,
): Promise<PolicyNow> {
  const { by, insistedBy, origin } = change;
  const at = now();
  for (const { route: named, deed, course, isWhole } of wanted) {
    const denial = heldBack(policies.current(), {
      who: { id: insistedBy ?? by, standing: { kind: 'member' } },
      channel: origin.channel,
      names: namesOf(named),
      isWhole,
      ...judgedAs(deed, course),
      at,
      holds: await holdsOn(holds, targetsOf(named), at),
      memberships: new Map(),
    });
    if (denial !== undefined) return unknownIn(denial) ?? { kind: 'denied', denial };
  }
  return { kind: 'may' };
}

async function tally({ people }: Judging, change: Judged, needs: Needs): Promise<PolicyNow> {
  const { by, insistedBy, approvals = [] } = change;
  const ids = approvals.map((approval) => approval.by).filter((id) => id !== insistedBy);
  const [persons, memberships] = await Promise.all([
    Promise.all(ids.map((id) => people.person(id, undefined))),
    membershipsOf(people, approversIn(needs)),
  ]);
  const { counted, missing } = countApprovals(needs, persons, { requester: by, memberships });
  if (missing === 0) return { kind: 'may' };
  const why = whyUnknown(persons, memberships, needs);
  const most = Math.max(...eachNeed(needs).map(({ count }) => count));
  if (why !== undefined && ids.length >= most) return { kind: 'unknown', why };
  const lost = why === undefined ? ids.filter((id) => !counted.includes(id)) : [];
  return { kind: 'lacks', missing, needs, lost };
}

function whyUnknown(persons: readonly Person[], memberships: Memberships, needs: Needs): string | undefined {
  for (const { standing } of persons) if (standing.kind === 'unknown') return standing.why;
  for (const id of usergroupsIn(approversIn(needs))) {
    const membership = memberships.get(id);
    if (membership?.kind === 'unknown') return membership.why;
  }
  return undefined;
}

function unknownIn(denial: Denial): PolicyNow | undefined {
  if (denial.reason === 'person-unknown') return { kind: 'unknown', why: denial.why };
  if ('hold' in denial && denial.hold.unreadable !== undefined)
    return { kind: 'unknown', why: whyUnreadable(denial.hold) };
  if (denial.reason !== 'membership-unknown') return undefined;
  return { kind: 'unknown', why: denial.groups.map(({ name, why }) => `${name}: ${why}`).join('; ') };
}

function whyUnreadable({ kind, unreadable }: Hold): string {
  return `what stands in Redis as a ${kind} is not as the bot wrote it; an operator takes it out with ${unreadable?.removeWith}`;
}
