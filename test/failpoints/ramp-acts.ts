import { setTimeout as sleep } from 'node:timers/promises';
import { type Ramp, rampTo } from '../../src/domain/ramp/ramp.ts';
import type { RampStateOf } from '../../src/domain/ramp/ramp-state.ts';
import { isRampId } from '../../src/domain/routing/names.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { actions } from '../../src/slack/words/button.ts';
import { requestId } from '../../src/workflow/desk.ts';
import { cluster } from '../chaos/history.ts';
import { headerOf } from '../chaos/slack-recorder.ts';
import { buttonsOf, type SlackButton, type SlackMessage } from '../support/slack-client.ts';
import type { TrafficKind } from './made-traffic.ts';
import { holdWrite } from './meddling.ts';
import { type Asked, NotPreparedError, type Stage } from './stage.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

const { users } = workspace;
const preparedWithinMs = 20_000;
const writtenWithinMs = 3_000;
/** So long ago that guards have counted of the step by now. */
const watchedMs = 60_000;
const notDueMs = 600_000;
/** How the answer to a gesture begins that was not done. */
const refused = '*Not done:*';

interface Parts {
  readonly world: World;
  readonly store: Store;
  readonly lane: string;
}

/** What a case does with the one ramp of its service. */
export class RampActs {
  readonly #stage: Stage;
  readonly #world: World;
  readonly #store: Store;
  readonly #lane: string;

  constructor(stage: Stage, { world, store, lane }: Parts) {
    this.#stage = stage;
    this.#world = world;
    this.#store = store;
    this.#lane = lane;
  }

  /** Asks for a ramp. Its changes are not of this request. */
  async type(text: string, user?: string): Promise<Asked> {
    const { makes: _, ...asked } = await this.#stage.type(text, user);
    return asked;
  }

  /** A ramp whose first step is live, and whose card says so. Carol asked for it: nobody passes a gate of their own ramp. */
  async begun(text: string, ...says: readonly string[]): Promise<void> {
    this.#world.traffic.flow(this.#lane, 'well');
    await this.type(text, users.carol.id);
    await this.#cardSays(...(says.length > 0 ? says : ['step 1 of 3', '10 % now']));
  }

  /** The next step is due, and cannot be made. */
  async dueAndHeld(): Promise<void> {
    await this.letStepBeDue();
    await this.#cardSays('Held');
  }

  /** A ramp that waits for an approval, asked for by another than who approves. */
  async awaiting(text: string): Promise<void> {
    await this.type(text, users.bob.id);
    await this.#cardSays('Waits for approval');
  }

  /** One that a person has paused in its first step. */
  async paused(text: string): Promise<void> {
    await this.begun(text);
    await this.gesture('pause');
    await this.#cardSays('Paused');
  }

  /** One that is held because somebody else moved the weights within its first step. */
  async heldByEdit(text: string): Promise<void> {
    await this.begun(text);
    await this.#stage.moveByHand();
    await this.#cardSays('Held');
  }

  /** One whose record is lost; returns what presses the way back that a click on its card is told of. */
  async lost(text: string): Promise<() => Promise<Asked>> {
    await this.begun(text);
    const [ramp] = await this.#store.records.ramps();
    const first = ramp?.changes[0]?.id;
    await this.#store.loseRamps();
    await this.pressOnCard(actions.rampPause);
    const told = await this.#told(actions.rollBack);
    return async () => {
      const delivered = await this.#press(told, actions.rollBack);
      return { what: 'the way back of a lost ramp', makes: requestId(`rollback:${first}:0`), delivered };
    };
  }

