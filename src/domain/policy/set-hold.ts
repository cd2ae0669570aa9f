import type { ChangeId } from '../routing/names.ts';
import type { Hold } from './freeze.ts';
import { globTouches } from './glob.ts';

/** A lock or a freeze that somebody set. */
export interface SetHold extends Hold {
  /** New each time it is set, so that a question about one hold never applies to a later one. */
  readonly id: ChangeId;
  /** A glob over `cluster/namespace/service`. For a lock of one service: its name, or that of its object. */
  readonly target: string;
  /** A user id, or `hook:` and the freeze's name if the hook set it. */
  readonly by: string;
  readonly since: Date;
  readonly until: Date;
}

const hour = 3_600_000;

/** How long a hold lasts by default, and at most. */
export const spans = {
  lock: { defaultMs: 8 * hour, longestMs: 7 * 24 * hour },
  freeze: { defaultMs: 24 * hour, longestMs: 30 * 24 * hour },
} as const;

/** The most freezes at one time, so that a loop of freezes cannot fill the store: of the hook, and of all people who may not freeze everything. */
export const mostFreezes = 100;

/** The most of one person, so that nobody uses up the room of others. */
export const mostFreezesOfOne = 10;

const namePattern = /^[a-z0-9][a-z0-9._:#-]{0,62}$/i;

/** The form of a freeze's name. Upper and lower case are the same name. */
export function isHoldName(text: string): boolean {
  return namePattern.test(text);
}

/** Its identity: what is locked has one lock, and a name has one freeze. */
export function keyOfHold({ kind, target, name = '' }: Pick<SetHold, 'kind' | 'target' | 'name'>): string {
  return kind === 'lock' ? target : name.toLowerCase();
}

/** Whether it is in force for an object with these names at this time. */
export function holdsFor(hold: SetHold, targets: readonly string[], at: Date): boolean {
  if (hold.until.getTime() <= at.getTime()) return false;
  return touchesAny(hold.target, targets);
}

/** Whether what a hold covers is one of these names, or may be. */
export function touchesAny(target: string, names: readonly string[]): boolean {
  return names.some((name) => globTouches(target, name));
}

export const hookOwner = 'hook:';

/** Whether a person set it, who can be told what became of it. */
export function isPersons({ by }: Pick<SetHold, 'by'>): boolean {
  return !by.startsWith(hookOwner);
}
