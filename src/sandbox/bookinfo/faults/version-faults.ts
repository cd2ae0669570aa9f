import type { Workload } from '../pods.ts';

/** What is wrong with a version on purpose. A slow request may fail, too. */
export interface VersionFault {
  /** So many of 100 requests fail. */
  readonly failPercent: number;
  readonly status: FailStatus;
  /** So many of 100 requests are slow. */
  readonly slowPercent: number;
  /** How much longer a slow request takes. */
  readonly delayMs: number;
}

export const failStatuses = [500, 503] as const;
export type FailStatus = (typeof failStatuses)[number];

/** Two services in a row that are this slow still answer, or time out like services that are too slow. */
export const longestDelayMs = 2_000;

/** By the name of the workload: `reviews-v3`. A version that is not in it is well. */
export type Faults = ReadonlyMap<string, VersionFault>;

export const noFault: VersionFault = { failPercent: 0, status: 500, slowPercent: 0, delayMs: 0 };

/** The faults in force. They count from the next request on. */
export class VersionFaults {
  #inForce: Faults;
  readonly #onSet: (faults: Faults) => void;

  constructor(inForce: Faults = new Map(), onSet: (faults: Faults) => void = () => {}) {
    this.#inForce = inForce;
    this.#onSet = onSet;
  }

  get inForce(): Faults {
    return this.#inForce;
  }

  of({ name }: Pick<Workload, 'name'>): VersionFault {
    return this.#inForce.get(name) ?? noFault;
  }

  /** Takes the place of all faults before. */
  set(faults: Faults): void {
    this.#inForce = new Map([...faults].filter(([, fault]) => !isWell(fault)));
    this.#onSet(this.#inForce);
  }
}

/** In words, one line for each version that has a fault: `reviews-v3 fails 5 % (500)`. */
export function linesOf(faults: Faults): readonly string[] {
  return [...faults].map(([name, fault]) => `${name} ${[failing(fault), slow(fault)].filter(Boolean).join(' and ')}`);
}

function failing({ failPercent, status }: VersionFault): string {
  return failPercent === 0 ? '' : `fails ${failPercent} % (${status})`;
}

function slow(fault: VersionFault): string {
  return isSlow(fault) ? `is slow: ${fault.slowPercent} % take ${fault.delayMs} ms longer` : '';
}

function isWell(fault: VersionFault): boolean {
  return fault.failPercent === 0 && !isSlow(fault);
}

function isSlow({ slowPercent, delayMs }: VersionFault): boolean {
  return slowPercent > 0 && delayMs > 0;
}
