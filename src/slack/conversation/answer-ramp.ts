import type { Command, MovingCommand, RampCommand } from '../../domain/language/command.ts';
import type { RampId } from '../../domain/routing/names.ts';
import type { Asker } from '../../workflow/desk.ts';
import type { Reply } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';

/** A command about a ramp. */
export type AboutRamp =
  | Extract<MovingCommand, { verb: 'ramp' }>
  | RampCommand
  | Extract<Command, { verb: 'why-ramp' }>
  | { readonly verb: 'why'; readonly command: Extract<MovingCommand, { verb: 'ramp' }> }
  | { readonly verb: 'audit'; readonly id: RampId }
  | { readonly verb: 'approve' | 'reject' | 'withdraw'; readonly id: RampId; readonly reason?: string | undefined };

/** Carries out a command about a ramp. */
export async function answerRamp(_conversation: Conversation, command: AboutRamp, _asker: Asker): Promise<Reply> {
  throw new Error(`the workflow of ramps is not connected, so \`${command.verb}\` cannot be carried out`);
}
