/** What a guard looks at. */
export const guardKinds = ['errors', 'latency', 'absolute', 'follow'] as const;
export type GuardKind = (typeof guardKinds)[number];

/** The most that a guard may do, by policy. */
export type Act = 'take-back' | 'hold' | 'tell';

/** What is known about the ramp besides the evidence. */
export interface Circumstances {
  /** Requests may come to these versions otherwise than by this split, and the metrics cannot tell which. */
  readonly isConfounded: boolean;
  /** The others exceed the absolute bound, too. */
  readonly othersExceed: boolean;
  /** Something was seen of the canary in this step. */
  readonly canaryWasSeen: boolean;
}

export type Verdict =
  /** Nothing was seen of the canary in this step. */
  | { readonly kind: 'unknown' }
  /** No sign that anything is wrong. */
  | { readonly kind: 'no-sign' }
  /** Were nothing wrong, fewer than one ramp in `oneIn` would look like this. */
  | { readonly kind: Act; readonly oneIn: number };

export const holdFrom = 100;
const takeBackFrom = 1_000;
/** A rarer chance than this means no more to anybody. */
const mostTold = 1e9;

export interface Weighed {
  readonly guard: GuardKind;
  readonly act: Act;
  /** ln E. */
  readonly logEvidence: number;
  /** How many guards of this ramp may hold it or take it back. Each has its share of the chance of a false alarm. */
  readonly guards: number;
}

/** What a guard says. It takes back from a chance of one in 1,000, and holds from one in 100. */
export function verdictOf(weighed: Weighed, circumstances: Circumstances): Verdict {
  const chance = oneIn(weighed.logEvidence, weighed.guards);
  if (chance < holdFrom) return { kind: circumstances.canaryWasSeen ? 'no-sign' : 'unknown' };
  const allowed = mostAllowed(weighed, circumstances);
  return { kind: chance < takeBackFrom && allowed === 'take-back' ? 'hold' : allowed, oneIn: chance };
}

function mostAllowed({ guard, act }: Weighed, { isConfounded, othersExceed }: Circumstances): Act {
  if (act === 'tell') return 'tell';
  if (guard === 'follow') return isConfounded ? 'tell' : 'hold';
  if (guard === 'absolute') return othersExceed ? 'hold' : act;
  return isConfounded ? 'hold' : act;
}

/** E divided by the number of guards, rounded down to a power of ten. */
export function oneIn(logEvidence: number, guards = 1): number {
  const digits = Math.floor((logEvidence - Math.log(guards)) / Math.LN10 + 1e-12); // ln 1,000 is 1,000, and not 999.99
  return Math.min(10 ** Math.max(digits, 0), mostTold);
}

/** How many of these guards may hold or take back. */
export function guardsThatAct(
  guards: readonly Pick<Weighed, 'guard' | 'act'>[],
  { isConfounded }: Pick<Circumstances, 'isConfounded'>,
): number {
  const circumstances = { isConfounded, othersExceed: false, canaryWasSeen: true };
  const acting = guards.filter((each) => mostAllowed({ ...each, logEvidence: 0, guards: 1 }, circumstances) !== 'tell');
  return Math.max(acting.length, 1);
}

const severity = ['take-back', 'hold', 'tell', 'unknown', 'no-sign'] as const satisfies readonly Verdict['kind'][];

/** The most severe one, and of these the surest. */
export function mostSevere<V extends Verdict>(verdicts: readonly V[]): V | undefined {
  const sureness = (verdict: Verdict) => ('oneIn' in verdict ? verdict.oneIn : 0);
  return verdicts.toSorted(
    (a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind) || sureness(b) - sureness(a),
  )[0];
}
