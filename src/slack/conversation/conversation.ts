import { ruleFor } from '../../domain/policy/policy.ts';
import type { Allowance } from '../../workflow/asking/limits.ts';
import { type Asker, type Desk, fillIn } from '../../workflow/desk.ts';
import type { Limits } from '../../workflow/ports/limits.ts';
import type { Cards } from '../../workflow/showing/cards.ts';
import type { TourWorld } from '../replies/tour.ts';
import type { Reply } from '../words/reply.ts';

export interface Conversation {
  readonly desk: Desk;
  readonly cards: Cards;
  /** The bot's name, for help on mentions. */
  readonly botName: string;
  /** What comes in at this moment may have waited for longer than Slack does. */
  readonly isLate: () => boolean;
  /** Counts what people ask, and how much of it is taken. */
  readonly limits: Limits;
  readonly allowance: Allowance;
  /** The address of Bookinfo's product page, where there is one to take the tour of. */
  readonly productPage?: string | undefined;
  /** When who asked too much hears what became of it. */
  readonly summaryAfterMs?: number;
}

/** What a person hears. */
export interface Told {
  /** Absent where it has been said already: one of many that were too many. */
  readonly reply: Reply | undefined;
  /** What there will be to say, if anything. */
  readonly later?: { readonly afterMs: number; readonly reply: () => Promise<Reply | undefined> };
}

/** Who asks, where, and what makes it unique. */
export type Request = Omit<Asker, 'until' | 'answerBy'>;

/** What there is to see, for the tour. */
export function tourWorldOf({ desk, productPage }: Conversation): TourWorld {
  const { cluster, namespace } = fillIn(desk, { service: 'ratings' });
  const rule = ruleFor(desk.policies.current(), [`${cluster}/${namespace}/ratings`]);
  return { page: productPage, hasApproval: rule?.approve !== undefined };
}
