import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { actions, readLineValue } from '../../src/slack/words/button.ts';
import { requestId } from '../../src/workflow/desk.ts';
import { cluster, historyKey, readObject, secondCluster, writeKey } from '../chaos/history.ts';
import { cardOf } from '../chaos/slack-recorder.ts';
import { buttonsOf, type SlackMessage } from '../support/slack-client.ts';
import type { Bot } from './bot.ts';
import { giveUpAfterMs } from './course.ts';
import { deleteAfterCreation, editBeforeWrite, moveBeforeWrite } from './meddling.ts';
import { plannedFromElsewhere } from './planned-change.ts';
import { RampActs } from './ramp-acts.ts';
import { fileOf, freeServiceOf, objectsOf, refsOf, routeBefore } from './rule-file.ts';
import { delegateOf, httpRouteOf, type Shape } from './shapes.ts';
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

interface Parts {
  readonly world: World;
  readonly store: Store;
  readonly bots: () => readonly Bot[];
  /** The name of the lane, and of its namespace. */
  readonly lane: string;
}

interface Typed {
  readonly trigger: string;
  readonly asked: Asked;
  /** What was shown to who typed, with its buttons. */
  readonly shows?: SlackMessage | undefined;
}

/** What must come before a case did not come about, as on a machine that is too busy to answer in time. */
export class NotPreparedError extends Error {
  override readonly name = 'NotPreparedError';
}

const { teamId, users } = workspace;
const preparedWithinMs = 10_000;
const storedWithinMs = 1_000;

/** The share of a version from which a change needs an approval. */
export const needsApprovalFrom = 80;

/** What happens in one case: a service, a channel, and a person who types and clicks there. */
export class Stage {
  readonly service: string;
  /** One of which no change needs an approval. */
  readonly free: string;
  readonly channel: string;
  readonly ramp: RampActs;
  readonly #world: World;
  readonly #store: Store;
  readonly #bots: () => readonly Bot[];
  readonly #number: number;
  readonly #namespace: string;
  /** Whose case it is. */
  #person: string = users.alice.id;
  #messagesBefore = 0;
  readonly #refs: ObjectRef[] = [];
  readonly #undo: (() => Promise<void> | void)[] = [];
  /** What was written, and the uids of what was deleted, by somebody else. */
  readonly foreign = new Set<string>();

  constructor(number: number, { world, store, bots, lane }: Parts) {
    this.#number = number;
    this.#world = world;
    this.#store = store;
    this.#bots = bots;
    this.#namespace = lane;
    this.service = serviceOf(number);
    this.free = freeServiceOf(number);
    this.#refs.push(this.#object, this.#inSecond);
    this.channel = `C${String(number).padStart(6, '0')}`;
    this.ramp = new RampActs(this, { world, store, lane });
  }

  /** Asks for a split of the case's service, or of another one. */
  async type(text: string, user: string = users.alice.id, service = this.service): Promise<Asked> {
    const token = this.#token;
    const { trigger, asked } = await this.#command(`${service} ${text} --reason "${token}"`, user);
    return { ...asked, token, makes: requestId(`command:${teamId}:${trigger}`) };
  }

  /** Bob asks for a split of what a rule file is about, and what he is told is what counts. His reason is one of its own. */
  async typeBeside(text: string): Promise<Asked> {
    const token = `${this.#token}-beside`;
    this.#person = users.bob.id;
    const { trigger, asked } = await this.#command(`${this.free} ${text} --reason "${token}"`, this.#person);
    return { ...asked, token, makes: requestId(`command:${teamId}:${trigger}`) };
  }

