import type { Backend } from '../routing/route.ts';
import { permilles, type Split, versionsOf, weightOf } from '../routing/split.ts';

/** Why we cannot say anything about the traffic since a change. */
export const unmeasuredReasons = ['unreachable', 'too-seldom', 'not-counted'] as const;
export type UnmeasuredReason = (typeof unmeasuredReasons)[number];

export interface Counts {
  /** Requests by the version that answered. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests that reached no version, by Envoy's response flags (`NC`, `UH`). */
  readonly unanswered: Readonly<Record<string, number>>;
}

/** What was counted in a period that began after the change went live. */
export interface Counted extends Counts {
  readonly kind: 'counted';
  readonly from: string;
  readonly until: string;
  /** The counts of each service, if a change has several. The counts beside this field are then those of the first service. */
  readonly services?: readonly ServiceCounts[] | undefined;
}

/** The counts of the VirtualService with this name. */
export interface ServiceCounts extends Counts {
  readonly namespace: string;
  readonly name: string;
}

/** Each service costs a few queries, and a line on the card. */
export const mostSeenServices = 5;

/** What was observed since an applied change. */
export type Seen = Counted | { readonly kind: 'not-measured'; readonly because: UnmeasuredReason };

/** Requests to a host, as counted on the client's side. */
export interface CountedRequests {
  readonly host: string;
  /** The label `version` of the pod that answered; absent if none is known. */
  readonly version?: string | undefined;
  /** What Envoy says went wrong; absent if nothing did. */
  readonly flags?: string | undefined;
  readonly requests: number;
}

/**
 * The periods in which we count. Proxies take a second or two to follow a change. The second period leaves time for a Prometheus that
 * scrapes every 15 s, as Istio's own does. The third is for one that scrapes once a minute.
 */
const looks = [
  { fromMs: 2_000, untilMs: 12_000 },
  { fromMs: 15_000, untilMs: 75_000 },
  { fromMs: 60_000, untilMs: 120_000 },
] as const;
/** Scraped samples can be queried this long after the scrape. */
const storedMs = 1_000;
const patientMs = 180_000;
/** Prometheus could still answer, but readers of the card have moved on. */
const tooLateMs = 600_000;

export type Look =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | {
      readonly kind: 'look';
      readonly from: Date;
      readonly until: Date;
      /** What it finds is the last count that we show. */
      readonly isFinal: boolean;
      /** If it fails, no better period follows. */
      readonly isLast: boolean;
      /** If it fails, it is not tried again. */
      readonly isLastTry: boolean;
    }
  | { readonly kind: 'over' };

/** What to count now, by the clock alone. A process that comes late asks for the same period. */
export function nextLook({ at, seen }: { readonly at: string; readonly seen?: Seen | undefined }, nowMs: number): Look {
  const sinceMs = Date.parse(at);
  const ageMs = nowMs - sinceMs;
  const toldMs = seen?.kind === 'counted' ? Date.parse(seen.until) - sinceMs : 0;
  const left = looks.filter(({ untilMs }) => untilMs > toldMs);
  const due = left.findLast(({ untilMs }) => untilMs + storedMs <= ageMs);
  const next = left.find(({ untilMs }) => untilMs + storedMs > ageMs);
  if (ageMs >= tooLateMs) return { kind: 'over' };
  if (due === undefined) return next === undefined ? { kind: 'over' } : waitFor(sinceMs + next.untilMs + storedMs);
  return {
    kind: 'look',
    from: new Date(sinceMs + due.fromMs),
    until: new Date(sinceMs + due.untilMs),
    isFinal: due !== looks[0],
    isLast: next === undefined,
    isLastTry: ageMs >= patientMs,
  };
}

function waitFor(untilMs: number): Look {
  return { kind: 'wait', untilMs };
}

/** Neither a card nor a record has room for more. */
const mostNames = 20;

/** Counts by the names that people know: those of the backends, or the label itself if no backend has it or several do. */
export function tally(counted: readonly CountedRequests[], backends: readonly Backend[]): Counts {
  const isLost = ({ version, flags }: CountedRequests) => version === undefined && flags !== undefined;
  return {
    answered: sums(counted.filter((each) => !isLost(each)).map((each) => [nameOf(each, backends), each.requests])),
    unanswered: sums(counted.filter(isLost).map(({ flags = '', requests }) => [flags, requests])),
  };
}

function nameOf({ host, version }: CountedRequests, backends: readonly Backend[]): string {
  const ofHost = backends.filter((backend) => backend.host === host);
  const [labelled, ...more] = ofHost.filter(({ label }) => label !== undefined && label === version);
  const whole = ofHost.find(({ label }) => label === undefined);
  const known = more.length > 0 ? undefined : (labelled ?? whole);
  return known?.version ?? version ?? 'unknown';
}

function sums(entries: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const byName = new Map<string, number>();
  for (const [name, requests] of entries) byName.set(name, (byName.get(name) ?? 0) + requests);
  const all = [...byName].filter(([, requests]) => requests > 0).toSorted(([, a], [, b]) => b - a);
  const rest = all.slice(mostNames).reduce((sum, [, requests]) => sum + requests, 0);
  return Object.fromEntries([...all.slice(0, mostNames), ...(rest > 0 ? [['others', rest] as const] : [])]);
}

/** A number of requests, and its share of all requests in tenths of a percent. */
export interface Share {
  readonly name: string;
  readonly requests: number;
  readonly permille: number;
}

export interface Shares {
  readonly total: number;
  /** Every version that has weight or was seen. */
  readonly versions: readonly Share[];
  readonly unanswered: readonly Share[];
}

/** All permilles together are 1,000, unless there was no request. */
export function sharesOf({ answered, unanswered }: Counts, live: Split): Shares {
  const keyed = [
    ...Object.entries(answered).map(([name, requests]) => [`v${name}`, requests] as const),
    ...Object.entries(unanswered).map(([name, requests]) => [`f${name}`, requests] as const),
  ];
  const parts = permilles(Object.fromEntries(keyed));
  const weighty = Object.fromEntries(Object.entries(live).filter(([, weight]) => weight > 0));
  const share = (kind: 'v' | 'f', requests: Split) => (name: string) => ({
    name,
    requests: weightOf(requests, name),
    permille: weightOf(parts, `${kind}${name}`),
  });
  return {
    total: keyed.reduce((sum, [, requests]) => sum + requests, 0),
    versions: versionsOf(weighty, answered).map(share('v', answered)),
    unanswered: Object.keys(unanswered).map(share('f', unanswered)),
  };
}

/** Half the width of the 95 % interval, in percent, of the least certain share. */
export function halfWidth({ total, versions }: Pick<Shares, 'total' | 'versions'>): number {
  const widest = Math.max(...versions.map(({ requests }) => (requests / total) * (1 - requests / total)), 0);
  return 196 * Math.sqrt(widest / total);
}
