import type { Random } from '../chaos/random.ts';

/** Code of ours that is given whatever may come from outside, and what must hold of its answer. */
export interface Target {
  readonly name: string;
  /** How many of a thousand inputs it gets. */
  readonly share: number;
  attempt(random: Random): Promise<Attempt>;
}

export interface Attempt {
  readonly tookMs: number;
  readonly violation: string | undefined;
  /** The input as it would be written in a test. */
  readonly literal: () => string;
  /** The same input once more. */
  readonly again: () => Promise<number>;
  /** What it takes of a processor, whatever else the machine does. */
  readonly processorMs: () => Promise<number>;
}

export interface Definition<I, O> {
  readonly name: string;
  readonly share: number;
  readonly make: (random: Random) => I;
  /** What is measured. It throws nothing, but for what it documents, and that is caught here. */
  readonly run: (input: I) => O | Promise<O>;
  /** What does not hold of an answer, if anything. */
  readonly judge: (input: I, output: O) => string | undefined;
}

/** The kernel counts in steps of some milliseconds. */
const cpuTimes = 40;

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
        for (let time = 0; time < cpuTimes; time += 1) await run(input);
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1000 / cpuTimes;
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
