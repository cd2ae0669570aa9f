import {
  chooseReturn,
  type Plan,
  type PlannedChange,
  planReturn,
  planShift,
  type Refusal,
  startBehind,
} from '../../domain/change/plan.ts';
import type { Command, MovingCommand } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import { keyOfNamed, type Route } from '../../domain/routing/route.ts';
import { type Asker, type Desk, fillIn, type NotFound, openService } from '../desk.ts';
import { judgeLive, mayOverrideOwner } from '../judging/judge-live.ts';
import type { Line } from '../ports/changes.ts';
import { lastDeletionOf } from './last-deletion.ts';
import { mainEdit } from './plan-edits.ts';
import { type RollbackAnswer, requestRollback } from './roll-back.ts';

export type ExplainAnswer =
  | {
      readonly kind: 'explained';
      readonly name: ServiceName;
      readonly plan: Pick<PlannedChange, 'from' | 'to'>;
      /** How many objects it writes, where that is more than weights. */
      readonly objects?: number | undefined;
      readonly judgement: Judgement;
    }
  /** What the command itself would be answered, before policy has anything to say. */
  | { readonly kind: 'answered'; readonly answer: RollbackAnswer }
  | { readonly kind: 'refused'; readonly name: ServiceName; readonly refusal: Refusal }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound };

/** `/shift why reviews v3 50`: what policy would say, and which rule of it. Nothing is accepted or changed. */
export async function explain(desk: Desk, command: MovingCommand, asker: Asker): Promise<ExplainAnswer> {
  const name = fillIn(desk, command.service);
  const found = await openService(desk, name);
  if (command.verb === 'rollback' && (await takesBackObjects(desk, command, name, found)))
    return explainTakingBack(desk, command, name, asker);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };

  const { route } = found.open;
  const plan = planOf(desk, command, route, await desk.changes.line(route.object));
  if (plan.kind === 'refused') return { kind: 'refused', name, refusal: plan.refusal };
  return {
    kind: 'explained',
    name,
    plan,
    judgement: await judgeLive(desk, asker, { deed: command.verb, route, plan }),
  };
}

type Rollback = Extract<Command, { verb: 'rollback' }>;

/** Whether the last change was more than weights: all of it is taken back, and each of its objects judged. */
async function takesBackObjects(
  desk: Desk,
  { backTo, options }: Rollback,
  name: ServiceName,
  found: Awaited<ReturnType<typeof openService>>,
): Promise<boolean> {
  if (backTo !== undefined) return false;
  if (found.kind !== 'found') return (await lastDeletionOf(desk, name)) !== undefined;
  const { route } = found.open;
  const chosen = chooseReturn(route.ledger, keyOfNamed(route, options.rule), undefined);
  return chosen.kind === 'return' && chosen.revision.does !== undefined;
}

async function explainTakingBack(
  desk: Desk,
  command: Rollback,
  name: ServiceName,
  asker: Asker,
): Promise<ExplainAnswer> {
  const answer = await requestRollback(desk, { ...command, options: { ...command.options, dryRun: true } }, asker);
  if (answer.kind !== 'would-take-back') return { kind: 'answered', answer };
  const { plan, judgement } = answer;
  return { kind: 'explained', name, plan: mainEdit(plan), objects: plan.edits.length, judgement };
}

function planOf(desk: Desk, command: MovingCommand, route: Route, { waiting }: Line): Plan {
  const may = { mayOverrideOwner: mayOverrideOwner(desk, route) };
  const rule = keyOfNamed(route, command.options.rule);
  if (command.verb === 'shift') {
    const named = command.options.rule === undefined ? undefined : rule;
    return planShift(route, command.wish, { rule: named, start: startBehind(route, waiting, rule), ...may });
  }
  const begun = waiting.filter(({ state }) => state.kind === 'applying');
  const chosen = chooseReturn(route.ledger, rule, command.backTo);
  return chosen.kind === 'refused'
    ? chosen
    : planReturn(route, { ...chosen.back, ...may }, startBehind(route, begun, rule));
}
