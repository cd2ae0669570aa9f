import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isChangeId } from '../../src/domain/routing/names.ts';
import type { Violation } from '../chaos/findings.ts';
import { historyKey } from '../chaos/history.ts';
import type { Bot, Recording } from './bot.ts';
import type { Case, Form } from './cases.ts';
import { Course, giveUpAfterMs } from './course.ts';
import { isKill, type Strike } from './faults.ts';
import { judge, type Left } from './judge.ts';
import { type Scenario, type ScenarioName, scenarios, servingOf, wasTaken } from './scenarios.ts';
import { type Asked, NotPreparedError, Stage, serviceOf } from './stage.ts';
import { Store } from './store.ts';
import type { LaneWorld, Serving, World } from './world.ts';

export interface Result {
  readonly violations: readonly Violation[];
  /** It took longer than it may, and nothing else is wrong that would not come of that. */
  readonly isOnlyLate: boolean;
  /** From the strike until everything was quiet; undefined where the point was not passed. */
  readonly settledMs: number | undefined;
}

/** Looked at often at first, since most cases end at once. */
const firstPollMs = 10;
const longestPollMs = 150;
/** For what comes in between to be done. */
const gatherWithinMs = 5_000;

/** A namespace, a Redis, and the processes of the bot that share them; one case after the other. */
export class Lane {
  readonly #world: World;
  readonly #own: LaneWorld;
  readonly #store: Store;
  readonly #numbers: () => number;
  #bots: Bot[] = [];
  /** What the bots that there are serve. */
  #serving: Serving = { isCounted: false, isSequence: false };
  #next: number;

  private constructor(world: World, own: LaneWorld, store: Store, numbers: () => number) {
    this.#world = world;
    this.#own = own;
    this.#store = store;
    this.#numbers = numbers;
    this.#next = numbers();
  }

  /** `numbers`: gives each case a number of its own. */
  static async open(world: World, numbers: () => number): Promise<Lane> {
    const own = await world.openLane();
    const lane = new Lane(world, own, await Store.connect(own.redisUrl), numbers);
    await lane.#createNext();
    return lane;
  }

