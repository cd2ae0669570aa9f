import { type Change, concerns, mainEdit, serviceOf } from '../../domain/change/change.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import type { EditsAnswer } from '../../workflow/asking/rule-file.ts';
import type { RollbackAnswer } from '../../workflow/asking/take-one-back.ts';
import type { ApprovalAnswer } from '../../workflow/deciding/awaiting.ts';
import type { HeldAnswer } from '../../workflow/deciding/held.ts';
import type { Desk } from '../../workflow/desk.ts';
import { DependencyError } from '../../workflow/errors.ts';
import { approvalReply } from '../replies/approval.ts';
import { answerReply, heldReply } from '../replies/change.ts';
import type { TypedMove } from '../replies/refusals.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';

interface Context {
  /** Said in place of the usual words when nobody knows the change. */
  readonly forgotten?: string;
  readonly typed?: TypedMove;
}

/** Words the answer. */
export async function told(
  { desk }: Conversation,
  answer: RollbackAnswer | EditsAnswer,
  { forgotten, typed }: Context = {},
): Promise<Reply> {
  if (answer.kind === 'unknown-change' && forgotten !== undefined) return says(forgotten);
  const [ahead, others] = await Promise.all([aheadOf(desk, answer), othersOf(desk, answer, typed)]);
  return answerReply(answer, desk.now(), { ahead, typed, others });
}

/** What else requests for a shifted service follow, where the person did not say which rule is meant. If it cannot be read, nothing is offered. */
async function othersOf(
  { mesh, log }: Desk,
  answer: RollbackAnswer | EditsAnswer,
  typed: TypedMove | undefined,
): Promise<readonly ObjectRef[]> {
  if (answer.kind !== 'accepted' || answer.again || typed?.verb !== 'shift') return [];
  const { change } = answer;
  const isChosen = typed.options.rule !== undefined || typed.options.allRules === true;
  if (isChosen || !change.warnings?.some(({ kind }) => kind === 'followed-in-part')) return [];
  try {
    const followed = await mesh.followed(serviceOf(change));
    return followed.map(({ object }) => object).filter((object) => !concerns(change, object));
  } catch (err) {
    if (!(err instanceof DependencyError)) throw err;
    log.warn({ changeId: change.id, err }, 'what else requests follow is not known');
    return [];
  }
}

/**
 * The change that an accepted one waits for. Undefined if its objects wait for different ones. The answer is true without it, so a
 * failed read is only logged.
 */
async function aheadOf({ changes, log }: Desk, answer: RollbackAnswer | EditsAnswer): Promise<Change | undefined> {
  if (answer.kind !== 'accepted' || answer.behind === 0) return undefined;
  const { change } = answer;
  const { behind } = mainEdit(change);
  if (behind === undefined || change.edits.some((edit) => edit.behind !== behind)) return undefined;
  return changes.read(behind).catch((err: unknown) => {
    log.warn({ changeId: change.id, err }, 'the change before it could not be read');
    return undefined;
  });
}

/** With these kinds something was stored, and that updates the card. With others, the card may be older than our answer. */
const stored: ReadonlySet<string> = new Set(['approved', 'rejected', 'withdrawn', 'voided', 'discarded']);

export function toldApproval({ cards }: Conversation, answer: ApprovalAnswer): Reply {
  if ('change' in answer && !stored.has(answer.kind)) cards.showSoon(answer.change.id);
  return approvalReply(answer);
}

/** The same for a held change. It is also stored when it is planned anew. */
export function toldHeld({ cards, desk }: Conversation, answer: HeldAnswer): Reply {
  const isStored = answer.kind === 'planned-anew' || stored.has(answer.kind);
  if ('change' in answer && !isStored) cards.showSoon(answer.change.id);
  return heldReply(answer, desk.now());
}
