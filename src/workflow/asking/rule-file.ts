import { type Change, endedWithoutEffect, isEnded } from '../../domain/change/change.ts';
import type { EditCommand } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { ChangeId, Place } from '../../domain/routing/names.ts';
import { definerOf } from '../../domain/routing/object.ts';
import { defaultRule, findRule } from '../../domain/routing/route.ts';
import { isConverted, type RuleFile } from '../../domain/routing/rule-file.ts';
import type { Percentages } from '../../domain/routing/split.ts';
import { noteRefused } from '../audit.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { type Asking, acceptedAlready, answerOnce, changeOf } from './answer-once.ts';
import { type Begins, type Goal, type GoalAnswer, goalOf, type Variant } from './goal.ts';
import { nameOf, type Plan, planEdits } from './plan.ts';
import type { PlannedEdit } from './plan-content.ts';
import { shiftTo } from './shift.ts';
import { type Answer, aboutPlanned, judgePlan, objectionTo, offer, toChange, told } from './submit.ts';

export type EditsAnswer =
  | Answer
  | GoalAnswer
  /**
   * It moves more than weights, or the file was converted, so the person is first shown what it would do. `hasMoved`: the plan is no longer
   * the one that was clicked.
   */
  | { readonly kind: 'question'; readonly question: EditsQuestion; readonly hasMoved: boolean }
  /** Nothing would change. */
  | { readonly kind: 'as-it-is'; readonly command: EditCommand; readonly file?: RuleFile | undefined };

export interface EditsQuestion {
  readonly command: EditCommand;
  readonly place: Place;
  readonly ways: readonly [Way, ...Way[]];
  readonly file?: RuleFile | undefined;
  readonly begins?: Begins | undefined;
}

/** One plan that the person may choose. */
export interface Way {
  /** The file as its author may have meant it, not as it is written. */
  readonly isMeant: boolean;
  readonly plan: Plan;
  readonly judgement: Judgement;
}

/** What was shown to the person who clicked. */
export interface ClickedEdits {
  readonly stamp: ChangeId;
  readonly isMeant: boolean;
}

/**
 * `/shift apply`, `/shift delete`, `/shift unpin` and `/shift init`: carries out what only moves weights and is written so. Otherwise shows what it would
 * do.
 */
export function requestEdits(
  desk: Desk,
  command: EditCommand,
  asker: Asker,
  clicked?: ClickedEdits,
): Promise<EditsAnswer> {
  const mode = command.dryRun ? 'dry-run' : 'do';
  const askedAs = requestId(asker.request);
  const asking = { asker, askedAs, deed: 'shift', mode, reason: command.reason } as const;
  return answerOnce<EditsAnswer>(desk, asking, async () => {
    const goal = await goalOf(desk, command);
    if (!('answer' in goal))
      return clicked === undefined ? ask(desk, asking, goal) : carryOut(desk, asking, goal, clicked);
    if (mode === 'do') noteRefused(desk, asker, { deed: 'shift', because: goal.answer.kind, reason: command.reason });
    return goal.answer;
  });
}

async function ask(desk: Desk, asking: Asking, goal: Goal): Promise<EditsAnswer | 'moved'> {
  const [first, ...more] = await planned(desk, goal);
  if (first === undefined) return { kind: 'as-it-is', command: goal.command, file: goal.file };
  const shares = goal.command.verb === 'apply' && isPlain(goal) ? weightsIn(first.plan) : undefined;
  if (shares === undefined) return question(desk, asking, goal, [first, ...more]);
  const { askedAs: _, ...plain } = asking;
  const { object } = first.plan.edits[0].edit;
  const name = nameOf(first.plan);
  return shiftTo(desk, { ...plain, name }, { object, name, wish: { kind: 'whole', shares } });
}

/** The file has one meaning and nothing in it was converted, so it says what it would do and need not be shown. */
function isPlain({ variants, file }: Goal): boolean {
  return variants.length === 1 && file !== undefined && !isConverted(file);
}

