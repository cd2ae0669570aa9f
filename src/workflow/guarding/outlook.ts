import { latelyByVersion, latelyTogether } from '../../domain/guard/lately.ts';
import { latencyBound } from '../../domain/guard/latency-bound.ts';
import { shortestWatchedMs } from '../../domain/guard/looks.ts';
import { noticedRatio } from '../../domain/guard/notice.ts';
import type { PlannedStep } from '../../domain/ramp/ramp.ts';
import { isAtOnce } from '../../domain/ramp/steps.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import type { Desk } from '../desk.ts';
import { TrafficUnavailableError } from '../errors.ts';
import type { InTheWay } from './surroundings.ts';

/** What the guards could notice, by the last hour. */
export interface Outlook {
  readonly requestsPerSecond: number;
  /** Between 0 and 1. */
  readonly failureRate: number;
  /** For each step: from how many times as often a failing canary is taken back in its time. Undefined: not in that time, or not known. */
  readonly noticed: readonly (number | undefined)[];
}

export interface Foresight {
  /** Undefined where nothing is known of the last hour. */
  readonly outlook?: Outlook | undefined;
  /** The shortest step with two looks; undefined if it is not known how often Prometheus scrapes. */
  readonly shortestMs?: number | undefined;
  /** From this time on a request counts as slow; undefined where latency is not watched, or no bound fits. */
  readonly slowerThanMs?: number | undefined;
  /** Prometheus did not answer, so nothing of this could be fixed. */
  readonly isUnreachable?: true | undefined;
  /** What is in the way of a comparison now. */
  readonly inTheWay?: InTheWay | undefined;
}

const hourMs = 3600_000;

interface Planned {
  readonly live: LiveObject;
  readonly rule: string;
  readonly steps: readonly PlannedStep[];
  /** The versions that the canary is compared with; latency is watched by their last hour. Absent: it is not watched. */
  readonly others?: readonly string[] | undefined;
  /** How many guards may act. */
  readonly guards: number;
}

/** A request that comes later than 1.6 s after its beginning is not accepted, so the rest is for Redis and the cluster. */
const patienceMs = 1_000;

/** Asks Prometheus what guards would have to go by. */
export async function foresee(desk: Desk, planned: Planned): Promise<Foresight> {
  const late = Promise.withResolvers<Foresight>();
  const timer = setTimeout(() => late.resolve({ isUnreachable: true }), patienceMs);
  try {
    return await Promise.race([askAll(desk, planned), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function askAll(desk: Desk, planned: Planned): Promise<Foresight> {
  const { live, rule, others } = planned;
  const backends = findRule(live, rule)?.backends ?? [];
  const [host] = [...new Set(backends.map((backend) => backend.host))];
  if (desk.traffic === undefined || host === undefined) return {};
  const { cluster } = live.object;
  const now = desk.now();
  const period = { cluster, host, since: new Date(0), from: new Date(now.getTime() - hourMs), until: now };
  try {
    const [scraped, counted, durations] = await Promise.all([
      desk.traffic.scraped({ cluster, host, at: now }),
      desk.traffic.countByCaller(period),
      others === undefined ? undefined : desk.traffic.durations(period),
    ]);
    const slowerThanMs =
      durations?.kind === 'counted' && others !== undefined
        ? latencyBound(durations.requests, { others, backends })
        : undefined;
    const everyMs = scraped.kind === 'scraped' ? scraped.everyMs : undefined;
    const lately =
      counted.kind === 'counted'
        ? latelyTogether(latelyByVersion(counted.requests, backends, hourMs / 1000).values())
        : undefined;
    return {
      ...(everyMs !== undefined && { shortestMs: shortestWatchedMs(everyMs) }),
      ...(slowerThanMs !== undefined && { slowerThanMs }),
      ...(lately !== undefined && { outlook: { ...lately, noticed: noticedBy(planned, lately) } }),
    };
  } catch (err) {
    if (!(err instanceof TrafficUnavailableError)) throw err;
    desk.log.warn({ err }, 'what guards could notice is not known');
    return { isUnreachable: true };
  }
}

function noticedBy(
  { steps, guards }: Planned,
  lately: { readonly requestsPerSecond: number; readonly failureRate: number },
): Outlook['noticed'] {
  return steps.map(({ percent, stay }) => {
    if (stay.kind !== 'for' || isAtOnce(stay) || percent <= 0 || percent >= 100 || lately.failureRate === 0)
      return undefined;
    return noticedRatio(stay.ms / 1000, { share: percent / 100, ...lately, steps: steps.length, guards });
  });
}
