import { setTimeout as sleep } from 'node:timers/promises';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { kindOf } from './answers.ts';
import type { ChaosWorld } from './chaos-world.ts';
import type { People, Request } from './people.ts';

/** How long each process took to do its part, in ms. Undefined if it did not. */
export type Hearing = Readonly<Record<string, number | undefined>>;

export const hearsWithinMs = 30_000;

/**
 * Checks that every process still does its part. One that is connected to something dead looks alive but does nothing, and while another
 * does the work nobody notices. So each worker is tested alone, with the other one frozen.
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

/** Repeats the request until it is accepted. It is not while its split is already live, or while the chat process starts. */
async function ask(people: People): Promise<Request | undefined> {
  const untilMs = performance.now() + hearsWithinMs;
  for (let share = 1; performance.now() < untilMs; share = (share % 99) + 1) {
    const request = await people.say('alice', workspace.channels.general.id, `search v1=${share} v2=${100 - share}`);
    if (kindOf(request) === 'accepted') return request;
    await sleep(200);
  }
  return undefined;
}
