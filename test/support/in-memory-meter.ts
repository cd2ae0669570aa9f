import type { Meter } from '../../src/workflow/ports/process.ts';

/** Records what was counted. */
export class InMemoryMeter implements Meter {
  readonly outcomes: string[] = [];
  readonly tookMs: number[] = [];
  readonly movedBy: string[] = [];
  readonly looks: string[] = [];
  readonly guardSays: string[] = [];
  steps = 0;

  ended(outcome: string): void {
    this.outcomes.push(outcome);
  }

  applied(tookMs: number): void {
    this.tookMs.push(tookMs);
  }

  movedAway(by: string): void {
    this.movedBy.push(by);
  }

  stepped(): void {
    this.steps += 1;
  }

  guarded(says: string): void {
    this.guardSays.push(says);
  }

  looked(outcome: string): void {
    this.looks.push(outcome);
  }
}
