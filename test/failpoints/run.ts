import { type Case, type Enumerated, enumerate } from './cases.ts';
import type { Step } from './instrument.ts';
import { Lane, type Result } from './lane.ts';
import { type ScenarioName, scenarioNames, scenarios, servingOf } from './scenarios.ts';
import { NotPreparedError } from './stage.ts';
import { World } from './world.ts';

export interface FailpointOptions {
  readonly scenarios?: readonly ScenarioName[];
  /** Which of the cases are run; all of them where nothing is said. */
  readonly choose?: (recorded: Recorded) => readonly Case[];
  /** How many cases run at a time. */
  readonly lanes: number;
  /** The built bot, where it is another than `compile` makes. */
  readonly sources?: string;
  readonly onResult?: (ran: Ran) => void;
  /** A case took too long, and is run again where fewer run at a time. */
  readonly onLate?: (late: Case) => void;
}

/** What there is to choose from. */
export interface Recorded {
  readonly enumerated: ReadonlyMap<ScenarioName, Enumerated>;
  /** Every case of these scenarios. */
  readonly cases: readonly Case[];
  /** Every step that the bot has, passed or not. */
  readonly steps: readonly Step[];
}

export interface Ran extends Result {
  readonly case: Case;
}

export interface Outcome {
  readonly enumerated: ReadonlyMap<ScenarioName, Enumerated>;
  readonly ran: readonly Ran[];
  readonly seconds: number;
  /** Where the logs lie; they are kept only when something is wrong. */
  readonly folder: string;
}

/** Which of two processes does a thing, and what meets what, is left to luck: who does not pass the point tries again. */
const tries = 4;

/** What a scenario passes is recorded where nothing else makes it late. */
const recordersAtATime = 4;

/** Records what each scenario passes, and then lets every fault strike at every point of it, each in a case of its own. */
export async function runFailpoints(options: FailpointOptions): Promise<Outcome> {
  const startedMs = performance.now();
  const { lanes: count, sources } = options;
  const world = await World.start({
    warm: Math.ceil(count / 2),
    lanes: count,
    ...(sources === undefined ? {} : { sources }),
  });
  const ran: Ran[] = [];
  const tell = (done: Ran) => {
    ran.push(done);
    options.onResult?.(done);
  };
  try {
    let number = 0;
    const numbers = () => {
      number += 1;
      return number;
    };
    const lanes = await Promise.all(Array.from({ length: count }, () => Lane.open(world, numbers)));
    const enumerated = await enumerateAll(world, lanes.slice(0, recordersAtATime), options.scenarios ?? scenarioNames);
    const cases = [...enumerated.values()].flatMap((each) => each.cases);
    const chosen = options.choose?.({ enumerated, cases, steps: world.build.steps }) ?? cases;
    // Many cases at a time take the processors from each other: what was too late is run again beside fewer, and judged alone.
    let waiting = chosen;
    for (const few of [count, Math.ceil(count / 4), 1]) {
      await closeAll(lanes.splice(few));
      const late: Case[] = [];
      await strikeAll(lanes, waiting, (done) => {
        if (!done.isOnlyLate || few === 1) return tell(done);
        late.push(done.case);
        options.onLate?.(done.case);
      });
      waiting = late;
    }
    await closeAll(lanes);
    return { enumerated, ran, seconds: (performance.now() - startedMs) / 1000, folder: world.folder };
  } finally {
    await world.stop({ keep: ran.some(({ violations }) => violations.length > 0) });
  }
}

async function enumerateAll(
  world: World,
  lanes: readonly Lane[],
  names: readonly ScenarioName[],
): Promise<ReadonlyMap<ScenarioName, Enumerated>> {
  const enumerated = new Map<ScenarioName, Enumerated>();
  const waiting = [...names];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        enumerated.set(name, enumerate(name, await recorded(lane, name), world.build.steps));
    }),
  );
  return enumerated;
}

/**
 * A lane stays with cases that want the same processes, since others would cost it new ones, and a process is quick only once it has done
 * the same a few times: those that are killed are apart. Cases are mixed by their ids, so that those that wait and those that compute go on
 * side by side all the time.
 */
async function strikeAll(lanes: readonly Lane[], cases: readonly Case[], onResult: (ran: Ran) => void): Promise<void> {
  const mixed = cases.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const queues = [...Map.groupBy(mixed, processesOf).values()].map((waiting) => ({ waiting, lanes: 0 }));
  const share = (queue: (typeof queues)[number]) => queue.waiting.length / (queue.lanes + 1);
  await Promise.all(
    lanes.map(async (lane) => {
      for (;;) {
        const queue = queues.toSorted((a, b) => share(b) - share(a)).find(({ waiting }) => waiting.length > 0);
        if (queue === undefined) return;
        queue.lanes += 1;
        for (let next = queue.waiting.shift(); next !== undefined; next = queue.waiting.shift())
          onResult(await struck(lane, next));
        queue.lanes -= 1;
      }
    }),
  );
}

/** How many processes of the bot a case wants, what they serve, and whether one of them is killed. */
function processesOf({ form, scenario, fault }: Case): string {
  const { isCounted, isSequence } = servingOf(scenarios[scenario]);
  return `${form} ${isCounted} ${isSequence} ${fault.startsWith('kill')}`;
}

async function closeAll(lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
}

/** The machine was too busy for what must come before, so that the point was not reached; the report counts such cases. */
const notPassed: Result = { violations: [], isOnlyLate: false, settledMs: undefined };

async function recorded(lane: Lane, name: ScenarioName): ReturnType<Lane['record']> {
  for (let left = tries; ; left -= 1) {
    try {
      return await lane.record(name);
    } catch (error) {
      if (!(error instanceof NotPreparedError) || left === 1) throw error;
    }
  }
}

async function struck(lane: Lane, each: Case): Promise<Ran> {
  for (let left = tries; ; left -= 1) {
    const result = await lane.run(each).catch((error: unknown) => {
      if (error instanceof NotPreparedError) return notPassed;
      throw error;
    });
    const isDone = result.settledMs !== undefined || result.violations.length > 0 || left === 1;
    if (isDone) return { case: each, ...result };
  }
}
