import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { actions } from '../../src/slack/words/button.ts';
import { buttonsOf, type Person, type SlackButton, type SlackMessage } from '../support/slack-client.ts';
import { kindOf } from './answers.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { secondCluster } from './history.ts';
import { type RampTyped, rampCommandOf, sequenceCommandOf } from './ramp-commands.ts';
import { Random } from './random.ts';
import { rulesFolder } from './rule-files.ts';
import { isInBoth, ramped, spread, versions } from './services.ts';
import type { Told } from './slack-recorder.ts';

/** A request of a person, and the answer. */
export interface Request {
  readonly what: string;
  readonly by: string;
  /** A token in the command's reason. */
  readonly token?: string | undefined;
  /** The id of its change, if it follows from the request. */
  readonly id?: ChangeId | undefined;
  /** Undefined if the answer did not come, or could belong to another request. */
  readonly answer: string | undefined;
  readonly atMs: number;
}

/** A button, and the message that it stands under. */
interface Pressable {
  readonly message: SlackMessage;
  readonly button: SlackButton;
}

interface Lane {
  readonly person: Person;
  readonly channel: string;
  readonly random: Random;
}

/** What the rule files are about. */
const ofFiles = ['reviews', 'ratings'] as const;
/** How often each is typed, beside the others. */
const wholeCommands = {
  [`apply ${rulesFolder}/first`]: 3,
  [`apply ${rulesFolder}/second`]: 3,
  [`apply ${rulesFolder}/spare`]: 1,
  [`delete ${rulesFolder}/spare`]: 1,
  'unpin reviews end-user=jason': 1,
};

/** Each card of a ramp has a button that ends it, which is pressed seldom: a ramp that is over says little. */
function pressedOften(random: Random, actionId: string | undefined): boolean {
  return actionId !== actions.rampAbort || random.chance(0.1);
}

function ofRamps(actionId = ''): boolean {
  return actionId.startsWith('ramp_');
}

const confirmTries = 3;
const webAnswerMs = 6_000;
/** How long the answer to an abandoned click may still come, and be mistaken for the answer to the next one. */
const strayAnswerMs = 30_000;

/** Alice, Bob and Carol in two channels each. They type and click until they are told to stop. */
export class People {
  readonly #world: ChaosWorld;
  readonly #lanes: readonly Promise<void>[];
  readonly requests: Request[] = [];
  #count = 0;
  #stopped = false;
  #failure: unknown;