  /** What one process passes where nothing goes wrong. */
  async record(scenario: ScenarioName): Promise<Recording> {
    await this.#play(scenario, 'alone'); // once before, so that what is only done the first time has been done
    let recording: Recording | undefined;
    const { violations } = await this.#play(scenario, 'alone', undefined, async () => {
      recording = await this.#bots[0]?.recorded();
    });
    if (recording === undefined || violations.length > 0)
      throw new Error(`${scenario} goes wrong before anything is struck: ${JSON.stringify(violations)}`);
    return recording;
  }

  run({ id, scenario, form, fault, at }: Case): Promise<Result> {
    const file = join(this.#world.folder, `strike-${id}-${this.#next}`);
    return this.#play(scenario, form, { at, fault, file });
  }

  async close(): Promise<void> {
    await this.#clear();
    await this.#store.close();
  }

  async #play(name: ScenarioName, form: Form, strike?: Strike, look?: () => Promise<void>): Promise<Result> {
    const number = this.#next;
    this.#next = this.#numbers();
    const scenario: Scenario = scenarios[name];
    await Promise.all([this.#haveBots(form, servingOf(scenario)), this.#createNext()]);
    const stage = new Stage(number, {
      world: this.#world,
      store: this.#store,
      bots: () => this.#bots,
      lane: this.#own.name,
    });
    const act = await this.#prepared(stage, scenario);
    await Promise.all(this.#bots.map((bot) => bot.arm(strike)));

    const course = new Course(form, strike, scenario.takesMs);
    const acting = act();
    const crashes = await this.#follow(course, acting, form, strike);
    await look?.();
    const left = await this.#gather(stage, await acting, strike);
    const wrong = [...crashes, ...judge(left, scenario)];
    const late = course.late();
    const isMissed = strike === undefined && !wasTaken(scenario, left);
    await this.#leave(stage, wrong.length > 0 || !course.isQuiet || isMissed);
    if (isMissed) {
      const said = [left.asked.answer, ...left.told, ...left.ramps.map(({ state }) => JSON.stringify(state))];
      throw new NotPreparedError(`${name} was answered with ${said.join()}`);
    }
    return {
      violations: [...wrong, ...late],
      isOnlyLate: late.length > 0 && (wrong.length === 0 || !course.isQuiet),
      settledMs: course.settledMs,
    };
  }

  /** With processes of its own the next case begins, where this one does not. */
  async #prepared(stage: Stage, scenario: Scenario): Promise<() => Promise<Asked>> {
    try {
      const act = await scenario.prepare(stage);
      await this.#untilQuiet();
      stage.begin();
      return act;
    } catch (error) {
      await this.#leave(stage, true);
      throw error;
    }
  }

  /** Until everything is quiet: starts again what was killed, and thaws what was frozen once the others have gone on. */
  async #follow(course: Course, acting: Promise<Asked>, form: Form, strike?: Strike): Promise<readonly Violation[]> {
    const crashes: Violation[] = [];
    const untilMs = performance.now() + giveUpAfterMs;
    const hasActed = whetherSettled(acting);
    for (let pollMs = firstPollMs; performance.now() < untilMs && !course.isQuiet; pollMs = longer(pollMs)) {
      crashes.push(...(await this.#replaceEnded(form, strike)));
      if (course.isFrozen) await this.#thawWhenOthersAreDone(course, hasActed);
      else if (hasActed() && (await this.#isQuiet())) course.quiet();
      else await sleep(pollMs);
    }
    for (const bot of this.#bots) bot.resume();
    return crashes;
  }

  async #replaceEnded(form: Form, strike: Strike | undefined): Promise<readonly Violation[]> {
    const ended = this.#bots.filter(({ hasEnded }) => hasEnded);
    if (ended.length === 0) return [];
    this.#bots = this.#bots.filter(({ hasEnded }) => !hasEnded);
    if (form === 'alone') this.#bots.push(await this.#startBot());
    if (isKill(strike)) return [];
    return [{ invariant: 'I6', what: 'a process ended by itself', evidence: await ended[0]?.exited }];
  }

  /** So late that nothing is in the hands of the frozen one any more. */
  async #thawWhenOthersAreDone(course: Course, hasActed: () => boolean): Promise<void> {
    const areDone = await this.#store.isSettled();
    if (areDone) course.takenOver();
    const isStill = (await Promise.all(this.#bots.map((bot) => bot.unended()))).includes(undefined);
    if (!areDone || !hasActed() || !isStill || (await this.#store.isAnythingLocked())) return sleep(longestPollMs);
    for (const bot of this.#bots) bot.resume();
    course.thawed();
  }

  async #isQuiet(): Promise<boolean> {
    const unended = await Promise.all(this.#bots.map((bot) => bot.unended()));
    return unended.every((count) => count === 0) && (await this.#store.isSettled());
  }

  async #untilQuiet(): Promise<void> {
    for (const untilMs = performance.now() + giveUpAfterMs; performance.now() < untilMs; await sleep(firstPollMs))
      if (await this.#isQuiet()) return;
    throw new NotPreparedError('what comes before a case does not end');
  }

  /**
   * Guards go on looking, and what is said of a route comes later than the route: each has its card. It is gathered again where one came in
   * between.
   */
  async #gather(stage: Stage, asked: Asked, strike: Strike | undefined): Promise<Left> {
    for (const untilMs = performance.now() + gatherWithinMs; ; await sleep(longestPollMs)) {
      const left = await this.#gatherOnce(stage, asked, strike);
      const now = [await this.#store.records.ramps(), await this.#recordsOf(stage)];
      const isOfOneMoment = left.owed.length === 0 && isDeepStrictEqual(now, [left.ramps, left.records]);
      if (isOfOneMoment || performance.now() > untilMs) return left;
    }
  }

  async #gatherOnce(stage: Stage, asked: Asked, strike: Strike | undefined): Promise<Left> {
    const { refs, foreign, channel, told } = stage;
    const records = await this.#recordsOf(stage);
    const events = refs.map(async (ref) => [historyKey(ref), await this.#world.historyOf(ref)] as const);
    return {
      history: new Map(await Promise.all(events)),
      foreign,
      records,
      ramps: await this.#store.records.ramps(),
      events: await this.#store.records.events(),
      owed: (await this.#store.records.owed()).filter((id) => !isChangeId(id) || records.has(id)),
      messages: this.#world.slack.messages(channel),
      asked,
      told,
      strike,
    };
  }

  async #recordsOf({ refs }: Stage): Promise<Left['records']> {
    return new Map((await this.#store.recordsOf(refs)).map((change) => [change.id, change]));
  }

  async #leave(stage: Stage, isSpoilt: boolean): Promise<void> {
    await stage.leave();
    if (isSpoilt) await this.#clear();
    await this.#store.empty();
  }

  async #haveBots(form: Form, serving: Serving): Promise<void> {
    if (!isDeepStrictEqual(serving, this.#serving)) await this.#clear();
    this.#serving = serving;
    const wanted = form === 'alone' ? 1 : 2;
    await Promise.all(this.#bots.splice(wanted).map((bot) => bot.kill()));
    const missing = Array.from({ length: wanted - this.#bots.length });
    this.#bots.push(...(await Promise.all(missing.map(() => this.#startBot()))));
  }

  #startBot(): Promise<Bot> {
    return this.#world.startBot(this.#own, this.#serving);
  }

  /** Made before its case begins, so that every process has heard of it by then. */
  #createNext(): Promise<void> {
    return this.#world.createService({ name: serviceOf(this.#next), namespace: this.#own.name });
  }

  async #clear(): Promise<void> {
    await Promise.all(this.#bots.splice(0).map((bot) => bot.kill()));
  }
}

function longer(pollMs: number): number {
  return Math.min(pollMs * 1.2, longestPollMs);
}

function whetherSettled(work: Promise<unknown>): () => boolean {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  work.then(settle, settle);
  return () => settled;
}
