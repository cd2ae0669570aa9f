import type { ChangeId } from '../routing/names.ts';
import type { Hold } from './freeze.ts';
import { globMatches } from './glob.ts';

/** A lock or a freeze that somebody set. */
export interface SetHold extends Hold {
  /** Another one each time it is set, so that a question about one holds for no other. */
  readonly id: ChangeId;
  /** A glob over `cluster/namespace/service`; a lock's is the own name of one object. */
  readonly target: string;
  /** A user id, or `hook:` and the name of what a hook set. */
  readonly by: string;
  readonly since: Date;
  readonly until: Date;
}

const hour = 3_600_000;

/** How long a hold lasts where nothing is said, and at most. */
export const spans = {
  lock: { defaultMs: 8 * hour, longestMs: 7 * 24 * hour },
  freeze: { defaultMs: 24 * hour, longestMs: 30 * 24 * hour },
} as const;

/** So many freezes stand at once at most: whoever freezes without end must not fill the store. */
export const mostFreezes = 100;

const namePattern = /^[a-z0-9][a-z0-9._:#-]{0,62}$/i;

/** What a freeze may be called; upper and lower case are the same. */
export function isHoldName(text: string): boolean {
  return namePattern.test(text);
}

/** By what it is known: there is one lock of an object, and one freeze of a name. */
export function keyOfHold({ kind, target, name = '' }: Pick<SetHold, 'kind' | 'target' | 'name'>): string {
  return kind === 'lock' ? target : name.toLowerCase();
}

/** Whether it holds for an object by one of its names, at that moment. */
export function holdsFor(hold: SetHold, targets: readonly string[], at: Date): boolean {
  if (hold.until.getTime() <= at.getTime()) return false;
  return targets.some((name) => (hold.kind === 'lock' ? hold.target === name : globMatches(hold.target, name)));
}

export const hookOwner = 'hook:';

/** Whether a person set it, who can be told what became of it. */
export function isPersons({ by }: Pick<SetHold, 'by'>): boolean {
  return !by.startsWith(hookOwner);
}