  constructor(world: ChaosWorld, seed: string) {
    this.#world = world;
    const names = Object.keys(workspace.users) as Person[]; // Person is keyof this record
    this.#lanes = names.flatMap((person) =>
      Object.values(workspace.channels).map(({ id: channel }) => {
        const random = new Random(`${seed} ${person} ${channel}`);
        return this.#live({ person, channel, random }).catch((error: unknown) => {
          this.#failure ??= error;
        });
      }),
    );
  }

  /** Resolves when everybody has finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #live(lane: Lane): Promise<void> {
    const { random } = lane;
    while (!this.#stopped) {
      await sleep(random.between(50, 1_200));
      await this.#act(lane);
    }
  }

  #act(lane: Lane): Promise<unknown> {
    const { random } = lane;
    switch (random.weighed({ type: 4, click: 3, file: 1.5, ramp: 6, sequence: 4, twice: 0.5 })) {
      case 'type':
        return this.#type(lane);
      case 'click':
        return this.#clickAny(lane);
      case 'file':
        return this.#applyAndShift(lane);
      case 'ramp':
        return random.chance(0.5) ? this.#clickOnRamp(lane) : this.#typeOfRamp(lane, rampCommandOf(random, ramped));
      case 'sequence':
        return this.#typeOfRamp(lane, sequenceCommandOf(random, spread, versions[spread] ?? ['v1', 'v2']));
      case 'twice':
        return this.#typeTwice(lane, `rollback ${random.pick(ofFiles)}`);
    }
  }

  /** A rule file, which is shown and confirmed, again where it moved meanwhile, and at once a shift of one of its objects behind it. */
  async #applyAndShift(lane: Lane): Promise<void> {
    const { person, channel, random } = lane;
    let request = await this.say(person, channel, random.weighed(wholeCommands));
    for (let tries = 0; tries < confirmTries && kindOf(request) === 'shown'; tries += 1) {
      const shown = this.#under(request, channel);
      if (shown !== undefined) request = await this.#press(lane, shown);
    }
    if (kindOf(request) === 'accepted') await this.say(person, channel, `ratings v2 ${random.between(1, 99)}`);
  }

  /** What would finish a ramp, or end it, is asked about first. */
  async #typeOfRamp(lane: Lane, { text, takesReason }: RampTyped): Promise<void> {
    const { person, channel, random } = lane;
    const asked = this.#under(await this.say(person, channel, text, takesReason), channel);
    if (asked !== undefined && random.chance(0.7)) await this.#press(lane, asked);
  }

  /** Presses a button of a ramp's card, often twice. */
  async #clickOnRamp(lane: Lane): Promise<void> {
    const { person, channel, random } = lane;
    const chosen = this.#chooseButton(
      random,
      channel,
      workspace.users[person].id,
      (id) => ofRamps(id) && pressedOften(random, id),
    );
    if (chosen === undefined) return;
    if (random.chance(0.4)) await this.#click(lane, chosen);
    await this.#press(lane, chosen);
  }

  /** As people do who are not sure that it was heard; what they are asked then, some of them confirm. */
  async #typeTwice(lane: Lane, text: string): Promise<void> {
    const { person, channel, random } = lane;
    await this.say(person, channel, text);
    const asked = this.#under(await this.say(person, channel, text), channel);
    if (asked !== undefined && random.chance(0.5)) await this.#press(lane, asked);
  }

  /** The button under what a person was shown. */
  #under({ by, answer }: Request, channel: string): Pressable | undefined {
    const message = this.#world.slackRecord.messages.findLast(
      (each) => each.channel === channel && each.ephemeral_to === by && each.text === answer,
    );
    const button = message && buttonsOf(message)[0];
    return message === undefined || button === undefined ? undefined : { message, button };
  }

  #type({ person, channel, random }: Lane): Promise<Request> {
    return this.say(person, channel, commandOf(random));
  }

  /** Types a command and waits for its answer. One at a time for each person and channel, so that answers do not get mixed up. */
  async say(person: Person, channel: string, text: string, takesReason = true): Promise<Request> {
    this.#count += 1;
    const token = takesReason ? `t-${String(this.#count).padStart(6, '0')}` : undefined;
    const what = token === undefined ? text : `${text} --reason "${token}"`;
    const atMs = Date.now();
    const seenBefore = this.#world.slackRecord.told.length;
    await this.#world.people.command(person, what, { channel });

    const by = workspace.users[person].id;
    const told = await this.#told(
      seenBefore,
      300,
      (each) => each.by === 'ack' && each.user === by && each.channel === channel,
    );
    const id = token === undefined ? undefined : this.#world.slackRecord.commandId(token);
    const request = { what, by, token, id, answer: told?.text, atMs };
    this.requests.push(request);
    return request;
  }

  async #clickAny(lane: Lane): Promise<void> {
    const { person, channel, random } = lane;
    const chosen = this.#chooseButton(random, channel, workspace.users[person].id, (id) => pressedOften(random, id));
    if (chosen !== undefined) await this.#press(lane, chosen);
  }

  async #click({ person, channel }: Lane, { message, button }: Pressable): Promise<void> {
    const { actionId = '', value = '' } = button;
    await this.#world.people.clickRaw(person, {
      channel,
      messageTs: message.ts,
      action: { action_id: actionId, value },
    });
  }

  async #press(lane: Lane, pressable: Pressable): Promise<Request> {
    const { person, channel } = lane;
    const { message, button } = pressable;
    const by = workspace.users[person].id;
    const atMs = Date.now();
    const seenBefore = this.#world.slackRecord.told.length;
    const { actionId = '', value = '' } = button;
    await this.#click(lane, pressable);
    const told = await this.#told(
      seenBefore,
      webAnswerMs,
      (each) => each.by === 'web' && each.user === by && each.channel === channel,
    );
    const id = actionId === actions.promote ? this.#world.slackRecord.clickId(by, message, actionId) : undefined;
    const request = { what: `${actionId} ${value}`, by, id, answer: told?.text, atMs };
    this.requests.push(request);
    if (told === undefined) await this.#sleepUnlessStopped(strayAnswerMs);
    return request;
  }

  #chooseButton(
    random: Random,
    channel: string,
    user: string,
    isWanted: (actionId: string | undefined) => boolean = () => true,
  ): Pressable | undefined {
    const clickable = this.#world.slackRecord.messages
      .filter((message) => message.channel === channel && (message.ephemeral_to ?? user) === user)
      .slice(-40)
      .flatMap((message) => buttonsOf(message).map((button) => ({ message, button })))
      .filter(({ button }) => button.actionId !== actions.history && isWanted(button.actionId));
    const held = clickable.filter(({ button }) =>
      [actions.applyAnyway, actions.discard].some((id) => id === button.actionId),
    );
    const choice = held.length > 0 && random.chance(0.6) ? held : clickable;
    const [first, ...others] = choice;
    return first === undefined ? undefined : random.pick([first, ...others]);
  }

  async #told(seenBefore: number, withinMs: number, fits: (told: Told) => boolean): Promise<Told | undefined> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const told = this.#world.slackRecord.told.slice(seenBefore).find(fits);
      if (told !== undefined || performance.now() > untilMs) return told;
      await sleep(20);
    }
  }

  async #sleepUnlessStopped(ms: number): Promise<void> {
    const untilMs = performance.now() + ms;
    while (!this.#stopped && performance.now() < untilMs) await sleep(100);
  }
}

function commandOf(random: Random): string {
  const [first = '', ...others] = Object.keys(versions);
  const service = random.pick([first, ...others]);
  const where = isInBoth(service) && random.chance(0.4) ? ` --cluster ${secondCluster}` : '';
  const [one, two, ...rest] = versions[service] ?? ['v1', 'v2'];
  const version = random.pick([one, two, ...rest]);
  switch (random.weighed({ share: 6, whole: 2, promote: 1, rollback: 1.5, status: 0.5 })) {
    case 'share':
      return `${service} ${version} ${random.between(1, 99)}${where}`;
    case 'whole': {
      const share = random.between(1, 99);
      return `${service} ${one}=${share} ${two}=${100 - share}${where}`;
    }
    case 'promote':
      return `promote ${service} ${version}${where}`;
    case 'rollback':
      return `rollback ${service}${where}`;
    case 'status':
      return `status ${service}${where}`;
  }
}
