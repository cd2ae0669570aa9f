import type { ServiceName } from '../../domain/routing/names.ts';
import { objectKey } from '../../domain/routing/object.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Bucket, Limits } from '../ports/limits.ts';
import type { Log } from '../ports/process.ts';

/**
 * What a gesture is taken from. A rollback and a decision have a bucket of their own and none of the service's: it is never kept out by a flood of
 * shifts, whoever sent them. Looking harms nobody, so it is held back late.
 */
export type Gesture =
  | { readonly kind: 'change'; readonly service?: ServiceName | undefined }
  | { readonly kind: 'rollback' }
  /** To approve, reject, withdraw, apply anyway or discard what waits for people; to lock, freeze and end that. */
  | { readonly kind: 'decision' }
  | { readonly kind: 'look' };

/** How many gestures a minute are taken from one person, and of one service; 0: as many as come. */
export interface Allowance {
  readonly perMinute: number;
}

/** Whether the gesture may go on. */
export type Admission =
  | { readonly kind: 'free' }
  /** The first that is too many: the person is told, and once more by `summary` what became of those after it. */
  | { readonly kind: 'first-over'; readonly over: Over; readonly summary: () => Promise<number> }
  /** Too many, as the person has been told. */
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

/** A person is told once in so long that they ask too much. */
export const quietMs = 60_000;

const minuteMs = 60_000;
/** A service takes more than a person: a second is what its cards need, each of which Slack lets into a channel once a second. */
const serviceFactor = 2;
const lookFactor = 4;
/** So much of a minute's worth may come at once. */
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
    'too many at once, and the rest is not taken',
  );
  const of = taken.bucket === first.name ? 'person' : 'service';
  const perMinute = Math.round(minuteMs / (buckets.find(({ name }) => name === taken.bucket) ?? first).everyMs);
  return {
    kind: 'first-over',
    over: { of, perMinute, nextInMs: taken.nextInMs },
    summary: () => gate.limits.refusedSince(first.name),
  };
}

/** Who only looks is not turned away because nobody counts. */
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
  log.warn({ err }, 'a look was not counted');
}

/** The same delivery again, of which it must not be said that it was not taken. */
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
