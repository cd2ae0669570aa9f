import type { State } from '../../domain/change/change.ts';
import { type Change, deedOf, moveTo } from '../../domain/change/change.ts';
import { contentToInsistOn, type ObjectEdit } from '../../domain/change/edit.ts';
import type { Refusal } from '../../domain/change/plan.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { accept } from '../asking/accept.ts';
import { type ChangeOfObjects, foundIn, lastWriterOf, liveStamp, movedIn, openEdits } from '../asking/open-edits.ts';
import { type Aim, planEdits } from '../asking/plan-edits.ts';
import { addJob, stateOf } from '../asking/submit.ts';
import type { EditsOutcome } from '../asking/submit-edits.ts';
import { becauseNot, linesOf, replanned } from '../asking/submit-edits.ts';
import { eventOf, moveOn } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeAll, ofEdits, wantedOf } from '../judging/judge-live.ts';

/** What became of a click on the card of a change that is held or void. */
export type HeldAnswer =
  /** Queued, or waiting for approval of what it would do now. */
  | { readonly kind: 'planned-anew'; readonly change: Change }
  | { readonly kind: 'discarded'; readonly change: Change }
  /** Nobody is asked about it any more; somebody was first. */
  | { readonly kind: 'decided'; readonly change: Change }
  /** The object moved again since the card was written; the card now shows the newer state. */
  | { readonly kind: 'moved-again'; readonly change: Change }
  | { readonly kind: 'refused'; readonly change: Change; readonly refusal: Refusal }
  | { readonly kind: 'denied'; readonly change: Change; readonly denial: Denial }
  | { readonly kind: 'object-gone'; readonly change: Change }
  /** Of objects: all is as it was to be, or it cannot be now. */
  | { readonly kind: 'as-it-is'; readonly change: Change }
  | { readonly kind: 'not-now'; readonly change: Change; readonly outcome: EditsOutcome }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

export type Stuck = Extract<State, { kind: 'held' | 'void' }>;

/**
 * The same aims for the same objects, planned from what the card shows of them; where they are something else by now, the card is
 * brought up to date instead. `moved`: to be tried again.
 */
export async function planEditsAnew(
  desk: Desk,
  change: ChangeOfObjects,
  state: Stuck,
  asker: Asker,
): Promise<HeldAnswer | 'moved'> {
  const opened = await openEdits(desk.mesh, change);
  const stamp = liveStamp(opened);
  if (state.stamp !== stamp) {
    const lastWriter = lastWriterOf(opened.find(({ decision }) => decision.kind !== 'write')?.open?.seen);
    const found = state.kind === 'held' ? { found: foundIn(opened) } : { moved: movedIn(opened) };
    const anew = moveTo(change, { ...state, stamp, lastWriter, ...found });
    const happened = { kind: 'refused', asker, deed: 'plan-anew', because: 'moved-again' } as const;
    return (await moveOn(desk, anew, happened)) ? { kind: 'moved-again', change: anew } : 'moved';
  }

  const planned = await planEdits(desk, change.object.cluster, change.edits.objects.map(aimAnew));
  if (planned === undefined) return { kind: 'as-it-is', change };
  const plan = { ...planned, object: change.object }; // it keeps its line, also where that object is by now as it is to be
  const { line, first } = await linesOf(desk, plan, deedOf(change) === 'rollback');
  if (line === undefined) return 'moved';
  const next = { ...change, ...replanned(change, plan) };
  const outcome = becauseNot(plan, next, first);
  if (outcome !== undefined) return { kind: 'not-now', change, outcome };

  const judgement = await judgeAll(desk, asker, wantedOf(next, ofEdits(change), deedOf(change)));
  const { verdict, rule } = judgement;
  if (verdict.kind === 'refused') return { kind: 'denied', change, denial: verdict.denial };
  return replace(desk, change, { ...next, state: stateOf(verdict, desk.now()) }, { asker, line, rule });
}

/** What was not there and is by now is replaced, since whoever clicked has seen that it is. */
function aimAnew(edit: ObjectEdit): Aim {
  const { kind, namespace, name, ledger } = edit;
  return { ref: { kind, namespace, name }, become: (live) => contentToInsistOn(edit, live?.content), ledger };
}

async function replace(
  desk: Desk,
  change: ChangeOfObjects,
  next: Change,
  { asker, line, rule }: { asker: Asker; line: number; rule: Parameters<typeof eventOf>[1]['rule'] },
): Promise<HeldAnswer | 'moved'> {
  const asked: Change = {
    ...next,
    rev: change.rev + 1,
    approvals: undefined,
    insistedBy: asker.user,
    acceptedAt: desk.now().toISOString(),
  };
  refuseIfLate(desk, asker);
  const event = eventOf(asked, { kind: 'planned-anew', asker, deed: 'plan-anew', rule }, desk.now());
  const accepted = await accept(desk, asked, { line, ahead: deedOf(change) === 'rollback', event }, asker);
  if (accepted.kind !== 'accepted') return 'moved';
  if (asked.state.kind === 'queued') addJob(desk, asked);
  return { kind: 'planned-anew', change: asked };
}
