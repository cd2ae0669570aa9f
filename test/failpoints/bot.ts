import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Build } from './build.ts';
import type { Strike } from './faults.ts';

const recording = z.object({
  passes: z.array(z.object({ path: z.string(), nth: z.number(), name: z.string(), waits: z.boolean() })),
  moments: z.array(
    z.object({ path: z.string(), nth: z.number(), at: z.enum(['before', 'after']), traffic: z.number() }),
  ),
});
/** What a process has passed since it was armed. */
export type Recording = z.infer<typeof recording>;

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('warm') }),
  z.object({ kind: z.literal('answer'), ask: z.number(), value: z.unknown().optional() }),
]);

const isRunning = z.object({ port: z.number() });

const runsWithinMs = 20_000;
/** One that is frozen or dead does not answer. */
const answersWithinMs = 500;
const linesKept = 10;

/** One process of the bot, of the build whose awaits are steps. */
export class Bot {
  readonly #child: ChildProcess;
  readonly #warm = Promise.withResolvers<void>();
  readonly #running = Promise.withResolvers<number>();
  readonly #asked = new Map<number, (value: unknown) => void>();
  #count = 0;
  #hasEnded = false;
  /** What it said last. */
  #lastLines: readonly string[] = [];
  readonly exited: Promise<NodeJS.Signals | number | null>;
  port = 0;

  constructor({ entry, program, logFile }: Build) {
    this.#child = spawn(process.execPath, [entry, program], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? `${program}-compiled`,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        appendFileSync(logFile, `${this.#child.pid} ${line}\n`);
        this.#lastLines = [...this.#lastLines, line].slice(-linesKept);
        if (line.includes('"shiftbot is running"')) this.#running.resolve(isRunning.parse(JSON.parse(line)).port);
      });
    }
    this.#child.on('message', (text) => this.#hear(text));
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#hasEnded = true;
        for (const answer of this.#asked.values()) answer(undefined);
        resolve(signal ?? code);
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Makes it a bot; resolves when it serves. */
  async begin(environment: NodeJS.ProcessEnv): Promise<void> {
    await this.#warm.promise;
    this.#child.send({ kind: 'begin', environment: { ...environment, PORT: '0' } });
    const late = AbortSignal.timeout(runsWithinMs);
    this.port = await Promise.race([
      this.#running.promise,
      this.exited.then((how) => {
        throw new Error(`a bot ended as it began (${how}): ${this.#lastLines.join('\n')}`);
      }),
      new Promise<number>((_, reject) =>
        late.addEventListener('abort', () => reject(new Error('a bot does not begin'))),
      ),
    ]);
  }

  async arm(strike: Strike | undefined): Promise<void> {
    await this.#ask({ kind: 'arm', ...(strike === undefined ? {} : { strike }) }, runsWithinMs);
  }

  /** How many steps are under way; undefined from one that cannot say. */
  async unended(): Promise<number | undefined> {
    return z
      .number()
      .optional()
      .parse(await this.#ask({ kind: 'unended' }));
  }

  async recorded(): Promise<Recording> {
    return recording.parse(await this.#ask({ kind: 'recorded' }, runsWithinMs));
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Undefined where no answer comes in time: a frozen process cannot give one, and is not waited for long. */
  #ask(what: object, withinMs = answersWithinMs): Promise<unknown> {
    this.#count += 1;
    const ask = this.#count;
    return new Promise((resolve) => {
      const end = (value: unknown) => {
        clearTimeout(timer);
        this.#asked.delete(ask);
        resolve(value);
      };
      const timer = setTimeout(() => end(undefined), withinMs);
      this.#asked.set(ask, end);
      if (this.#hasEnded) end(undefined);
      else this.#child.send({ ...what, ask }, (error) => error !== null && end(undefined));
    });
  }

  #hear(text: unknown): void {
    const heard = message.parse(text);
    if (heard.kind === 'warm') this.#warm.resolve();
    else this.#asked.get(heard.ask)?.(heard.value);
  }
}
