import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Policy } from '../domain/policy/policy.ts';
import type { Policies } from '../workflow/ports/policies.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { Fault } from '../yaml/read-yaml.ts';
import { largestPolicy, type ReadPolicy, readPolicy } from './read-policy.ts';

/** The policy file as read at the start: its bytes and what they say. */
export interface FirstPolicy {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly read: Extract<ReadPolicy, { ok: true }>;
}

/** Reads the file once, at the start. There is no earlier policy to fall back on, so a bad file is an error. */
export function openPolicy(
  path: string,
): { readonly ok: true; readonly first: FirstPolicy } | { readonly ok: false; readonly faults: readonly string[] } {
  const bytes = readBytes(path);
  if (bytes === undefined) return { ok: false, faults: ['names a file that cannot be read'] };
  const read = readPolicy(bytes);
  return read.ok ? { ok: true, first: { path, bytes, read } } : { ok: false, faults: read.faults.map(describeFault) };
}

/** `3:5 rules[0]: there is no key …` */
export function describeFault({ line, column, message }: Fault): string {
  return `${line}:${column} ${message}`;
}

/** A new text counts only when it is still the same at the next look, so that a half-written file is never used. */
const lookEveryMs = 2_000;

/**
 * The policy of a file that may change. Reads the file every few seconds: a mounted ConfigMap is swapped behind a symbolic link, which file
 * watchers do not notice. A good new text takes effect at once. A bad or missing file leaves the last good policy in force, and is
 * reported.
 */
export class PolicyFile implements Policies {
  readonly #path: string;
  readonly #log: Log;
  readonly #everyMs: number;
  #policy: Policy;
  /** The last text that was parsed. */
  #judged: Uint8Array | undefined;
  /** The text at the last look. */
  #seen: Uint8Array | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;

  constructor({ path, bytes, read }: FirstPolicy, log: Log, everyMs = lookEveryMs) {
    this.#path = path;
    this.#log = log;
    this.#everyMs = everyMs;
    this.#policy = read.policy;
    this.#judged = bytes;
    this.#seen = bytes;
    this.#warn(read);
  }

  current(): Policy {
    return this.#policy;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    this.#isRunning = true;
    this.#next();
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
  }

  /** Looks at the file once. A new text counts when the next look finds it unchanged. */
  async look(): Promise<void> {
    const bytes = await this.#bytes();
    const isSettled = same(bytes, this.#seen);
    this.#seen = bytes;
    if (isSettled && !same(bytes, this.#judged)) this.#judge(bytes);
  }

  #judge(bytes: Uint8Array | undefined): void {
    this.#judged = bytes;
    const read = bytes === undefined ? undefined : readPolicy(bytes);
    if (read?.ok) {
      this.#policy = read.policy;
      this.#problem = undefined;
      this.#log.info({ rules: read.policy.rules?.length, freezes: read.policy.freezes.length }, 'new policy in force');
      this.#warn(read);
      return;
    }
    const faults = read === undefined ? ['it cannot be read'] : read.faults.map(describeFault);
    const [first = ''] = faults;
    this.#problem = faults.length === 1 ? first : `${first} (and ${faults.length - 1} more)`;
    this.#log.warn({ faults }, 'the policy file has faults, so the last good policy stays in force');
  }

  #warn({ warnings }: Extract<ReadPolicy, { ok: true }>): void {
    if (warnings.length > 0) this.#log.warn({ warnings: warnings.map(describeFault) }, 'the policy file has warnings');
  }

  async #bytes(): Promise<Uint8Array | undefined> {
    try {
      const { size } = await stat(this.#path);
      return size > largestPolicy ? new Uint8Array(largestPolicy + 1) : await readFile(this.#path);
    } catch {
      return undefined; // reported as a problem of the file if it lasts
    }
  }

  #next(): void {
    if (!this.#isRunning) return;
    this.#timer = setTimeout(() => {
      this.look()
        .catch((err: unknown) => this.#log.error({ err }, 'the policy file could not be checked'))
        .finally(() => this.#next());
    }, this.#everyMs);
    this.#timer.unref();
  }
}

/** Does not read a file that is too large: one byte over the limit is enough to refuse it. */
function readBytes(path: string): Uint8Array | undefined {
  try {
    return statSync(path).size > largestPolicy ? new Uint8Array(largestPolicy + 1) : readFileSync(path);
  } catch {
    return undefined; // the caller reports it as a fault
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