  /** Types a command that makes no change of its own. */
  async typeWhole(text: string): Promise<Asked> {
    return (await this.#command(text, users.alice.id)).asked;
  }

  /** Types what is shown before it is done, and presses the button under what is shown. */
  async typeAndConfirm(text: string): Promise<Asked> {
    const typed = await this.#typeFree(text);
    const press = this.#pressUnder(typed);
    return press === undefined ? { ...typed.asked, token: this.#token } : press();
  }

  /** The same, where what was typed is shown already; returns what presses the button. */
  async shown(text: string): Promise<() => Promise<Asked>> {
    const typed = await this.#typeFree(text);
    const press = this.#pressUnder(typed);
    if (press === undefined) throw new NotPreparedError(`${typed.asked.what} was answered with ${typed.asked.answer}`);
    return press;
  }

  #typeFree(text: string): Promise<Typed> {
    return this.#command(`${text} --reason "${this.#token}"`, users.alice.id);
  }

  #pressUnder({ asked: { what }, shows }: Typed): (() => Promise<Asked>) | undefined {
    const value = shows && buttonsOf(shows).find(({ actionId }) => actionId === actions.applyEdits)?.value;
    const seen = readLineValue(value)?.seen;
    if (shows === undefined || value === undefined || seen === undefined) return undefined;
    return async () => {
      const delivered = await this.#world.slack.click(await this.#port(), shows, {
        action_id: actions.applyEdits,
        value,
      });
      return { what, token: this.#token, makes: requestId(`edits:${seen}:0`), delivered };
    };
  }

  async #command(what: string, user: string): Promise<Typed> {
    const trigger = `trigger.${this.#number}.${what}`;
    const acknowledged = await this.#world.slack.command(await this.#port(), {
      channel: this.channel,
      user,
      text: what,
      trigger,
    });
    const asked = { what, delivered: acknowledged !== undefined, answer: acknowledged?.shows?.text };
    return { trigger, asked, shows: acknowledged?.shows };
  }

  /** Types what is asked about first; returns what presses the button that it is answered with. */
  async askedAbout(text: string, actionId: string): Promise<() => Promise<Asked>> {
    const { asked, shows } = await this.#command(text, users.alice.id);
    const value = shows && buttonsOf(shows).find((each) => each.actionId === actionId)?.value;
    if (shows === undefined || value === undefined) throw new NotPreparedError(`${text}: ${asked.answer}`);
    return async () => ({ what: text, delivered: await this.press(shows, { action_id: actionId, value }, {}) });
  }

  /** Presses a button of the card of a change. */
  async click(about: ChangeId, actionId: string, makes?: ChangeId): Promise<Asked> {
    const card = this.#world.slack.messages(this.channel).find(({ blocks }) => cardOf(blocks) === about);
    const button = card && buttonsOf(card).find((each) => each.actionId === actionId);
    if (card === undefined || button?.value === undefined) throw new Error(`${about} has no button ${actionId}`);
    const delivered = await this.#world.slack.click(await this.#port(), card, {
      action_id: actionId,
      value: button.value,
    });
    return { what: `${actionId} ${button.value}`, makes, delivered };
  }

  /** Presses a button of a message, whoever it is. */
  async press(
    message: SlackMessage,
    action: { readonly action_id: string; readonly value: string },
    by: { readonly user?: string; readonly at?: string },
  ): Promise<boolean> {
    return this.#world.slack.click(await this.#port(), message, action, by);
  }

  /** Something that is done to the case's service, and is over when the case is. */
  untilLeft<T extends { readonly release: () => void }>(begin: (ref: ObjectRef) => T): T {
    const begun = begin(this.#object);
    this.#undo.push(begun.release);
    return begun;
  }

  /** A rule file, and what is live of its objects: nothing but one that it replaces, or all as the file has it. */
  async writeRules(live: 'before' | 'as-in-file'): Promise<string> {
    this.#undo.push(await this.#world.writeRules(this.free, fileOf(this.#placed)));
    this.#refs.push(...refsOf(this.#placed));
    const objects = live === 'before' ? [routeBefore(this.#placed)] : objectsOf(this.#placed);
    for (const object of objects) await this.#world.create(object);
    return `rules/${this.free}`;
  }

  /** Requests follow a route of the Gateway API; returns its service. */
  placeHttpRoute(): Promise<string> {
    return this.#place(httpRouteOf(this.#placed));
  }

  /** Requests follow a delegate; returns the service. */
  placeDelegate(): Promise<string> {
    return this.#place(delegateOf(this.#placed));
  }

  async #place({ service, refs, objects, services }: Shape): Promise<string> {
    this.#refs.push(...refs);
    for (const name of services) this.#undo.push(() => this.#world.deleteService({ name, namespace: this.#namespace }));
    for (const object of objects) await this.#world.create(object);
    return service;
  }

  /** Somebody else moves the weights of the case's service. */
  async moveByHand(): Promise<void> {
    this.foreign.add(writeKey(cluster, await this.#world.moveByHand(this.#object)));
  }

  /** Somebody else moves the weights in the second cluster between the bot's looking and its writing. */
  moveInSecond(): void {
    const ref = this.#inSecond;
    this.#undo.push(moveBeforeWrite({ world: this.#world, ref, foreign: this.foreign }));
  }

  /** Somebody else deletes the case's object in the second cluster. */
  async deleteInSecond(): Promise<void> {
    const live = await this.#world.read(this.#inSecond);
    if (live !== undefined) this.foreign.add(live.metadata.uid);
    await this.#world.delete(this.#inSecond);
  }

  /** Somebody else writes the second object of the file between the bot's looking and its writing. */
  meddleWithSecond(): void {
    this.#meddle(editBeforeWrite, 'VirtualService');
  }

  /** Somebody else deletes the first object of the file as soon as it is there. */
  undoFirst(): void {
    this.#meddle(deleteAfterCreation, 'DestinationRule');
  }

  #meddle(how: typeof editBeforeWrite, kind: ObjectKind): void {
    const ref = { ...this.#object, kind, name: this.free };
    this.#undo.push(how({ world: this.#world, ref, foreign: this.foreign }));
  }

  /** Takes away all that the case had, and what it wrote. */
  async leave(): Promise<void> {
    this.#world.slack.forget(this.channel);
    for (const undo of this.#undo) await undo();
    const versions = { ...this.#object, kind: 'DestinationRule' } as const;
    for (const ref of [...this.refs, versions, { ...versions, cluster: secondCluster }]) await this.#world.delete(ref);
  }

  /** What is typed is shown first, and is done and told on its card. */
  async confirmed(text: string): Promise<ChangeId> {
    const confirm = await this.shown(text);
    return this.#cardSays((await confirm()).makes, 'Applied');
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
    const request = `held:${this.#number}`;
    const id = requestId(request);
    const events = this.#world.history.events.get(historyKey(this.#object)) ?? [];
    const { uid } = readObject(events.at(-1)?.object).metadata;
    const change = plannedFromElsewhere(id, request, { object: this.#object, uid, channel: this.channel });
    await this.#store.accept(change).catch((cause: unknown) => {
      throw new NotPreparedError('Redis does not take what comes before a case', { cause });
    });
    return this.#cardSays(id, 'Held');
  }

  /** Until a change is stored. One that is not within a second was lost to what was struck. */
  async untilStored({ makes }: Asked): Promise<void> {
    const isStored = async () => makes !== undefined && (await this.#store.records.all()).has(makes);
    const untilMs = performance.now() + storedWithinMs;
    while (!(await isStored()) && performance.now() < untilMs) await sleep(5);
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

  /** What comes before the case is over; what the person was told of that is no answer to what comes now. */
  begin(): void {
    this.#messagesBefore = this.#world.slack.messages(this.channel).length;
  }

  /** What only the person saw since the case began. */
  get told(): readonly string[] {
    return this.#world.slack.told(this.channel, this.#person, this.#messagesBefore);
  }

  /** All objects that the case is about. */
  get refs(): readonly ObjectRef[] {
    return this.#refs;
  }

  get #token(): string {
    return `t-${String(this.#number).padStart(6, '0')}`;
  }

  get #placed() {
    return { number: this.#number, namespace: this.#namespace };
  }

  get #object(): ObjectRef {
    return { cluster, namespace: this.#namespace, kind: 'VirtualService', name: this.service };
  }

  get #inSecond(): ObjectRef {
    return { ...this.#object, cluster: secondCluster };
  }

  /** Of a process that takes what is delivered. One that was killed alone is replaced, and Slack delivers to the next. */
  async #port(): Promise<number> {
    const untilMs = performance.now() + giveUpAfterMs;
    while (performance.now() < untilMs) {
      const bot = this.#bots().find(({ hasEnded }) => !hasEnded);
      if (bot !== undefined) return bot.port;
      await sleep(10);
    }
    throw new NotPreparedError('no process is there to deliver to');
  }
}

/** Whether the stage itself put a change in line, past the bot. */
export function isOfStage(request: string): boolean {
  return request.startsWith('held:');
}

export function serviceOf(number: number): string {
  return `case-${number}`;
}
