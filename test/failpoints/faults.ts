/** What happens at a step. A kill is a SIGKILL; a pause a SIGSTOP that lasts longer than every lock the process held. */
export const faults = [
  'throw-before',
  'throw-after',
  'kill-before',
  'kill-after',
  'pause-before',
  'pause-after',
  'twice',
] as const;
export type Fault = (typeof faults)[number];

/** One passing of a step: how it was reached, and how often it was before, since the process was armed. */
export interface Pass {
  readonly path: string;
  readonly nth: number;
  readonly name: string;
  /** Whether there was something to wait for. */
  waits: boolean;
}

/** A moment at which a process may be killed or paused, and how much had gone out or come in by then. */
export interface Moment {
  readonly path: string;
  readonly nth: number;
  readonly at: 'before' | 'after';
  readonly traffic: number;
}

export interface Strike {
  readonly path: string;
  readonly nth: number;
  readonly fault: Fault;
  /** Made by who strikes. */
  readonly file: string;
}

export function isKill(strike: Strike | undefined): boolean {
  return strike?.fault.startsWith('kill') ?? false;
}
