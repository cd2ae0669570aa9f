import type { Meter } from '../../src/workflow/ports/process.ts';

/** Records what was counted. */
export class InMemoryMeter implements Meter {
  readonly outcomes: string[] = [];
  readonly tookMs: number[] = [];
  readonly movedBy: string[] = [];
  readonly looks: string[] = [];

  ended(outcome: string): void {
    this.outcomes.push(outcome);
  }

  applied(tookMs: number): void {
    this.tookMs.push(tookMs);
  }

  movedAway(by: string): void {
    this.movedBy.push(by);
  }

  looked(outcome: string): void {
    this.looks.push(outcome);
  }
}
