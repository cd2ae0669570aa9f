import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from '../../src/domain/change.ts';
import type { ChangeId, RoutingObject } from '../../src/domain/names.ts';
import { defaultRule } from '../../src/domain/route.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { requestId } from '../../src/workflow/desk.ts';
import { readService } from '../chaos/history.ts';
import { cardOf } from '../chaos/slack-recorder.ts';
import { buttonsOf } from '../support/slack-client.ts';
import type { Bot } from './bot.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

/** What a person asked for, and how Slack delivered it. */
export interface Asked {
  readonly what: string;
  readonly token?: string | undefined;
  /** The change it makes, where it makes one. */
  readonly makes?: ChangeId | undefined;
  /** False: Slack told the person that the app did not answer. */
  readonly delivered: boolean;
  /** What the acknowledgement said. */
  readonly answer?: string | undefined;
}

/** What must come before a case did not come about, as on a machine that is too busy to answer in time. */
export class NotPreparedError extends Error {
  override readonly name = 'NotPreparedError';
}

const { teamId, users } = workspace;
const preparedWithinMs = 10_000;

/** The share of a version from which a change needs an approval. */
export const needsApprovalFrom = 80;

/** What happens in one case: a service, a channel, and a person who types and clicks there. */
export class Stage {
  readonly service: string;
  readonly channel: string;
  readonly #world: World;
  readonly #store: Store;
  readonly #bots: () => readonly Bot[];
  readonly #number: number;

  constructor(number: number, { world, store, bots }: { world: World; store: Store; bots: () => readonly Bot[] }) {
    this.#number = number;
    this.#world = world;
    this.#store = store;
    this.#bots = bots;
    this.service = serviceOf(number);
    this.channel = `C${String(number).padStart(6, '0')}`;
  }

  /** Asks for a split of the case's service. */
  async type(text: string, user: string = users.alice.id): Promise<Asked> {
    const token = `t-${String(this.#number).padStart(6, '0')}`;
    const { trigger, ...asked } = await this.#command(`${this.service} ${text} --reason "${token}"`, user);
    return { ...asked, token, makes: requestId(`command:${teamId}:${trigger}`) };
  }

  /** Types a command that makes no change of its own. */
  async typeWhole(text: string): Promise<Asked> {
    const { trigger: _, ...asked } = await this.#command(text, users.alice.id);
    return asked;
  }

  async #command(what: string, user: string): Promise<Asked & { readonly trigger: string }> {
    const trigger = `trigger.${this.#number}.${what}`;
    const acknowledged = await this.#world.slack.command(this.#port, {
      channel: this.channel,
      user,
      text: what,
      trigger,
    });
    return { what, trigger, delivered: acknowledged !== undefined, answer: acknowledged?.text };
  }

  /** Presses a button of the card of a change. */
  async click(about: ChangeId, actionId: string, makes?: ChangeId): Promise<Asked> {
    const card = this.#world.slack.messages(this.channel).find(({ blocks }) => cardOf(blocks) === about);
    const button = card && buttonsOf(card).find((each) => each.actionId === actionId);
    if (card === undefined || button?.value === undefined) throw new Error(`${about} has no button ${actionId}`);
    const delivered = await this.#world.slack.click(this.#port, card, { action_id: actionId, value: button.value });
    return { what: `${actionId} ${button.value}`, makes, delivered };
  }

  /** A change that is applied, and whose card says so. */
  async shifted(): Promise<ChangeId> {
    const { makes } = await this.type('v2 30');
    return this.#cardSays(makes, 'Applied');
  }

  /** A change that waits for an approval, asked for by another than who approves. */
  async awaiting(): Promise<ChangeId> {
    const { makes } = await this.type(`v2 ${needsApprovalFrom}`, users.bob.id);
    return this.#cardSays(makes, 'Waits for approval');
  }

  /** A change that was planned from weights that somebody has moved since. */
  async held(): Promise<ChangeId> {
    const id = requestId(`held:${this.#number}`);
    await this.#store.accept(await this.#plannedFromElsewhere(id)).catch((cause: unknown) => {
      throw new NotPreparedError('Redis does not take what comes before a case', { cause });
    });
    return this.#cardSays(id, 'Held');
  }

  async #plannedFromElsewhere(id: ChangeId): Promise<Change> {
    const events = this.#world.history.events.get(this.service) ?? [];
    const { uid } = readService(events.at(-1)?.object).metadata;
    return {
      id,
      request: `held:${this.#number}`,
      object: this.#object,
      service: this.service,
      rule: defaultRule,
      by: users.bob.id,
      reason: 'planned from what is no longer live',
      origin: { team: teamId, channel: this.channel },
      focus: 'v2',
      from: { v1: 70, v2: 30 },
      to: { v1: 40, v2: 60 },
      base: { uid, seq: 0 },
      pinned: [],
      acceptedAt: new Date().toISOString(),
      state: { kind: 'queued' },
      rev: 0,
    };
  }

  async #cardSays(id: ChangeId | undefined, word: string): Promise<ChangeId> {
    const untilMs = performance.now() + preparedWithinMs;
    while (performance.now() < untilMs) {
      const card = this.#world.slack.messages(this.channel).find(({ blocks }) => cardOf(blocks) === id);
      if (id !== undefined && card?.text.includes(word)) return id;
      await sleep(10);
    }
    throw new NotPreparedError(`the card of ${id} does not say "${word}" before anything is struck`);
  }

  get #object(): RoutingObject {
    return { cluster: 'sandbox', namespace: 'default', kind: 'VirtualService', name: this.service };
  }

  get #port(): number {
    const bot = this.#bots().find(({ hasEnded }) => !hasEnded);
    if (bot === undefined) throw new Error('no bot is there to deliver to');
    return bot.port;
  }
}

/** Whether the stage itself put a change in line, past the bot. */
export function isOfStage(request: string): boolean {
  return request.startsWith('held:');
}

/** Made before its case begins, so that every process has heard of it by then. */
export function serviceOf(number: number): string {
  return `case-${number}`;
}