/** Carries out a click only if the plan still is what was shown. */
async function carryOut(desk: Desk, asking: Asking, goal: Goal, clicked: ClickedEdits): Promise<EditsAnswer | 'moved'> {
  const { request, last } = await attemptAt(desk, clicked.stamp);
  if (last !== undefined && !isEnded(last)) return acceptedAlready(last);
  const [first, ...more] = await planned(desk, goal);
  if (first === undefined && last !== undefined && !endedWithoutEffect(last)) return acceptedAlready(last);
  if (first === undefined) return { kind: 'as-it-is', command: goal.command, file: goal.file };

  const way = [first, ...more].find(({ isMeant }) => isMeant === clicked.isMeant);
  if (way?.plan.stamp !== clicked.stamp) return question(desk, asking, goal, [first, ...more], true);
  return offer(desk, { ...asking, asker: { ...asking.asker, request } }, way.plan);
}

/**
 * What was shown is done once, however many people click: the id of the change comes from the stamp. After the change has ended, a click
 * may ask again if there is something to do. That is another attempt, with its own id.
 */
async function attemptAt(
  desk: Desk,
  stamp: ChangeId,
): Promise<{ readonly request: string; readonly last?: Change | undefined }> {
  let last: Change | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const request = `edits:${stamp}:${attempt}`;
    const earlier = await changeOf(desk, request);
    if (earlier === undefined) return { request, last };
    last = earlier;
  }
}

interface PlannedWay extends Omit<Variant, 'aims'> {
  readonly plan: Plan;
}

async function planned(desk: Desk, { variants, aim }: Goal): Promise<readonly PlannedWay[]> {
  const plans = await Promise.all(
    variants.map(async ({ isMeant, aims }) => ({
      isMeant,
      planned: await planEdits(desk, aims, { aim, isAhead: false }),
    })),
  );
  return plans.flatMap(({ isMeant, planned: each }) => (each.kind === 'plan' ? [{ isMeant, plan: each.plan }] : []));
}

async function question(
  desk: Desk,
  asking: Asking,
  goal: Goal,
  [first, ...more]: readonly [PlannedWay, ...PlannedWay[]],
  hasMoved = false,
): Promise<EditsAnswer> {
  const judged = async (way: PlannedWay): Promise<Way> => ({
    ...way,
    judgement: await judgePlan(desk, asking, way.plan),
  });
  const ways = [await judged(first), ...(await Promise.all(more.map(judged)))] as const;
  const { command, place, file, begins } = goal;
  tellImpossible(desk, asking, ways);
  return { kind: 'question', question: { command, place, ways, file, begins }, hasMoved };
}

/** If no way is allowed there is nothing to click, so the person was told no. */
function tellImpossible(desk: Desk, asking: Asking, ways: EditsQuestion['ways']): void {
  const noes = ways.map((way) => ({ way, no: noTo(desk, asking, way) }));
  const [first] = noes;
  if (first?.no !== undefined && noes.every(({ no }) => no !== undefined))
    told(desk, asking, first.no, aboutPlanned(first.way.plan));
}

function noTo(desk: Desk, asking: Asking, { plan, judgement }: Way): Answer | undefined {
  const { verdict } = judgement;
  const name = nameOf(plan);
  const denied = verdict.kind === 'refused' ? { kind: 'denied' as const, name, denial: verdict.denial } : undefined;
  return objectionTo({ ...plan, lines: { ...plan.lines, waiting: [] } }, toChange(desk, asking, plan), name) ?? denied;
}

/** A shift divides a route among Services that are its versions. A file may name any, and then it is shown first. */
function mayBeShifted({ edit: { object }, open }: PlannedEdit, shares: Percentages): boolean {
  if (definerOf(object.kind) !== 'Service') return true;
  const served = (open.live && findRule(open.live, defaultRule)?.served) ?? [];
  return Object.keys(shares).every((version) => served.includes(version));
}

/** The split that a plan comes to, if it does nothing else. */
function weightsIn({ edits: [only, ...more] }: Plan): Percentages | undefined {
  if (more.length > 0 || only.weights?.kind !== 'weights') return undefined;
  const { shares } = only.weights;
  return mayBeShifted(only, shares) ? shares : undefined;
}
