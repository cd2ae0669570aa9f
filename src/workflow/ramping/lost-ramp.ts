import { type RampInHistory, rampInHistory, unfinishedIn } from '../../domain/ramp/in-history.ts';
import { movesOneOf, type Ramp } from '../../domain/ramp/ramp.ts';
import { findRevision, moveIn, movesIn, type Revision } from '../../domain/routing/ledger.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import { type Move, type Split, sameShares } from '../../domain/routing/split.ts';
import { type Desk, openService } from '../desk.ts';

/** A ramp without a record. The history of its object still has the steps that it made, and not those that it would have made. */
export interface LostRamp extends RampInHistory {
  readonly name: ServiceName;
  /** What its rule has now; undefined if the rule is gone. */
  readonly now: Split | undefined;
  /** Whether that is what its newest change made of it. */
  readonly isLive: boolean;
}

type Losing = Pick<Desk, 'ramps' | 'mesh'>;

/** Undefined if there is a record, or no history knows the ramp. `name`: its service, if that is known. */
export async function lostRamp(desk: Losing, id: RampId, name?: ServiceName): Promise<LostRamp | undefined> {
  if ((await desk.ramps.read(id)) !== undefined) return undefined;
  const named = name && (await openService(desk, name));
  const live = named?.kind === 'found' ? named.live : await liveWith(desk, id);
  return live && lostIn(live, id, name);
}

/**
 * The ramps of a service that have lost their record in the middle, and whose last step is the newest change of its rule. `typedRule`: only
 * those that move that rule.
 */
export async function lostRampsOf(desk: Losing, name: ServiceName, typedRule?: string): Promise<readonly LostRamp[]> {
  const found = await openService(desk, name);
  if (found.kind !== 'found') return [];
  const rule = typedRule === undefined ? undefined : keyOfNamed(found.live, typedRule);
  const all = await lostAmong(desk, found.live, name);
  return all.filter(({ last }) => rule === undefined || moveIn(last, rule) !== undefined);
}

/** The same of an object that was read, whatever its rule. */
export async function lostAmong(
  { ramps }: Pick<Desk, 'ramps'>,
  live: LiveObject,
  name: ServiceName,
): Promise<readonly LostRamp[]> {
  const lost: LostRamp[] = [];
  for (const id of new Set(unfinishedIn(live.ledger))) {
    const ramp = (await ramps.read(id)) === undefined ? lostIn(live, id, name) : undefined;
    if (ramp !== undefined) lost.push(ramp);
  }
  return lost;
}

/** What its rules had before it. Undefined if its first step has left the history: then that is not known. */
export function startOf({ first }: LostRamp): readonly Move[] | undefined {
  return first.ramp?.step === 1 ? movesIn(first) : undefined;
}

/** What became of a ramp without a record since a person was shown its newest change. */
export type SinceShown =
  | { readonly kind: 'as-shown' }
  | { readonly kind: 'has-record'; readonly ramp: Ramp }
  /** Another ramp moves its rule. */
  | { readonly kind: 'ramp-runs'; readonly ramp: Ramp }
  /** A later change moved its rule. */
  | { readonly kind: 'followed'; readonly id: RampId; readonly by: Revision }
  /** Somebody else moved its weights. */
  | { readonly kind: 'moved'; readonly lost: LostRamp }
  | { readonly kind: 'unknown' };

export async function sinceShown(desk: Losing, shown: ChangeId): Promise<SinceShown> {
  const live = await liveWith(desk, shown);
  const made = live && findRevision(live.ledger, shown);
  if (live === undefined || made?.ramp === undefined) return { kind: 'unknown' };
  const { id } = made.ramp;
  const ramp = await desk.ramps.read(id);
  if (ramp !== undefined) return { kind: 'has-record', ramp };
  const rules = movesIn(made).map(({ rule }) => ({ object: live.object, rule }));
  const other = (await desk.ramps.open()).find((each) => movesOneOf(each, rules));
  if (other !== undefined) return { kind: 'ramp-runs', ramp: other };
  const by = live.ledger.revisions.find((each) => rules.some(({ rule }) => moveIn(each, rule) !== undefined));
  if (by !== undefined && by.id !== shown) return { kind: 'followed', id, by };
  const lost = lostIn(live, id, undefined);
  if (lost === undefined) return { kind: 'unknown' };
  return lost.isLive ? { kind: 'as-shown' } : { kind: 'moved', lost };
}

async function liveWith({ mesh }: Pick<Desk, 'mesh'>, id: ChangeId | RampId): Promise<LiveObject | undefined> {
  const object = await mesh.findChange(id);
  return object && (await mesh.open(object)).live;
}

function lostIn(live: LiveObject, id: RampId, name: ServiceName | undefined): LostRamp | undefined {
  const made = rampInHistory(live.ledger, id);
  if (made === undefined) return undefined;
  const { cluster, namespace, name: service } = live.object;
  const now = findRule(live, made.last.rule)?.split;
  const isLive = now !== undefined && sameShares(made.last.to, now);
  return { ...made, name: name ?? { cluster, namespace, service }, now, isLive };
}
