import type { Changes } from '../ports/changes.ts';
import type { Holds } from '../ports/holds.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { People } from '../ports/people.ts';
import type { Policies } from '../ports/policies.ts';
import type { Aside, Log, Meter } from '../ports/process.ts';
import type { Ramps } from '../ports/ramps.ts';
import type { Traffic } from '../ports/traffic.ts';
import type { Cards } from '../showing/cards.ts';

/** What a worker needs to apply a change. */
export interface Bench {
  readonly mesh: Mesh;
  readonly changes: Changes;
  readonly ramps: Pick<Ramps, 'read'>;
  readonly cards: Cards;
  readonly policies: Policies;
  readonly people: People;
  readonly holds: Holds;
  readonly meter: Meter;
  /** Absent if no cluster's requests are counted. */
  readonly traffic?: Pick<Traffic, 'clusters'> | undefined;
  readonly log: Log;
  readonly now: () => Date;
  /** Runs work in the background. The process waits for it before it ends. */
  readonly aside: Aside;
}

export function isoNow({ now }: Pick<Bench, 'now'>): string {
  return now().toISOString();
}
