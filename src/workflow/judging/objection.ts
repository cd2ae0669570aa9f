import type { Change, State } from '../../domain/change/change.ts';
import type { Bench } from '../applying/bench.ts';
import { PolicyUnknownError } from '../errors.ts';
import { heldChange, judgeChange } from './judge-change.ts';
import type { Named } from './judge-live.ts';
import { byDenial, type WhyVoid } from './void.ts';

type Voided = Extract<State, { kind: 'void' }>;

/** Policy is asked once more just before the patch: somebody left a group, a freeze began, the file was changed, a lock was set. */
export async function objectionTo(
  bench: Pick<Bench, 'policies' | 'people' | 'holds' | 'now'>,
  change: Change,
  route: Named,
  voided: (why: WhyVoid) => Voided,
): Promise<Voided | undefined> {
  const onlyHolds = bench.policies.current().rules === undefined && change.approvals === undefined;
  const standing = await (onlyHolds ? heldChange : judgeChange)(bench, change, route);
  switch (standing.kind) {
    case 'may':
      return undefined;
    case 'unknown':
      throw new PolicyUnknownError(standing.why);
    case 'lacks':
      return voided({ because: 'approvals', rule: standing.needs.rule });
    case 'denied':
      return voided(byDenial(standing.denial));
  }
}
