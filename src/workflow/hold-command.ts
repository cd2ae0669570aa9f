import type { HoldCommand } from '../domain/command.ts';
import { noteDenied, noteRefused } from './audit.ts';
import type { Asker, Desk } from './desk.ts';
import { type FreezeAnswer, freeze, type ThawAnswer, thaw } from './freeze.ts';
import { type LockAnswer, lock, unlock } from './hold.ts';

export type HoldAnswer = LockAnswer | FreezeAnswer | ThawAnswer;

/** Sets or ends what keeps changes out, and tells the audit where it comes to nothing. `seen`: the lock or freeze that the person was shown. */
export async function carryOut(desk: Desk, command: HoldCommand, asker: Asker, seen?: string): Promise<HoldAnswer> {
  const answer = await decide(desk, command, asker, seen);
  noteRefusal(desk, command, asker, answer);
  return answer;
}

function decide(desk: Desk, command: HoldCommand, asker: Asker, seen: string | undefined): Promise<HoldAnswer> {
  switch (command.verb) {
    case 'lock':
      return lock(desk, command, asker, seen);
    case 'unlock':
      return unlock(desk, command, asker);
    case 'freeze':
      return freeze(desk, command, asker);
    case 'thaw':
      return thaw(desk, command, asker, seen);
  }
}

function noteRefusal(desk: Desk, { verb: deed }: HoldCommand, asker: Asker, answer: HoldAnswer): void {
  const service = 'name' in answer && typeof answer.name === 'object' ? answer.name : undefined;
  switch (answer.kind) {
    case 'denied':
      noteDenied(desk, asker, answer.denial, { deed });
      break;
    case 'locked':
    case 'unlocked':
    case 'frozen':
    case 'thawed':
    case 'take-over?':
    case 'thaw?':
    case 'freezes':
    case 'set-before':
      break;
    default:
      noteRefused(desk, asker, { deed, service, because: answer.kind });
  }
}
