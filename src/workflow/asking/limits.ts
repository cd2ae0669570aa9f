import type { ServiceName } from '../../domain/routing/names.ts';
import { objectKey } from '../../domain/routing/object.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Bucket, Limits } from '../ports/limits.ts';
import type { Log } from '../ports/process.ts';

/**
 * Decides where a gesture is counted. Rollbacks and decisions have their own buckets and do not count for the service, so no flood of
 * shifts keeps them out. Looking harms nobody, so its limit is higher.
 */
export type Gesture =
  | { readonly kind: 'change'; readonly service?: ServiceName | undefined }
  | { readonly kind: 'rollback' }
  /** To approve, reject, withdraw, apply anyway or discard what waits for people; to set or end a lock or freeze. */
  | { readonly kind: 'decision' }
  | { readonly kind: 'look' };

/** How many gestures a minute one person may make; 0: no limit. The limit of a service is derived from it. */
export interface Allowance {
  readonly perMinute: number;
}

/** Whether the gesture may go on. */
export type Admission =
  | { readonly kind: 'free' }
  /** The first one over the limit: the person is told now, and later how many were refused (`summary`). */
  | { readonly kind: 'first-over'; readonly over: Over; readonly summary: () => Promise<number> }
  /** One more over the limit. The person has already been told. */
  | { readonly kind: 'over' };

export interface Over {
  readonly of: 'person' | 'service';
  readonly perMinute: number;
  readonly nextInMs: number;
}

export interface Gate {
  readonly limits: Limits;
  readonly allowance: Allowance;
  readonly desk: Pick<Desk, 'changes' | 'log'>;
}

/** A person is told at most this often that they ask too much. */
export const quietMs = 60_000;

const minuteMs = 60_000;
/** The limit of a service is higher than of a person: each change needs a card, and Slack takes one card a second in a channel. */
const serviceFactor = 2;
const lookFactor = 4;
/** The share of a minute's gestures that may come at once. */
const burstShare = 2 / 3;

export async function admit(
  gate: Gate,
  asker: Pick<Asker, 'user' | 'origin' | 'request'>,
  gesture: Gesture,
): Promise<Admission> {
  const buckets = bucketsFor(gate.allowance, asker, gesture);
  const [first] = buckets;
  if (first === undefined) return { kind: 'free' };
  const taken = await take(gate, asker.request, buckets, gesture);
  if (taken.kind === 'taken' || (await isAccepted(gate.desk, asker.request))) return { kind: 'free' };

  const { log } = gate.desk;
  if (taken.refused > 1) return { kind: 'over' };
  log.warn(
    { user: asker.user, gesture: gesture.kind, bucket: taken.bucket },
    'too many requests at once, the rest is refused',
  );
  const of = taken.bucket === first.name ? 'person' : 'service';
  const perMinute = Math.round(minuteMs / (buckets.find(({ name }) => name === taken.bucket) ?? first).everyMs);
  return {
    kind: 'first-over',
    over: { of, perMinute, nextInMs: taken.nextInMs },
    summary: () => gate.limits.refusedSince(first.name),
  };
}

/** A person who only looks is not refused because the store cannot count. */
async function take(
  { limits, desk }: Gate,
  request: string,
  buckets: readonly Bucket[],
  gesture: Gesture,
): ReturnType<Limits['take']> {
  try {
    return await limits.take(request, buckets);
  } catch (err) {
    if (gesture.kind !== 'look' || !(err instanceof StoreUnavailableError)) throw err;
    warnUncounted(desk.log, err);
    return { kind: 'taken' };
  }
}

function warnUncounted(log: Log, err: StoreUnavailableError): void {
  log.warn({ err }, 'a request that only looks was not counted');
}

/** A redelivery of an accepted request must not be answered as refused. */
async function isAccepted({ changes }: Pick<Desk, 'changes'>, request: string): Promise<boolean> {
  const id = requestId(request);
  return (await changes.read(id)) !== undefined || (await changes.acceptedAs(id)) !== undefined;
}

function bucketsFor(
  { perMinute }: Allowance,
  { user, origin }: Pick<Asker, 'user' | 'origin'>,
  gesture: Gesture,
): readonly Bucket[] {
  if (perMinute === 0) return [];
  const factor = gesture.kind === 'look' ? lookFactor : 1;
  const own = bucket(`${gesture.kind}:${origin.team}:${user}`, perMinute * factor);
  if (gesture.kind !== 'change' || gesture.service === undefined) return [own];
  const { cluster, namespace, service } = gesture.service;
  const object = objectKey({ cluster, namespace, kind: 'VirtualService', name: service });
  return [own, bucket(`service:${object}`, perMinute * serviceFactor)];
}

function bucket(name: string, perMinute: number): Bucket {
  return { name, everyMs: minuteMs / perMinute, atOnce: Math.max(1, Math.round(perMinute * burstShare)) };
}
