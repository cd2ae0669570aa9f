import type { Change } from '../../domain/change/change.ts';

/** Hands changes to workers. A failure is a StoreUnavailableError. */
export interface Queue {
  /** Adds one job for a change at its rev, however often it is called. */
  add(change: Change): Promise<void>;
  /** Adds another job for a change whose first one may be lost, at most one every few seconds. A second job for a change is harmless. */
  addAgain(change: Change): Promise<void>;
}
