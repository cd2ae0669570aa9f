import type { HoldCommand } from '../../domain/language/command.ts';
import { readScope } from '../../domain/policy/scope.ts';
import { type NotedRefusal, noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, fillIn } from '../desk.ts';
import { type FreezeAnswer, freeze, type ThawAnswer, thaw } from './freeze.ts';
import { type LockAnswer, lock, unlock } from './lock.ts';

export type HoldAnswer = LockAnswer | FreezeAnswer | ThawAnswer;

/** Carries out lock, unlock, freeze and thaw, and notes refusals in the audit. `seen`: the lock or freeze that the person was shown. */
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

function noteRefusal(desk: Desk, command: HoldCommand, asker: Asker, answer: HoldAnswer): void {
  const asked = {
    deed: command.verb,
    reason: 'reason' in command ? command.reason : undefined,
    ...aimOf(desk, command),
  };
  switch (answer.kind) {
    case 'denied':
      noteDenied(desk, asker, answer.denial, asked);
      break;
    case 'locked':
    case 'unlocked':
    case 'frozen':
    case 'thawed':
    case 'take-over?':
    case 'thaw?':
    case 'which?':
    case 'freezes':
    case 'set-before':
      break;
    default:
      noteRefused(desk, asker, { ...asked, because: answer.kind });
  }
}

/** What the command is about: a service, a glob, or the name of a freeze. */
function aimOf(desk: Desk, command: HoldCommand): Pick<NotedRefusal, 'service' | 'target' | 'detail'> {
  if (command.verb === 'lock' || command.verb === 'unlock') return { service: fillIn(desk, command.service) };
  if (command.scope === undefined) return {};
  const scope = readScope(command.scope, desk.mesh.clusters);
  return scope.kind === 'covers' ? { target: scope.target } : { detail: command.scope.pattern };
}
