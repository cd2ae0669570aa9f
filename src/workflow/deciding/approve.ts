import { type Approval, type Change, goesAhead, moveTo, objectsOf } from '../../domain/change/change.ts';
import { asksTheSame } from '../../domain/policy/approvals.ts';
import { historyIn, hostsIn, isObjectGone, isOtherPods } from '../applying/open.ts';
import { accept, replace } from '../asking/accept.ts';
import { goingBefore } from '../asking/plan.ts';
import { addJob } from '../asking/submit.ts';
import { eventOf, type Happened, planHash } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeChange, type PolicyNow } from '../judging/judge-change.ts';
import { wantedOf } from '../judging/judge-live.ts';
import { byDenial } from '../judging/void.ts';
import type { Lines } from '../ports/changes.ts';
import { type ApprovalAnswer, type Awaiting, type Deciding, decideOn, denied, end } from './awaiting.ts';
import { type Footing, footingOf } from './footing.ts';

/** Counts a person's approval; the last one that is needed queues the change. */
export function approve(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'approve' }, async (change) => {
    const lines = await desk.changes.lines(objectsOf(change));
    const footing = await footingOf(desk, change);
    const { opened } = footing;
    if (isObjectGone(opened))
      return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'approve' });

    const denial = await denied(desk, asker, { deed: 'approve', change, opened });
    if (denial !== undefined) return { kind: 'denied', change, denial };
    const isPlannedAnew = change.insistedBy !== undefined;
    if (about.seen === undefined && isPlannedAnew) return { kind: 'seen-first', change };
    return count(desk, { change, footing, lines, asker });
  });
}

interface Counting {
  readonly change: Awaiting;
  readonly footing: Footing;
  readonly lines: Lines;
  readonly asker: Asker;
}

/** A person who approved before is counted again, because policy may ask for fewer approvals by now. */
async function count(desk: Desk, counting: Counting): Promise<ApprovalAnswer | undefined> {
  const { change, footing, lines, asker } = counting;
  if (isOtherPods(change, footing.opened))
    return end(desk, change, footing.voided({ because: 'relabelled' }), { asker, deed: 'approve' });
  const ahead = goingBefore(lines, goesAhead(change));
  const edits = footing.edits(ahead);
  if (edits === undefined) return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'approve' });

  const approvals = withApproval(change, { by: asker.user, at: desk.now().toISOString() });
  const wanted = wantedOf(change, hostsIn(footing.opened), change.deed, {
    historyOf: historyIn(desk, footing.opened, ahead),
  });
  const standing = await judgeChange(desk, { ...change, approvals }, wanted);
  switch (standing.kind) {
    case 'unknown':
      return { kind: 'cannot-tell', change, why: standing.why };
    case 'denied':
      return end(desk, change, footing.voided(byDenial(standing.denial)), { asker, deed: 'approve' });
    case 'lacks':
      return keepCounting(desk, counting, { ...standing, approvals });
    case 'may':
      return queue(desk, counting, {
        ...moveTo(change, { kind: 'queued' }),
        approvals,
        edits,
        acceptedAt: desk.now().toISOString(),
      });
  }
}

function withApproval({ approvals = [] }: Change, approval: Approval): readonly Approval[] {
  return approvals.some(({ by }) => by === approval.by) ? approvals : [...approvals, approval];
}

interface Lacking extends Extract<PolicyNow, { kind: 'lacks' }> {
  readonly approvals: readonly Approval[];
}

/** Stores the approvals that count now and what policy asks for now, because the card tells both. */
async function keepCounting(
  desk: Desk,
  { change, asker }: Counting,
  { missing, needs: asked, lost, approvals }: Lacking,
): Promise<ApprovalAnswer | undefined> {
  if (lost.includes(asker.user)) return undefined; // policy changed just now: judge again
  const needs = { ...asked, expiresMs: change.state.needs.expiresMs };
  const counted = approvals.filter((approval) => !lost.includes(approval.by));
  const isKnown = change.approvals?.some((approval) => approval.by === asker.user) ?? false;
  const kind = isKnown ? 'approved-before' : 'approved';
  if (isKnown && lost.length === 0 && asksTheSame(needs, change.state.needs)) return { kind, change, missing, lost };

  const next = { ...moveTo(change, { ...change.state, needs }), approvals: counted };
  const happened = isKnown ? recounted(next, missing) : approvedBy(change, missing);
  return (await replace(desk, next, asker, happened)) ? { kind, change: next, missing, lost } : undefined;
}

/** The event has the plan that was approved. The change may have moved up in its line since. */
function approvedBy(change: Awaiting, missing: number): Omit<Happened, 'asker'> {
  const { rule } = change.state.needs;
  return { kind: 'approved', deed: 'approve', rule, missing, plan: planHash(change) };
}

/** A person who approved before approves nothing more, even if other approvals count by now. */
function recounted({ state }: Change, missing: number): Omit<Happened, 'asker'> {
  const rule = state.kind === 'awaiting' ? state.needs.rule : undefined;
  return { kind: 'refused', deed: 'approve', because: 'approved-before', rule, missing };
}

async function queue(desk: Desk, counting: Counting, next: Change): Promise<ApprovalAnswer | undefined> {
  const { change, lines, asker } = counting;
  refuseIfLate(desk, asker);
  const event = eventOf(next, { asker, ...approvedBy(change, 0) }, desk.now());
  const accepted = await accept(desk, next, { lines: lines.versions, ahead: goesAhead(next), event }, asker);
  if (accepted.kind !== 'accepted') return undefined;
  addJob(desk, next);
  return { kind: 'approved', change: next, missing: 0, lost: [] };
}
