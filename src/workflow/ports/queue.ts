import type { Change } from '../../domain/change/change.ts';

/** Hands changes to workers. A failure is a StoreUnavailableError. */
export interface Queue {
  /** Once for a change at its rev, however often it is called. */
  add(change: Change): Promise<void>;
  /** Another job for a change whose first one may be lost, at most one in a moment; a second job for the same change is harmless. */
  addAgain(change: Change): Promise<void>;
}
