import { Random } from '../chaos/random.ts';
import { heapBytes } from '../support/heap.ts';
import { processorMs } from '../support/processor-time.ts';
import type { Attempt, Target } from './target.ts';

export interface FuzzOptions {
  readonly targets: readonly Target[];
  readonly inputs: number;
  readonly seed: string;
  /** Run only this input of each target, to reproduce it. */
  readonly only?: number | undefined;
  readonly tell?: (line: string) => void;
}

export interface Violation {
  readonly target: string;
  readonly input: number;
  readonly what: string;
  readonly literal: string;
}

interface TargetReport {
  readonly target: string;
  readonly inputs: number;
  readonly perSecond: number;
  readonly slowestMs: number;
  readonly slowest: string;
  readonly grownMb: number;
}

export interface FuzzReport {
  readonly reports: readonly TargetReport[];
  readonly violations: readonly Violation[];
}

const slowestAllowedMs = 5;
/** Where the machine is slow: 90 kB of JSON take some 0.7 ms where 5 ms are meant. */
const mostOfJson = 8;
const someJson = JSON.stringify(
  Array.from({ length: 2_000 }, (_, at) => ({ id: at, name: `reviews-${at}`, weight: at % 100 })),
);
const mostGrowthMb = 50;
/** After these, code is compiled and caches are filled. */
const warmUp = 2_000;
/** The first inputs also pay for one-time work. */
const coldInputs = 300;
const batch = 1_000;
const mostViolations = 20;
const longestLiteral = 4_000;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const violations: Violation[] = [];
  const reports: TargetReport[] = [];
  const shares = options.targets.reduce((sum, { share }) => sum + share, 0);
  for (const target of options.targets) {
    const report = await fuzzTarget(target, Math.ceil((options.inputs * target.share) / shares), options, violations);
    reports.push(report);
    options.tell?.(lineOf(report));
    if (violations.length >= mostViolations) break;
  }
  return { reports, violations };
}

async function fuzzTarget(
  target: Target,
  inputs: number,
  { seed, only }: FuzzOptions,
  violations: Violation[],
): Promise<TargetReport> {
  const shared = sharedNames();
  const slowest = { ms: 0, literal: '' };
  let heapBefore = heapMb();
  const startedMs = performance.now();
  const [first, last] = only === undefined ? [0, inputs] : [only, only + 1];
  for (let input = first; input < last; input += 1) {
    const attempt = await target.attempt(new Random(`${seed}/${target.name}/${input}`));
    if (input === coldInputs) Object.assign(slowest, { ms: 0, literal: '' });
    const what =
      attempt.violation ??
      (await whatIsSlow(attempt, slowest, input >= coldInputs || only !== undefined)) ??
      (isBatchEnd(input) ? polluted(shared) : undefined);
    if (what !== undefined)
      violations.push({ target: target.name, input, what, literal: attempt.literal().slice(0, longestLiteral) });
    if (violations.length >= mostViolations) break;
    if (input === warmUp) heapBefore = heapMb();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const grownMb = heapMb() - heapBefore;
  if (grownMb > mostGrowthMb)
    violations.push({ target: target.name, input: last, what: `memory grew by ${grownMb.toFixed(1)} MB`, literal: '' });
  return {
    target: target.name,
    inputs: last - first,
    perSecond: Math.round((last - first) / seconds),
    slowestMs: slowest.ms,
    slowest: slowest.literal,
    grownMb,
  };
}

/** Any input is slow now and then on a busy machine. Only the fastest run counts. */
async function whatIsSlow(
  { tookMs, again, processorMs: measured, literal }: Attempt,
  slowest: { ms: number; literal: string },
  isWarm: boolean,
): Promise<string | undefined> {
  let bestMs = tookMs;
  for (let tries = 0; tries < 8 && bestMs > Math.min(slowest.ms, slowestAllowedMs); tries += 1) {
    bestMs = Math.min(bestMs, await again());
  }
  if (bestMs > slowest.ms) {
    slowest.ms = bestMs;
    slowest.literal = literal();
  }
  if (!isWarm || bestMs <= slowestAllowedMs) return undefined;
  // Both at the same moment, since a machine is not always as fast.
  for (let tries = 0; tries < 5; tries += 1) {
    const [ownMs, jsonMs] = [await measured(), jsonTime()];
    if (ownMs <= Math.max(slowestAllowedMs, mostOfJson * jsonMs)) return undefined;
  }
  return `takes ${bestMs.toFixed(1)} ms, and ${mostOfJson} times as long as 90 kB of JSON`;
}

/** A measure of the machine: how long 90 kB of JSON take to read and write. */
function jsonTime(): number {
  return processorMs(() => JSON.stringify(JSON.parse(someJson)), { times: 40 });
}

function isBatchEnd(input: number): boolean {
  return input % batch === batch - 1;
}

/** Names that all objects share. */
function sharedNames(): string {
  return JSON.stringify(
    [Object.prototype, Array.prototype, Function.prototype, String.prototype].map((each) =>
      Reflect.ownKeys(each).map(String),
    ),
  );
}

function polluted(before: string): string | undefined {
  return sharedNames() === before ? undefined : 'a prototype was changed';
}

function heapMb(): number {
  return heapBytes() / 1024 / 1024;
}

function lineOf({ target, inputs, perSecond, slowestMs, slowest, grownMb }: TargetReport): string {
  const shown = slowest.length > 80 ? `${slowest.slice(0, 80)}… (${slowest.length} characters)` : slowest;
  return `${target.padEnd(12)} ${String(inputs).padStart(8)} inputs  ${String(perSecond).padStart(7)}/s  slowest ${slowestMs.toFixed(2)} ms  grown ${grownMb.toFixed(1)} MB  ${shown}`;
}

export function reportOf({ violations }: FuzzReport, seed: string): string {
  if (violations.length === 0) return 'no violations';
  return violations
    .map(
      ({ target, input, what, literal }) =>
        `${target}: ${what}\n  again: npm run fuzz -- --seed ${seed} --target ${target} --only ${input}\n  input: ${literal}`,
    )
    .join('\n');
}
