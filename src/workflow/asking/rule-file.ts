import { type Change, endedWithoutEffect, isEnded } from '../../domain/change/change.ts';
import { planShift, startBehind } from '../../domain/change/plan.ts';
import type { EditCommand } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { ChangeId, Place } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { isConverted, type RuleFile } from '../../domain/routing/rule-file.ts';
import type { Percentages } from '../../domain/routing/split.ts';
import { aboutPlan, noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { mayOverrideOwner } from '../judging/judge-live.ts';
import { type Goal, type GoalAnswer, goalOf, type Variant } from './goal.ts';
import { type EditsPlan, planEdits } from './plan-edits.ts';
import { type Answer, remembered, submit } from './submit.ts';
import {
  acceptEdits,
  becauseNot,
  becauseOf,
  type EditsOutcome,
  type EditsSubmission,
  judgeEdits,
  nameOf,
  toChange,
  untilStill,
} from './submit-edits.ts';

export type EditsAnswer =
  | Answer
  | EditsOutcome
  | GoalAnswer
  /** It is more than weights, or was converted, so what it would do is shown first. `hasMoved`: it is another by now than the one that was clicked. */
  | { readonly kind: 'question'; readonly question: EditsQuestion; readonly hasMoved: boolean }
  /** Nothing would change. */
  | { readonly kind: 'as-it-is'; readonly command: EditCommand; readonly file?: RuleFile | undefined };

export interface EditsQuestion {
  readonly command: EditCommand;
  readonly place: Place;
  readonly ways: readonly [Way, ...Way[]];
  readonly file?: RuleFile | undefined;
}

/** One thing that could be done. */
export interface Way {
  /** As the author of the file may have meant it, and not as it is written. */
  readonly isMeant: boolean;
  readonly plan: EditsPlan;
  readonly judgement: Judgement;
}

/** What was shown to whoever clicked. */
export interface ClickedEdits {
  readonly stamp: ChangeId;
  readonly isMeant: boolean;
}

/** `/shift apply`, `/shift delete` and `/shift unpin`: does it where it is weights only, as written, and else shows what it would do. */
export async function requestEdits(
  desk: Desk,
  command: EditCommand,
  asker: Asker,
  clicked?: ClickedEdits,
): Promise<EditsAnswer> {
  const askedAs = requestId(asker.request);
  const known = await acceptedBefore(desk, askedAs);
  if (known !== undefined) return { kind: 'accepted', change: known, behind: 0, again: true };
  const goal = await goalOf(desk, command);
  if ('answer' in goal) {
    if (!command.dryRun) noteRefused(desk, asker, { deed: 'shift', because: goal.answer.kind, reason: command.reason });
    return remembered(desk, askedAs, goal.answer);
  }
  const answer = await (clicked === undefined ? ask(desk, goal, asker) : carryOut(desk, goal, asker, clicked));
  return remembered(desk, askedAs, answer);
}

async function acceptedBefore(desk: Desk, askedAs: ChangeId): Promise<Change | undefined> {
  const id = await desk.changes.acceptedAs(askedAs);
  return desk.changes.read(id ?? askedAs);
}

async function ask(desk: Desk, goal: Goal, asker: Asker): Promise<EditsAnswer> {
  const [first, ...more] = await planned(desk, goal);
  if (first === undefined) return { kind: 'as-it-is', command: goal.command, file: goal.file };
  const shares = goal.command.verb === 'apply' && isPlain(goal) ? weightsIn(first.plan) : undefined;
  if (shares !== undefined) return shift(desk, goal, { asker, plan: first.plan, shares });
  return question(desk, goal, asker, [first, ...more], false);
}

/** It can be meant in one way, and nothing was made of anything else: what it says need not be shown to be known. */
function isPlain({ variants, file }: Goal): boolean {
  return variants.length === 1 && file !== undefined && !isConverted(file);
}

/** The same as that shift typed: no new rights, and nothing to confirm. */
function shift(
  desk: Desk,
  { command: { reason, dryRun } }: Goal,
  { asker, plan, shares }: { readonly asker: Asker; readonly plan: EditsPlan; readonly shares: Percentages },
): Promise<Answer> {
  return submit(desk, {
    name: nameOf(plan),
    asker,
    deed: 'shift',
    options: { reason, dryRun },
    object: plan.object,
    plan: (route, before) =>
      planShift(
        route,
        { kind: 'whole', shares },
        {
          start: startBehind(route, before, defaultRule),
          mayOverrideOwner: mayOverrideOwner(desk, route),
        },
      ),
    ahead: false,
  });
}

/** What is clicked is done only where it is what was shown. */
function carryOut(desk: Desk, goal: Goal, asker: Asker, clicked: ClickedEdits): Promise<EditsAnswer> {
  return untilStill(desk, asker, async () => {
    const { request, last } = await attemptAt(desk, clicked.stamp);
    if (last !== undefined && !isEnded(last)) return { kind: 'accepted', change: last, behind: 0, again: true };
    const [first, ...more] = await planned(desk, goal);
    if (first === undefined && last !== undefined && !endedWithoutEffect(last))
      return { kind: 'accepted', change: last, behind: 0, again: true };
    if (first === undefined) return { kind: 'as-it-is', command: goal.command, file: goal.file };

    const way = [first, ...more].find(({ isMeant }) => isMeant === clicked.isMeant);
    if (way?.plan.stamp !== clicked.stamp) return question(desk, goal, asker, [first, ...more], true);
    return acceptEdits(desk, submissionOf(goal, { ...asker, request }, requestId(asker.request)), way.plan);
  });
}

/**
 * However many click, what was shown is done once: the id of the change comes from the stamp. One that has ended may be asked for
 * again, where there is something to do; that is another attempt, with an id of its own.
 */
async function attemptAt(
  desk: Desk,
  stamp: ChangeId,
): Promise<{ readonly request: string; readonly last?: Change | undefined }> {
  let last: Change | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const request = `edits:${stamp}:${attempt}`;
    const earlier = await desk.changes.read(requestId(request));
    if (earlier === undefined) return { request, last };
    last = earlier;
  }
}

