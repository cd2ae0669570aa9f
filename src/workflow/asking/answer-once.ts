import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../../domain/change/change.ts';
import type { UnreadableHold } from '../../domain/policy/freeze.ts';
import type { MovingDeed } from '../../domain/policy/judge.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { type Asker, type Desk, refuseIfLate, requestId } from '../desk.ts';

/**
 * How far a request goes. `dry-run` and `why` do the same as `do`, but stop before anything is stored. `why` skips the dry run of weights.
 */
export type Mode = 'do' | 'dry-run' | 'why';

/** A request, without its plan. */
export interface Asking {
  /** The change gets its id from the asker's `request`. */
  readonly asker: Asker;
  /** The id of Slack's own request, if the change has another: several gestures may be one change. */
  readonly askedAs?: ChangeId | undefined;
  /** What policy judges it as. */
  readonly deed: MovingDeed;
  readonly mode: Mode;
  /** As the person named it. The audit needs it for a refusal that comes before there is a plan. */
  readonly name?: ServiceName | undefined;
  readonly reason?: string | undefined;
  readonly reverts?: ChangeId | undefined;
  /** A rollback that brings something back may give traffic to a version without a ready pod, where policy lets the person insist. */
  readonly anyway?: boolean | undefined;
  /** The ramp that the person was told this would end. */
  readonly overRamp?: RampId | undefined;
}

/** `again`: it was accepted before. `behind`: how many changes wait before it. */
export interface AcceptedAnswer {
  readonly kind: 'accepted';
  readonly change: Change;
  readonly behind: number;
  readonly again: boolean;
  /** Locks and freezes that it went through though they cannot be read. */
  readonly unreadable?: readonly UnreadableHold[] | undefined;
  /** The channel of its card, if it is another than where it was asked for. */
  readonly cardIn?: string | undefined;
}

/** The longest wait before the next try. The wait is random, so that processes do not retry in step. */
const retryMs = 20;

/**
 * Answers a request once. If it was accepted before, the answer is that change. Otherwise `attempt` plans and offers, again while objects
 * or lines move in between. A refusal is stored before the person is told: otherwise a redelivery could be accepted after they were told
 * no.
 */
export async function answerOnce<A extends { readonly kind: string }>(
  desk: Desk,
  asking: Pick<Asking, 'asker' | 'askedAs' | 'mode'>,
  attempt: () => Promise<A | 'moved'>,
): Promise<A | AcceptedAnswer> {
  const answer = await answerOf(desk, asking, attempt);
  if (isAgain(answer)) desk.cards.showSoon(answer.change.id); // the process that accepted it may have died before it showed the card
  return answer;
}

async function answerOf<A extends { readonly kind: string }>(
  desk: Desk,
  { asker, askedAs, mode }: Pick<Asking, 'asker' | 'askedAs' | 'mode'>,
  attempt: () => Promise<A | 'moved'>,
): Promise<A | AcceptedAnswer> {
  const known = await (askedAs === undefined ? acceptedOf(desk, asker.request) : acceptedAs(desk, askedAs));
  if (known !== undefined) return known;
  const answer = await untilStill(desk, asker, attempt);
  const isStored = answer.kind === 'ramp' || (answer.kind === 'accepted' && !isAgain(answer));
  if (mode !== 'do' || isStored) return answer;
  // Another delivery of the same request may have been accepted and applied since we looked.
  const since = (askedAs && (await acceptedAs(desk, askedAs))) ?? (await acceptedOf(desk, asker.request));
  if (since !== undefined) return since;
  await desk.changes.noteRefused(askedAs ?? requestId(asker.request));
  return answer;
}

/**
 * Another gesture was first, or another delivery of this one. This one is then noted as refused, so that a redelivery does not start the
 * next attempt.
 */
function isAgain(answer: { readonly kind: string }): answer is AcceptedAnswer {
  return answer.kind === 'accepted' && 'again' in answer && answer.again === true;
}

type Store = Pick<Desk, 'changes'>;

/** The change that a request was accepted as, if that change may have an id of its own. */
async function acceptedAs({ changes }: Store, request: ChangeId): Promise<AcceptedAnswer | undefined> {
  const id = await changes.acceptedAs(request);
  const known = id === undefined ? undefined : await changes.read(id);
  return known && acceptedAlready(known);
}

/** The change whose id comes from a request. */
export async function changeOf({ changes }: Store, request: string): Promise<Change | undefined> {
  const known = await changes.read(requestId(request));
  return known && ofRequest(known, request);
}

export function ofRequest(known: Change, request: string): Change {
  if (known.request !== request) throw new Error(`two requests have the id ${known.id}`);
  return known;
}

/** The same as an answer. */
export async function acceptedOf(desk: Store, request: string): Promise<AcceptedAnswer | undefined> {
  const known = await changeOf(desk, request);
  return known && acceptedAlready(known);
}

/** The answer to what was accepted before, for this request or for another one that asks for the same change. */
export function acceptedAlready(change: Change): AcceptedAnswer {
  return { kind: 'accepted', change, behind: 0, again: true };
}

/** Tries again while the objects or their lines move between the reading and the acceptance. */
async function untilStill<A>(desk: Desk, asker: Asker, attempt: () => Promise<A | 'moved'>): Promise<A> {
  for (;;) {
    const answer = await attempt();
    if (answer !== 'moved') return answer;
    refuseIfLate(desk, asker);
    await delay(retryMs * Math.random());
  }
}
