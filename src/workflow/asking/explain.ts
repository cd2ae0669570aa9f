import type { MovingCommand } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { Asker, Desk } from '../desk.ts';
import type { Plan } from './plan.ts';
import { requestRollback } from './roll-back.ts';
import { requestShift } from './shift.ts';
import type { RollbackAnswer } from './take-one-back.ts';

export type ExplainAnswer =
  | { readonly kind: 'explained'; readonly name: ServiceName; readonly plan: Plan; readonly judgement: Judgement }
  /** The command gets this answer before policy is asked. */
  | { readonly kind: 'answered'; readonly answer: RollbackAnswer };

/**
 * `/shift why reviews v3 50`: what policy would say, and by which rule. Takes the same path as the command, and stops before anything is
 * stored.
 */
export async function explain(
  desk: Desk,
  command: Exclude<MovingCommand, { verb: 'ramp' }>,
  asker: Asker,
): Promise<ExplainAnswer> {
  const answer =
    command.verb === 'rollback'
      ? await requestRollback(desk, command, asker, 'why')
      : await requestShift(desk, command, asker, 'why');
  if (answer.kind !== 'preview') return { kind: 'answered', answer };
  const { name, plan, judgement } = answer;
  return { kind: 'explained', name, plan, judgement };
}
