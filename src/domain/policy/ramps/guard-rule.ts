/** What a guard does when it finds something: takes the ramp back, holds it, or only tells. */
export const guardActs = ['take-back', 'hold', 'tell'] as const;
export type GuardAct = (typeof guardActs)[number];

/** How the guards of a ramp watch it. */
export interface GuardRule {
  /** `times`: the canary may fail so many times as often as the others. `atMost`: a share from 0 to 1 that it may fail in any case. */
  readonly errors: { readonly times: number; readonly atMost?: number | undefined };
  /** The canary may be slow so many times as often as the others. Absent: latency is not watched. */
  readonly latency?: { readonly times: number } | undefined;
  /** What a ramp does after a step in which nothing was seen of the canary. */
  readonly blind: 'wait' | 'go';
  readonly act: GuardAct;
  readonly query?: GuardQuery | undefined;
  /** Whether `--no-guard` is allowed. */
  readonly mayBeOff: boolean;
}

/** A number of Prometheus that must not be over its bound for so many looks in a row. */
export interface GuardQuery {
  readonly query: string;
  readonly atMost: number;
  readonly looks: number;
  /** It takes back only if the file says so. */
  readonly act: GuardAct;
}

/** The guard of every ramp whose rule does not say otherwise. */
export const defaultGuard: GuardRule = { errors: { times: 1 }, blind: 'wait', act: 'take-back', mayBeOff: false };

/** One guard for a ramp that several rules decide about: it bears no more than any of them, and does what the strictest does. */
export function strictest(guards: readonly GuardRule[]): GuardRule {
  return guards.reduce(both, guards[0] ?? defaultGuard);
}

function both(one: GuardRule, other: GuardRule): GuardRule {
  const atMost = least(one.errors.atMost, other.errors.atMost);
  const slow = least(one.latency?.times, other.latency?.times);
  const act = guardActs.find((each) => each === one.act || each === other.act) ?? one.act;
  const query = one.query ?? other.query;
  return {
    errors: { times: Math.min(one.errors.times, other.errors.times), ...(atMost !== undefined && { atMost }) },
    ...(slow !== undefined && { latency: { times: slow } }),
    blind: one.blind === 'wait' ? 'wait' : other.blind,
    act,
    ...(query !== undefined && { query }),
    mayBeOff: one.mayBeOff && other.mayBeOff,
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
