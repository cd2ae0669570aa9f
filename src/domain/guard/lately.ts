import type { Backend } from '../routing/route.ts';
import { endingOf, type LabelledRequests } from './requests.ts';
import { versionOf } from './sides.ts';

/** How a version has fared lately, or several together. */
export interface Lately {
  readonly requestsPerSecond: number;
  /** Between 0 and 1. */
  readonly failureRate: number;
}

/** By version. A version without a request is absent. */
export function latelyByVersion(
  counted: readonly LabelledRequests[],
  backends: readonly Backend[],
  seconds: number,
): ReadonlyMap<string, Lately> {
  const byVersion = new Map<string, { requests: number; bad: number }>();
  for (const each of counted) {
    const version = versionOf(each, backends);
    const ending = endingOf(each);
    if (version === undefined || each.requests === 0 || !['good', 'bad'].includes(ending)) continue;
    const { requests, bad } = byVersion.get(version) ?? { requests: 0, bad: 0 };
    const more = ending === 'bad' ? each.requests : 0;
    byVersion.set(version, { requests: requests + each.requests, bad: bad + more });
  }
  return new Map(
    [...byVersion].map(([version, { requests, bad }]) => [
      version,
      { requestsPerSecond: requests / seconds, failureRate: bad / requests },
    ]),
  );
}

/** All versions as one. Undefined: there was no traffic, so nothing is known. */
export function latelyTogether(versions: Iterable<Lately>): Lately | undefined {
  const all = [...versions];
  const requestsPerSecond = all.reduce((sum, each) => sum + each.requestsPerSecond, 0);
  const failing = all.reduce((sum, each) => sum + each.requestsPerSecond * each.failureRate, 0);
  return requestsPerSecond > 0 ? { requestsPerSecond, failureRate: failing / requestsPerSecond } : undefined;
}