  async pressOnCard(actionId: string): Promise<Asked> {
    return { what: actionId, delivered: await this.#press(this.#card, actionId) };
  }

  gesture(verb: 'pause' | 'resume' | 'next' | 'abort'): Promise<Asked> {
    return this.#stage.typeWhole(`${verb} ${this.#stage.service}`);
  }

  /** Alice presses for the next step, Slack delivers that twice, and Bob presses the same button. */
  async nextTwice(): Promise<Asked> {
    const at = this.#world.slack.moment();
    const [delivered = false] = await Promise.all([
      this.#press(this.#card, actions.rampNext, { at }),
      this.#press(this.#card, actions.rampNext, { at }),
      this.#press(this.#card, actions.rampNext, { user: users.bob.id }),
    ]);
    return { what: 'the next step, pressed by two', delivered };
  }

  /** Asks for the next step, and aborts while its change is on the way to the API server of a cluster. */
  async abortWithinStep(of = cluster): Promise<Asked> {
    const write = this.#stage.untilLeft((ref) => holdWrite(this.#world, { ...ref, cluster: of }));
    const { answer } = await this.gesture('next');
    if (answer?.startsWith(refused)) throw new NotPreparedError(answer);
    await Promise.race([write.reached, sleep(writtenWithinMs)]);
    const asked = await this.gesture('abort');
    write.release();
    return asked;
  }

  /** The time of the step was over so long ago, and nobody worked since. */
  letStepBeDue(agoMs = 0): Promise<Asked> {
    return this.#alter('the next step is due', (state, nowMs) => ({ ...state, dueAt: iso(nowMs - agoMs) }));
  }

  /** Guards can count what came to the step, and nothing after that. */
  letGuardsLook(kind: TrafficKind): Promise<Asked> {
    return this.#alter('the guards can look', (state, nowMs) => {
      this.#world.traffic.flow(this.#lane, kind, nowMs);
      const dueMs = kind === 'well' ? nowMs : nowMs + notDueMs;
      return { ...state, since: iso(nowMs - watchedMs), dueAt: iso(dueMs) };
    });
  }

  /** Past the bot. */
  async #alter(what: string, alter: (state: RampStateOf<'running'>, nowMs: number) => Ramp['state']): Promise<Asked> {
    for (const ramp of await this.#store.records.ramps()) {
      if (ramp.state.kind !== 'running') throw new NotPreparedError(`the ramp is ${ramp.state.kind}`);
      await this.#store.moveRamp(rampTo(ramp, alter(ramp.state, Date.now())));
    }
    return { what, delivered: true };
  }

  #press(
    message: SlackMessage | undefined,
    actionId: string,
    by: { readonly user?: string; readonly at?: string } = {},
  ): Promise<boolean> {
    const value = message && buttonOf(message, actionId)?.value;
    if (message === undefined || value === undefined) throw new NotPreparedError(`there is no button ${actionId}`);
    return this.#stage.press(message, { action_id: actionId, value }, by);
  }

  /** What only the person saw, with such a button. */
  async #told(actionId: string): Promise<SlackMessage> {
    const isIt = (message: SlackMessage) =>
      message.subtype === 'ephemeral' && buttonOf(message, actionId) !== undefined;
    for (const untilMs = performance.now() + preparedWithinMs; performance.now() < untilMs; await sleep(10)) {
      const found = this.#world.slack.messages(this.#stage.channel).find(isIt);
      if (found !== undefined) return found;
    }
    throw new NotPreparedError(`nobody was told of the button ${actionId}`);
  }

  async #cardSays(...words: readonly string[]): Promise<void> {
    const untilMs = performance.now() + preparedWithinMs;
    while (!words.every((word) => this.#card?.text.includes(word))) {
      if (performance.now() > untilMs) throw new NotPreparedError(`no card of a ramp says ${words.join(', ')}`);
      await sleep(10);
    }
  }

  get #card(): SlackMessage | undefined {
    return this.#world.slack.messages(this.#stage.channel).find(({ blocks }) => {
      const id = headerOf(blocks);
      return id !== undefined && isRampId(id);
    });
  }
}

function buttonOf(message: SlackMessage, actionId: string): SlackButton | undefined {
  return buttonsOf(message).find((each) => each.actionId === actionId);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
