import type { Workload } from '../pods.ts';
import { type Faults, noFault, type VersionFault } from './version-faults.ts';

interface Preset {
  readonly button: string;
  /** The whole of what is wrong afterwards: every other version is well. */
  readonly faults: (versions: readonly Workload[]) => Faults;
}

/** By the name that a link or a button gives: `/faults?preset=v3-fails`. */
export const presets: Readonly<Record<string, Preset>> = {
  'v3-fails': { button: 'v3 fails 5 %', faults: reviews({ failPercent: 5 }, 'v3') },
  'v3-slow': { button: 'v3 is slow', faults: reviews({ slowPercent: 50, delayMs: 500 }, 'v3') },
  'all-fail': { button: 'all versions fail 20 %', faults: reviews({ failPercent: 20 }) },
  well: { button: 'all is well', faults: () => new Map() },
};

/** A fault of one version of reviews, or of all of them. */
function reviews(fault: Partial<VersionFault>, only?: string): Preset['faults'] {
  return (versions) =>
    new Map(
      versions
        .filter(({ app, version }) => app === 'reviews' && (only === undefined || version === only))
        .map(({ name }) => [name, { ...noFault, ...fault }]),
    );
}
