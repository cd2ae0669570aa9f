import { type Change, liveOf } from '../../domain/change/change.ts';
import { findEdit } from '../../domain/change/edit.ts';
import { newestOf, planReturns, type Start } from '../../domain/change/plan-weights.ts';
import { type Ramp, targetsAt } from '../../domain/ramp/ramp.ts';
import type { RampHold } from '../../domain/ramp/ramp-state.ts';
import type { RampTarget, RampTargets } from '../../domain/ramp/targets.ts';
import { moveIn } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { isSameObject, objectKey, refOf } from '../../domain/routing/object.ts';
import { ourManager } from '../../domain/routing/owner.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import { type Split, sameShares } from '../../domain/routing/split.ts';
import type { WeightsAim } from '../asking/plan.ts';
import type { Desk } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';

/** Why a ramp cannot go on from what is live. */
export type NotAsLeft =
  | { readonly kind: 'held'; readonly hold: RampHold }
  /** A change of ours moved the rule, or is about to. */
  | { readonly kind: 'superseded'; readonly by: ChangeId };

/** What the rules have if nobody else moved them: what the change that is live made of them, or else what was planned. */
export function leftBy(ramp: Ramp, step: number, change: Change | undefined): RampTargets {
  const [first, ...more] = targetsAt(ramp, step);
  const made = (target: RampTarget) => ({ ...target, split: splitMade(change, target) ?? target.split });
  return [made(first), ...more.map(made)];
}

function splitMade(change: Change | undefined, { object, rule }: RampTarget): Split | undefined {
  if (change?.state.kind !== 'applied') return undefined;
  const edit = findEdit(change.edits, object);
  return edit && liveOf(change.state, edit).find((each) => each.rule === rule)?.split;
}

/** Where a ramp goes, and what its rules may have when it does. */
export interface Heading {
  readonly ramp: Pick<Ramp, 'id' | 'acceptedAt'>;
  readonly to: RampTargets;
  /** Any of these. A ramp never guesses its place from what is live. */
  readonly from: readonly [RampTargets, ...RampTargets[]];
}

/** An aim for each object of a ramp. `stop` tells afterwards why the rules are not what they must be, if they are not. */
export function aimsOf(
  desk: Pick<Desk, 'policies'>,
  heading: Heading,
): { readonly aims: readonly WeightsAim[]; readonly stop: () => NotAsLeft | undefined } {
  const { to } = heading;
  const stops: NotAsLeft[] = [];
  const objects = [...new Map(to.map(({ object }) => [objectKey(object), object])).values()];
  const aims = objects.map((object): WeightsAim => {
    const plan: WeightsAim['plan'] = (live, startOf) => {
      const [first, ...more] = to.filter((each) => isSameObject(each.object, object));
      if (first === undefined) throw new Error('the object was taken from the targets');
      const stop = [first, ...more].map(({ rule }) => notAsLeft(live, heading, rule, startOf(rule))).find(Boolean);
      if (stop !== undefined) stops.push(stop);
      const named = namedBy(
        live,
        [first, ...more].map(({ rule }) => rule),
      );
      return planReturns(live, [first, ...more], { startOf, mayOverrideOwner: mayOverrideOwner(desk, named) });
    };
    return { kind: 'weights', object, plan, isOneOfMany: objects.length > 1 };
  });
  return { aims, stop: () => stops[0] };
}

/** Why a rule is not what the ramp left, or will not be when its turn comes. A rule that is gone is refused by the plan. */
function notAsLeft(
  live: LiveObject,
  { ramp, from }: Heading,
  rule: string,
  start: Start | undefined,
): NotAsLeft | undefined {
  const mayBe = (split: Split) =>
    from.some((targets) => targets.some((each) => isOf(each, live, rule) && sameShares(each.split, split)));
  const now = findRule(live, rule)?.split;
  if (start !== undefined && mayBe(start.split)) return undefined;
  const isMovedInLine = start?.after !== undefined && (now === undefined || !sameShares(start.split, now));
  if (isMovedInLine && start?.after !== undefined) return { kind: 'superseded', by: start.after };
  if (now === undefined || mayBe(now)) return undefined;

  const newest = newestOf(live.ledger, rule);
  const made = newest && moveIn(newest, rule);
  const isLater = newest !== undefined && newest.ramp?.id !== ramp.id && newest.at > ramp.acceptedAt;
  if (isLater && made !== undefined && sameShares(made.to, now)) return { kind: 'superseded', by: newest.id };
  return { kind: 'held', hold: { because: 'moved', away: awayFrom(live, rule, now) } };
}

function isOf({ object, rule }: RampTarget, live: LiveObject, key: string): boolean {
  return rule === key && isSameObject(object, live.object);
}

function awayFrom({ object, lastWriter }: LiveObject, rule: string, live: Split) {
  const manager = lastWriter?.manager === ourManager ? undefined : lastWriter?.manager;
  const at = lastWriter?.at ?? '';
  return { object: refOf(object), rule, at, ...(manager !== undefined && { manager }), live };
}
