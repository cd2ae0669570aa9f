import type { Change } from '../../../src/domain/change/change.ts';
import { isApplied } from '../../../src/domain/change/fate.ts';
import type { Seen } from '../../../src/domain/change/seen.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import type { House } from '../house.ts';

/** Where requests to a service are counted. */
export function hostOf(name: string): string {
  return `${name}.default.svc.cluster.local`;
}

/** What is noted of the traffic after a change. */
export function seenIn(house: House, { id }: Pick<Change, 'id'>): Seen | undefined {
  const change = house.stored(id);
  return isApplied(change) ? change.state.seen : undefined;
}

/** As many requests of reviews to each version every second from now on, for a while. */
export function flowIn(house: House, perSecond: Split, seconds = 130): void {
  for (let second = 0; second < seconds; second += 1) {
    const at = new Date(house.now().getTime() + second * 1000 + 500);
    for (const [version, requests] of Object.entries(perSecond))
      house.traffic.send(at, { host: hostOf('reviews'), version, requests });
  }
}

/** So many requests to a version in five seconds from now. */
export function sendIn(house: House, host: string, version: string, requests: number): void {
  house.traffic.send(new Date(house.now().getTime() + 5_000), { host, version, requests });
}

/** Two processes look after a while. */
export async function passIn(house: House, ms: number): Promise<void> {
  house.pass(ms);
  await house.reconcileAtOnce();
}
