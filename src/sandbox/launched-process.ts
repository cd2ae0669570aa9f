import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A program that we started. It ends when we end, at the latest. */
export interface LaunchedProcess {
  readonly pid: number;
  /** Resolves when the process has ended, for any reason. Never rejects. */
  readonly exited: Promise<ProcessEnd>;
  /** Freezes it (SIGSTOP), like a machine that hangs. */
  pause(): void;
  resume(): void;
  /** Ends it at once (SIGKILL), like a crash. */
  kill(): Promise<void>;
  /** Asks it to end (SIGTERM), and kills it if it does not end in time. May be called twice. */
  stop(): Promise<void>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastOutput: readonly string[];
}

export interface LaunchRequest {
  readonly path: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Matches the line that the program prints when it is ready. */
  readonly ready: RegExp;
  readonly readyWithinMs: number;
  /** Called with every line that it prints. */
  readonly onLine?: (line: string) => void;
}

export interface Launch {
  readonly process: LaunchedProcess;
  /** The match of the line that says it is ready. */
  readonly ready: RegExpExecArray;
}

/** A program ended before it was ready, or was not ready in time. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly lastOutput: readonly string[];

  constructor(message: string, { lastOutput = [], cause }: { lastOutput?: readonly string[]; cause?: unknown } = {}) {
    super([message, ...lastOutput.map((line) => `  ${line}`)].join('\n'), { cause });
    this.lastOutput = [...lastOutput];
  }
}

const keptLines = 20;
const insistAfterMs = 5_000;

/** Starts a program and waits for the line that says it is ready. */
export async function launch(request: LaunchRequest): Promise<Launch> {
  const guard = await parentDeathGuard();
  const [path = request.path, ...args] = [...guard, request.path, ...request.arguments];
  // In its own process group, the program does not get the terminal's Ctrl-C. So we can stop things in order.
  // Without the guard it stays in our group, and Ctrl-C ends everything.
  const child = spawn(path, args, {
    env: request.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: guard.length > 0,
  });

  const output = watchOutput(child);
  if (request.onLine !== undefined) output.onLine(request.onLine);
  const process = asLaunchedProcess(child, output.lines);
  try {
    const ready = await readyLine(process, output, request);
    return { process, ready };
  } catch (error) {
    await process.kill();
    throw error;
  }
}

/** The first of these programs that is on the PATH. */
export async function findOnPath(
  names: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Below the ports of outgoing connections: one of those could take a port between our check and its use. */
const portsToGive = { from: 10_000, below: 32_768 };
const portTries = 100;
const attemptsForAPort = 5;

/** A TCP port of the loopback interface that is free at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portTries; tries += 1) {
    const port = randomInt(portsToGive.from, portsToGive.below);
    if (await portIsFree(port)) return port;
  }
  throw new LaunchError('no free TCP port on 127.0.0.1');
}

/** Starts something on a free port. If another process takes the port first, tries another one. */
export async function onFreePort<T>(startOn: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort());
    } catch (error) {
      if (attempt === attemptsForAPort || !portWasTaken(error)) throw error;
    }
  }
}

/** Knows the messages of Node and of Redis. */
function portWasTaken(error: unknown): boolean {
  return (
    error instanceof LaunchError && error.lastOutput.some((line) => /EADDRINUSE|Address already in use/.test(line))
  );
}

export async function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * On Linux: what to put before a command so that the kernel kills it when we die, even if we are killed.
 * For the kernel, "we" is the thread that starts it.
 */
async function parentDeathGuard(): Promise<readonly string[]> {
  const setpriv = await findOnPath(['setpriv']);
  if (setpriv === undefined) return [];

  const guard = ['--pdeathsig', 'KILL', '--'];
  // BusyBox's setpriv does not have this option.
  return promisify(execFile)(setpriv, [...guard, setpriv, '--version']).then(
    () => [setpriv, ...guard],
    () => [],
  );
}

interface Output {
  /** The last lines, for an error message. */
  readonly lines: readonly string[];
  onLine(listener: (line: string) => void): void;
}

function watchOutput(child: ChildProcess): Output {
  const lines: string[] = [];
  const listeners: ((line: string) => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      for (const listener of listeners) listener(line);
    });
  }
  return { lines, onLine: (listener) => listeners.push(listener) };
}

async function readyLine(
  launched: LaunchedProcess,
  output: Output,
  { path, ready, readyWithinMs }: LaunchRequest,
): Promise<RegExpExecArray> {
  const late = new AbortController();
  const line = new Promise<RegExpExecArray>((resolve) => {
    output.onLine((text) => {
      const match = ready.exec(text);
      if (match !== null) resolve(match);
    });
  });
  const silence = delay(readyWithinMs, 'silent' as const, { signal: late.signal });

  try {
    const first = await Promise.race([line, launched.exited, silence]);
    if (first === 'silent')
      throw new LaunchError(`${path} was not ready within ${readyWithinMs} ms`, { lastOutput: output.lines });
    if ('lastOutput' in first)
      throw new LaunchError(`${path} ended at start (${first.signal ?? `code ${first.code}`})`, first);
    return first;
  } finally {
    late.abort();
  }
}

function asLaunchedProcess(child: ChildProcess, lines: readonly string[]): LaunchedProcess {
  const killWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killWithUs);

  const exited = new Promise<ProcessEnd>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null, last: readonly string[]): void => {
      process.off('exit', killWithUs);
      resolve({ code, signal, lastOutput: last });
    };
    child.once('error', (error) => settle(null, null, [...lines, error.message]));
    // 'close' and not 'exit', so that all of its output has been read.
    child.once('close', (code, signal) => settle(code, signal, [...lines]));
  });

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    // A paused process handles no signal but SIGKILL until it continues.
    child.kill('SIGCONT');
    const insist = setTimeout(() => child.kill('SIGKILL'), insistAfterMs);
    await exited;
    clearTimeout(insist);
  };

  return {
    pid: child.pid ?? 0,
    exited,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
