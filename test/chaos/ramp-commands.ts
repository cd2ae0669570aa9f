import { cluster, secondCluster } from './history.ts';
import type { Random } from './random.ts';

type Versions = Readonly<Record<string, readonly [string, string, ...string[]]>>;

/** The shortest that a step may last. */
const stay = '15s';

/** What is typed about ramps, and whether the command takes a reason. */
export interface RampTyped {
  readonly text: string;
  readonly takesReason: boolean;
}

/** Starts a short ramp of one of these services, or does something to the one that runs. */
export function rampCommandOf(random: Random, versions: Versions): RampTyped {
  const [first = '', ...others] = Object.keys(versions);
  const service = random.pick([first, ...others]);
  const verb = random.weighed({ start: 6, next: 2, pause: 1, resume: 2.5, abort: 1, finish: 0.7 });
  if (verb !== 'start') return { text: `${verb} ${service}`, takesReason: verb === 'abort' };
  const [one, two, ...rest] = versions[service] ?? ['v1', 'v2'];
  return { text: `${service} ${random.pick([one, two, ...rest])} ${stepsOf(random)}`, takesReason: true };
}

/** The same of a service that goes from cluster to cluster, in either order; or one share in both, at once or watched. */
export function sequenceCommandOf(
  random: Random,
  service: string,
  [one, two, ...rest]: readonly [string, string, ...string[]],
): RampTyped {
  const verb = random.weighed({ start: 4, share: 6, next: 1.5, resume: 2, abort: 1.5, finish: 0.7 });
  if (verb !== 'start' && verb !== 'share') return { text: `${verb} ${service}`, takesReason: verb === 'abort' };
  const order = random.chance(0.7) ? [cluster, secondCluster] : [secondCluster, cluster];
  const watch = random.chance(0.4) ? ` --watch ${stay}` : '';
  const steps = verb === 'start' ? stepsOf(random) : `${random.between(1, 99)}${watch}`;
  const version = random.pick([one, two, ...rest]);
  return { text: `${service} ${version} ${steps} --cluster ${order.join()}`, takesReason: true };
}

function stepsOf(random: Random): string {
  const at = random.between(1, 20);
  switch (random.weighed({ timed: 2, range: 1, asked: 2, mixed: 2, down: 1 })) {
    case 'timed':
      return `${at},${at + 20},${at + 60} every ${stay}`;
    case 'range':
      return `${at}..${at + 60} by 30 every ${stay}`;
    case 'asked':
      return `${at} ask, ${at + 30} ask, 100 for ${stay}`; // without a time of its own, the last step would last minutes
    case 'mixed':
      return `${at} for ${stay}, ${at + 30} ask, ${at + 50} for ${stay}`;
    case 'down':
      return `${at + 50},${at + 10},${at + 30} every ${stay}`;
  }
}
