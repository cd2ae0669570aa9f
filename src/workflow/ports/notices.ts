import type { SetHold } from '../../domain/policy/set-hold.ts';

/** What a person is told in private about a lock or freeze of theirs. */
export interface Notice {
  readonly what: 'taken-over' | 'unlocked' | 'thawed';
  readonly hold: SetHold;
  readonly by: string;
}

/** Direct messages. Failures are a ChatError. */
export interface Notices {
  tell(user: string, notice: Notice): Promise<void>;
}