interface PlannedWay extends Omit<Variant, 'aims'> {
  readonly plan: EditsPlan;
}

async function planned(desk: Desk, { place, variants }: Goal): Promise<readonly PlannedWay[]> {
  const plans = await Promise.all(
    variants.map(async ({ isMeant, aims }) => ({ isMeant, plan: await planEdits(desk, place.cluster, aims) })),
  );
  return plans.flatMap(({ isMeant, plan }) => (plan === undefined ? [] : [{ isMeant, plan }]));
}

async function question(
  desk: Desk,
  goal: Goal,
  asker: Asker,
  [first, ...more]: readonly [PlannedWay, ...PlannedWay[]],
  hasMoved: boolean,
): Promise<EditsAnswer> {
  const judged = async (way: PlannedWay): Promise<Way> => {
    const change = toChange(desk, submissionOf(goal, asker, requestId(asker.request)), way.plan);
    return { ...way, judgement: await judgeEdits(desk, asker, change, 'shift') };
  };
  const ways = [await judged(first), ...(await Promise.all(more.map(judged)))] as const;
  const { command, place, file } = goal;
  if (!command.dryRun) noteImpossible(desk, goal, asker, ways);
  return { kind: 'question', question: { command, place, ways, file }, hasMoved };
}

/** Where none of the ways may be gone there is nothing to click: whoever asked was told no. */
function noteImpossible(desk: Desk, goal: Goal, asker: Asker, ways: EditsQuestion['ways']): void {
  const [why, ...more] = ways.map((way) => {
    const change = toChange(desk, submissionOf(goal, asker, requestId(asker.request)), way.plan);
    return { change, way, objection: becauseNot(way.plan, change, undefined) };
  });
  const isImpossible = ({ way, objection }: NonNullable<typeof why>) =>
    objection !== undefined || way.judgement.verdict.kind === 'refused';
  if (why === undefined || ![why, ...more].every(isImpossible)) return;
  const { change, way, objection } = why;
  const { verdict } = way.judgement;
  const { object, reason } = change;
  const asked = { deed: 'shift', service: nameOf(way.plan), object, reason, ...aboutPlan(change) } as const;
  if (objection !== undefined) noteRefused(desk, asker, { ...asked, because: becauseOf(objection) });
  else if (verdict.kind === 'refused') noteDenied(desk, asker, verdict.denial, asked);
}

function submissionOf({ command, of }: Goal, asker: Asker, askedAs: ChangeId): EditsSubmission {
  return { asker, askedAs, deed: 'shift', verb: command.verb, of, reason: command.reason };
}

/** The split that it comes to, where that is all there is to it. */
function weightsIn({ edits: [only, ...more] }: EditsPlan): Percentages | undefined {
  return more.length === 0 && only.weights?.kind === 'weights' ? only.weights.shares : undefined;
}
