import type { StateOf } from '../../domain/change/state.ts';
import { type Ramp, rampTo } from '../../domain/ramp/ramp.ts';
import { findRule } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';
import { DependencyError } from '../errors.ts';
import { planStep } from './make-step.ts';
import { moveRamp } from './move-ramp.ts';

export type AwaitingRamp = Ramp & { readonly state: StateOf<'awaiting'> };

export function isAwaiting(ramp: Ramp): ramp is AwaitingRamp {
  return ramp.state.kind === 'awaiting';
}

/**
 * Ends a ramp that awaits approval, if its objects no longer give the plan; true if it did. The watch cache is asked first, so that a
 * plan that stands costs the cluster nothing. A live read decides.
 */
export async function voidRampIfMoved(desk: Desk, ramp: AwaitingRamp): Promise<boolean> {
  try {
    if ((await seemsToStand(desk, ramp)) || (await stands(desk, ramp))) return false;
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    desk.log.info({ rampId: ramp.id, err }, 'whether a plan still stands is not known');
    return false;
  }
  const next = rampTo(ramp, { kind: 'void', at: desk.now().toISOString(), because: 'moved' });
  return moveRamp(desk, next, { happened: { kind: 'voided', because: 'moved' } });
}

async function seemsToStand({ mesh }: Pick<Desk, 'mesh'>, { before }: Ramp): Promise<boolean> {
  const stand = before.map(async ({ object, rule, split }) => {
    const seen = await mesh.glance(object);
    const now = seen && findRule(seen, rule)?.split;
    return now !== undefined && sameShares(now, split);
  });
  return !(await Promise.all(stand)).includes(false);
}

async function stands(desk: Desk, ramp: Ramp): Promise<boolean> {
  const planned = await planStep(desk, { ramp, step: 1, from: ramp.before });
  return planned.kind === 'plan';
}
