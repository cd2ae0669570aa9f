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
  /** True if a delivery that comes now may have waited for longer than Slack waits for an answer. */
  readonly isLate: () => boolean;
  /** Counts what people ask for. */
  readonly limits: Limits;
  readonly allowance: Allowance;
  /** No key signs what is kept in Redis. */
  readonly isUnsigned?: boolean;
  /** The address of Bookinfo's product page. Without it there is no tour. */
  readonly productPage?: string | undefined;
  /** After this time, a person who asked too much hears how many requests were refused. */
  readonly summaryAfterMs?: number;
}

/** What a person hears. */
export interface Told {
  /** Absent if the person was told before: this is one of many requests over the limit. */
  readonly reply: Reply | undefined;
  /** What to say later, if there is anything to say then. */
  readonly later?: { readonly afterMs: number; readonly reply: () => Promise<Reply | undefined> };
}

/** Who asks, where, and what makes it unique. */
export type Request = Omit<Asker, 'until' | 'answerBy'>;

/** What there is to see, for the tour. */
export async function tourWorldOf({ desk, productPage }: Conversation): Promise<TourWorld> {
  const { cluster, namespace } = fillIn(desk, { service: 'ratings' });
  const rule = ruleFor(desk.policies.current(), [`${cluster}/${namespace}/ratings`]);
  return { page: productPage, hasApproval: rule?.approve !== undefined, routes: await routesOfBookinfo(desk) };
}

/** What divides the requests for reviews, or can: where its versions are Services, an HTTPRoute. */
async function routesOfBookinfo(desk: Desk): Promise<TourWorld['routes']> {
  const found = await desk.mesh.find(fillIn(desk, { service: 'reviews' }));
  const isHttpRoute = found.kind === 'found' && found.object.kind === 'HTTPRoute';
  const versions = found.kind === 'unknown-service' ? (found.unrouted?.pods?.versions ?? []) : [];
  return isHttpRoute || versions.some(({ service }) => service !== undefined) ? 'http-route' : 'virtual-service';
}
