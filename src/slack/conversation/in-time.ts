import type { FailReason } from '../../domain/change/state.ts';
import { type Asker, type Sending, TooLateError } from '../../workflow/desk.ts';
import { AcceptanceUnknownError, DependencyError, StoreUnavailableError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { code } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation, Request, Told } from './conversation.ts';

/**
 * Slack gives up on an answer after 3 s. Nothing is sent to be accepted later than `acceptWithinMs`, and Redis has 800 ms for it
 * (redis/connect.ts). So at `answerWithinMs` it is true to say "not accepted", unless something was sent and has no answer yet.
 */
const acceptWithinMs = 1_600;
const answerWithinMs = 2_600;
/** Kept for the work that is left when the answer is known. */
const spareMs = 150;

const tooLate = says(
  '*Not accepted:* the cluster or Redis did not answer in time. Nothing will happen; type it again in a moment.',
);

const cannotTell = says(
  '*I cannot tell whether it was accepted:* Redis was asked and did not answer. Its card will tell: if one appears or changes, it was. Look at `/shift status` before you ask again.',
);

/** Always answers, and in time. */
export async function inTime(
  { desk: { log, now, people }, isLate }: Conversation,
  request: Request,
  work: (asker: Asker) => Promise<Told>,
): Promise<Told> {
  const late = Promise.withResolvers<Told>();
  const nowMs = now().getTime();
  let isUnanswered = false;
  const sending: Sending = async (send) => {
    isUnanswered = true;
    const answer = await send();
    isUnanswered = false;
    return answer;
  };
  const asking = async () => work({ ...(await identified()), ...limits });
  const identified = async () => ({ ...request, user: await people.identify(request.user, request.team) });
  const limits = {
    until: isLate() ? Number.NEGATIVE_INFINITY : nowMs + acceptWithinMs,
    answerBy: nowMs + answerWithinMs - spareMs,
    sending,
  };
  const working = asking();
  const timer = setTimeout(() => {
    log.warn({ request: request.request }, 'not answered in time');
    working.catch((err: unknown) =>
      log.warn({ err, request: request.request }, 'failed after the person was told that it was too late'),
    );
    late.resolve({ reply: isUnanswered ? cannotTell : tooLate });
  }, answerWithinMs);
  try {
    return await Promise.race([working, late.promise]);
  } catch (error) {
    return { reply: notAccepted(error, request, log) };
  } finally {
    clearTimeout(timer);
  }
}

/** For an unexpected error. It may come before or after something was accepted. */
export const failed = says(
  '*Something failed on my side*, and it is in my log. I cannot tell whether it was accepted: if a card appears or changes, it was. Look at `/shift status` before you ask again.',
);

/** What to do about an error that does not say so itself. */
const remedies: Partial<Record<FailReason, string>> = {
  'ledger-unreadable': ' Restore or remove the annotation `shiftbot.dev/history`, then type it again.',
  'not-permitted':
    ' The people who run shiftbot can grant it: a Role and a RoleBinding in that namespace, as in `manifests/access`.',
};

function notAccepted(error: unknown, { request }: Request, log: Log): Reply {
  if (error instanceof TooLateError) return tooLate;
  if (error instanceof AcceptanceUnknownError) {
    log.error({ err: error, request }, 'whether it was accepted is not known');
    return cannotTell;
  }
  if (error instanceof StoreUnavailableError) {
    log.error({ err: error, request }, 'not accepted, Redis did not serve');
    return says(
      '*Not accepted:* Redis, where changes are kept, does not answer. Nothing will happen; type it again in a moment.',
    );
  }
  if (error instanceof DependencyError) {
    log.warn({ err: error, request }, 'not accepted, the cluster did not serve');
    const remedy = remedies[error.because] ?? '';
    return says(`*Not accepted:* ${code(error.message, 400)}. Nothing was changed.${remedy}`);
  }
  log.error({ err: error, request }, 'a command failed on our side');
  return failed;
}
