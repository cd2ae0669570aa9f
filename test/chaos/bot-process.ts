import { appendFileSync } from 'node:fs';
import { type LaunchedProcess, launch } from '../../src/sandbox/launched-process.ts';

interface Program {
  readonly path: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/** One process of the bot. It can be killed, frozen and restarted. */
export class BotProcess {
  readonly name: string;
  readonly #program: Program;
  #launched: LaunchedProcess | undefined;
  #frozen = false;
  /** Its last output, each time that it exited by itself. */
  readonly crashes: string[] = [];

  constructor(name: string, program: Program) {
    this.name = name;
    this.#program = program;
  }

  get isRunning(): boolean {
    return this.#launched !== undefined && !this.#frozen;
  }

  /** Returns as soon as the process exists, so that it can be killed while it starts. */
  async start(): Promise<void> {
    if (this.#launched !== undefined) return;
    const { path, environment, logFile } = this.#program;
    const { process: launched } = await launch({
      path: '/bin/sh',
      arguments: ['-c', 'echo launched; exec "$0" "$1"', process.execPath, path],
      environment,
      ready: /^launched$/,
      readyWithinMs: 20_000,
      onLine: (line) => appendFileSync(logFile, `${this.name} ${line}\n`),
    });
    this.#launched = launched;
    void launched.exited.then(({ code, signal, lastOutput }) => {
      if (this.#launched !== launched) return;
      this.#launched = undefined;
      this.crashes.push(
        `${this.name} exited by itself (${signal ?? `code ${code}`}): ${lastOutput.slice(-3).join(' | ')}`,
      );
      void this.start();
    });
  }

  async kill(): Promise<void> {
    const launched = this.#launched;
    this.#launched = undefined;
    this.#frozen = false;
    await launched?.kill();
  }

  freeze(): void {
    this.#frozen = this.#launched !== undefined;
    this.#launched?.pause();
  }

  thaw(): void {
    this.#frozen = false;
    this.#launched?.resume();
  }

  async stop(): Promise<void> {
    const launched = this.#launched;
    this.#launched = undefined;
    await launched?.stop();
  }
}
