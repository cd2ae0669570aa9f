import type { Outcome } from './router-metrics.ts';

/** Who answered the last requests to one service. `by` is a version, or a failure: `503 NC`, or `v3 500` if a pod answered. */
export interface AnswerCounts {
  readonly of: number;
  readonly answers: readonly { readonly by: string; readonly isFailure: boolean; readonly count: number }[];
}

const kept = 100;

export class RecentAnswers {
  #last: Answered[] = [];

  add(outcome: Outcome): void {
    if (outcome.flag === 'DC') return; // the caller disconnected before anybody answered
    this.#last = [...this.#last.slice(1 - kept), outcome];
  }

  /** Versions first, then failures; both sorted by name. */
  get counts(): AnswerCounts {
    const counts = new Map<string, { readonly by: string; readonly isFailure: boolean; count: number }>();
    for (const answer of this.#last) {
      const { by, isFailure } = kindOf(answer);
      const known = counts.get(by) ?? { by, isFailure, count: 0 };
      counts.set(by, { ...known, count: known.count + 1 });
    }
    const answers = [...counts.values()].toSorted(
      (one, other) => Number(one.isFailure) - Number(other.isFailure) || one.by.localeCompare(other.by),
    );
    return { of: this.#last.length, answers };
  }
}

type Answered = Pick<Outcome, 'pod' | 'status' | 'flag'>;

function kindOf({ pod, status, flag }: Answered): { readonly by: string; readonly isFailure: boolean } {
  if (flag !== '-') return { by: `${status} ${flag}`, isFailure: true };
  if (pod === undefined) return { by: String(status), isFailure: true };
  return status >= 500 ? { by: `${pod.version} ${status}`, isFailure: true } : { by: pod.version, isFailure: false };
}
