import type { Outcome } from './router-metrics.ts';

/** Who answered the last requests to one service. `by` is a version, or the status and flag of a failure (`503 NC`). */
export interface AnswerCounts {
  readonly of: number;
  readonly answers: readonly { readonly by: string; readonly isFailure: boolean; readonly count: number }[];
}

const kept = 100;

export class RecentAnswers {
  #last: Pick<Outcome, 'pod' | 'status' | 'flag'>[] = [];

  add(outcome: Outcome): void {
    if (outcome.flag === 'DC') return; // the caller disconnected before anybody answered
    this.#last = [...this.#last.slice(1 - kept), outcome];
  }

  /** Versions first, then failures; both sorted by name. */
  get counts(): AnswerCounts {
    const counts = new Map<string, { readonly by: string; readonly isFailure: boolean; count: number }>();
    for (const { pod, status, flag } of this.#last) {
      const isFailure = flag !== '-' || pod === undefined || status >= 500;
      const by = isFailure ? `${status} ${flag}`.replace(/ -$/, '') : pod.version;
      const known = counts.get(by) ?? { by, isFailure, count: 0 };
      counts.set(by, { ...known, count: known.count + 1 });
    }
    const answers = [...counts.values()].toSorted(
      (one, other) => Number(one.isFailure) - Number(other.isFailure) || one.by.localeCompare(other.by),
    );
    return { of: this.#last.length, answers };
  }
}
