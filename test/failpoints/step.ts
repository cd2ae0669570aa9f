import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { between, leadsTo, type Moment, type Pass, type Point, type Strike } from './faults.ts';
import { isAround } from './ways.ts';

/** Runs within the bot, in place of its awaits: counts what is passed, and strikes where it is told to. */

/** The steps that led here, outermost first: the same call from two places is two points. */
const way = new AsyncLocalStorage<string>();

/** What a struck await throws: nothing that any code expects. */
class FailpointError extends Error {
  override readonly name = 'FailpointError';
}

let armed: Strike | undefined;
let counts = new Map<string, number>();
let passes: Pass[] = [];
let moments: Moment[] = [];
let running = new Set<object>();
/** How often something went out of this process or came in. */
let traffic = 0;

/** Begins anew: nothing has been passed. */
export function arm(strike: Strike | undefined): void {
  armed = strike;
  counts = new Map();
  passes = [];
  moments = [];
  running = new Set();
}

export function recorded(): { readonly passes: readonly Pass[]; readonly moments: readonly Moment[] } {
  return { passes, moments };
}

/** How many of the steps begun since it was armed have not ended. */
export function unended(): number {
  return running.size;
}

export function step(name: string, evaluate: () => unknown): unknown {
  const before = way.getStore() ?? '';
  if (isAround(name)) return way.run(before, evaluate);

  const path = before === '' ? name : before + between + name;
  const nth = (counts.get(path) ?? 0) + 1;
  counts.set(path, nth);
  moments.push({ path, nth, at: 'before', traffic });
  const pass = { path, nth, name, waits: false };
  passes.push(pass);
  if (strikes(pass, 'throw-before')) return Promise.reject(new FailpointError(path));
  if (strikes(pass, 'kill-before')) process.kill(process.pid, 'SIGKILL');
  if (strikes(pass, 'pause-before')) process.kill(process.pid, 'SIGSTOP');

  const value = way.run(path, evaluate);
  if (!isThenable(value)) return value;
  pass.waits = true;
  return ended(value, pass, evaluate);
}

/** Each round of the loop is a step; what it goes through may have to be waited for first, which is a step of its own. */
export async function* steps(
  name: string,
  evaluate: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>,
): AsyncGenerator<unknown> {
  const iterator = (await evaluate())[Symbol.asyncIterator]();
  for (;;) {
    const next = (await step(name, () => iterator.next())) as IteratorResult<unknown>; // what an iterator gives
    if (next.done === true) return;
    yield next.value;
  }
}

async function ended(first: PromiseLike<unknown>, { path, nth }: Point, evaluate: () => unknown) {
  const at = { path, nth };
  const mark = {};
  const begun = running.add(mark);
  let [outcome] = await Promise.allSettled([first]);
  if (outcome.status === 'fulfilled' && strikes(at, 'twice'))
    [outcome] = await Promise.allSettled([way.run(path, async () => evaluate())]);
  begun.delete(mark);
  moments.push({ path, nth, at: 'after', traffic });
  if (strikes(at, 'kill-after')) process.kill(process.pid, 'SIGKILL');
  if (strikes(at, 'pause-after')) process.kill(process.pid, 'SIGSTOP');
  if (strikes(at, 'throw-after')) throw new FailpointError(path);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** Once for all processes that are armed with it: who makes the file strikes. */
function strikes(point: Point, fault: Strike['fault']): boolean {
  if (armed === undefined || armed.fault !== fault || !isAt(point, armed.at)) return false;
  const { file } = armed;
  armed = undefined;
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAt({ path, nth }: Point, at: Strike['at']): boolean {
  return 'path' in at ? at.path === path && at.nth === nth : leadsTo(path, at);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Whoever sets a timer has gone on when it rings: what follows belongs to the timer. */
function leaveTheWayAtTimers(): void {
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const original = functionIn(globalThis, name);
    const leaving = (callback: (...all: unknown[]) => unknown, ...rest: unknown[]) =>
      original((...all: unknown[]) => way.run('', callback, ...all), ...rest);
    Object.defineProperties(leaving, Object.getOwnPropertyDescriptors(original)); // how it is made a promise
    Object.assign(globalThis, { [name]: leaving });
  }
}

function countTraffic(): void {
  for (const name of ['_write', '_writev', 'push']) {
    const original = functionIn(Socket.prototype, name);
    Object.assign(Socket.prototype, {
      [name](this: Socket, ...all: unknown[]): unknown {
        traffic += 1;
        return Reflect.apply(original, this, all);
      },
    });
  }
}

function functionIn(holder: object, name: string): (...all: unknown[]) => unknown {
  const value: unknown = Reflect.get(holder, name);
  if (!isFunction(value)) throw new Error(`there is no function ${name}`);
  return value;
}

function isFunction(value: unknown): value is (...all: unknown[]) => unknown {
  return typeof value === 'function';
}

leaveTheWayAtTimers();
countTraffic();
