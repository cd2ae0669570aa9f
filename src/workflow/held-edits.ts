import { type Change, deedOf, moveTo } from '../domain/change.ts';
import { contentToInsistOn, type ObjectEdit } from '../domain/object-edit.ts';
import { accept } from './accept.ts';
import { eventOf, moveOn } from './audit.ts';
import { type Asker, type Desk, refuseIfLate } from './desk.ts';
import type { HeldAnswer, Stuck } from './held.ts';
import { judgeAll, ofEdits, wantedOf } from './judge-live.ts';
import { type ChangeOfObjects, foundIn, lastWriterOf, liveStamp, movedIn, openEdits } from './open-edits.ts';
import { type Aim, planEdits } from './plan-edits.ts';
import { addJob, stateOf } from './submit.ts';
import { becauseNot, linesOf, replanned } from './submit-edits.ts';

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
