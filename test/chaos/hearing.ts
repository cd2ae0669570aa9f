import { setTimeout as sleep } from 'node:timers/promises';
import { workspace } from '../../src/sandbox/local-slack.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { kindOf } from './check.ts';
import type { People, Request } from './people.ts';

/** How long each process took to do its part, in ms; undefined where it did not. */
export type Hearing = Readonly<Record<string, number | undefined>>;

export const hearsWithinMs = 30_000;

/**
 * Whether every process still does its part: one that is connected to something dead looks alive and does nothing, and as long as
 * another does the work nobody would notice. So each worker is asked alone, with the other one frozen.
 */
export async function proveHearing(world: ChaosWorld, people: People): Promise<Hearing> {
  const [chat, ...workers] = world.members;
  const startedMs = performance.now();
  const asked = await ask(people);
  const took: Record<string, number | undefined> = {
    [chat.bot.name]: asked && performance.now() - startedMs,
  };
  for (const { bot } of workers) {
    const others = workers.filter((each) => each.bot !== bot);
    for (const other of others) other.bot.freeze();
    took[bot.name] = await applied(world, people);
    for (const other of others) other.bot.thaw();
  }
  return took;
}

async function applied(world: ChaosWorld, people: People): Promise<number | undefined> {
  const startedMs = performance.now();
  const request = await ask(people);
  const token = request?.token;
  while (token !== undefined && performance.now() - startedMs < hearsWithinMs) {
    const newest = [...world.history.events.values()].map((events) => events.at(-1)?.object.metadata.annotations);
    if (newest.some((annotations) => annotations?.['shiftbot.dev/history']?.includes(`"${token}"`)))
      return performance.now() - startedMs;
    await sleep(20);
  }
  return undefined;
}

/** Asks until it is accepted; what is live already is not, nor is anything while the chat process still comes up. */
async function ask(people: People): Promise<Request | undefined> {
  const untilMs = performance.now() + hearsWithinMs;
  for (let share = 1; performance.now() < untilMs; share = (share % 99) + 1) {
    const request = await people.say('alice', workspace.channels.general.id, `search v1=${share} v2=${100 - share}`);
    if (kindOf(request) === 'accepted') return request;
    await sleep(200);
  }
  return undefined;
}
