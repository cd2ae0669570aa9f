import type { Random } from '../chaos/random.ts';

/** Code that gets input from outside, and what must be true of its output. */
export interface Target {
  readonly name: string;
  /** How many of a thousand inputs it gets. */
  readonly share: number;
  attempt(random: Random): Promise<Attempt>;
}

export interface Attempt {
  readonly tookMs: number;
  readonly violation: string | undefined;
  /** The input as a test would write it. */
  readonly literal: () => string;
  /** Runs the same input once more, and returns how long it took. */
  readonly again: () => Promise<number>;
  /** The CPU time of the input, independent of other load. */
  readonly processorMs: () => Promise<number>;
}

export interface Definition<I, O> {
  readonly name: string;
  readonly share: number;
  readonly make: (random: Random) => I;
  /** The measured code. It must not throw, except documented errors, which are caught here. */
  readonly run: (input: I) => O | Promise<O>;
  /** What is wrong with the output, if anything. */
  readonly judge: (input: I, output: O) => string | undefined;
}

/** The kernel counts CPU time in steps of some milliseconds: an input is run often enough that these do not matter. */
const mostTimes = 40;
const enoughMs = 200;

export function target<I, O>({ name, share, make, run, judge }: Definition<I, O>): Target {
  return {
    name,
    share,
    attempt: async (random) => {
      const input = make(random);
      const literal = () => JSON.stringify(input) ?? String(input);
      const again = async () => {
        const startedMs = performance.now();
        await run(input);
        return performance.now() - startedMs;
      };
      const processorMs = async () => {
        const before = process.threadCpuUsage();
        const spentMs = () => {
          const { user, system } = process.threadCpuUsage(before);
          return (user + system) / 1000;
        };
        let times = 0;
        for (; times < mostTimes && spentMs() < enoughMs; times += 1) await run(input);
        return spentMs() / times;
      };
      const startedMs = performance.now();
      try {
        const answer = run(input);
        const output = answer instanceof Promise ? await answer : answer;
        const tookMs = performance.now() - startedMs;
        return { tookMs, violation: judge(input, output), literal, again, processorMs };
      } catch (error) {
        const violation = `throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
        return { tookMs: 0, violation, literal, again: async () => 0, processorMs: async () => 0 };
      }
    },
  };
}
