import type { Change } from '../../domain/change/change.ts';
import { PolicyUnknownError } from '../errors.ts';
import { heldChange, judgeChange } from './judge-change.ts';
import type { Judging, Wanted } from './judge-live.ts';
import { byDenial, type WhyVoid } from './void.ts';

/** Asks policy once more just before the write: somebody left a group, a freeze began, the file was changed, a lock was set. */
export async function objectionTo(
  judging: Judging,
  change: Change,
  wanted: readonly [Wanted, ...Wanted[]],
): Promise<WhyVoid | undefined> {
  if (change.ramp !== undefined && change.deed === 'rollback') return undefined; // a ramp's way back needs nobody
  const onlyHolds = judging.policies.current().rules === undefined && change.approvals === undefined;
  const standing = await (onlyHolds ? heldChange : judgeChange)(judging, change, wanted);
  switch (standing.kind) {
    case 'may':
      return undefined;
    case 'unknown':
      throw new PolicyUnknownError(standing.why);
    case 'lacks':
      return { because: 'approvals', rule: standing.needs.rule };
    case 'denied':
      return byDenial(standing.denial);
  }
}
