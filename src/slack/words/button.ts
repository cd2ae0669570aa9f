import { type ChangeId, isChangeId, isRampId } from '../../domain/routing/names.ts';
import type { CardId } from '../../workflow/ports/cards.ts';

/** The `action_id`s of our buttons. */
export const actions = {
  rollBack: 'roll_back',
  rollBackSeen: 'roll_back_seen',
  promote: 'promote',
  history: 'history',
  applyAnyway: 'apply_anyway',
  discard: 'discard',
  approve: 'approve',
  approveSeen: 'approve_seen',
  reject: 'reject',
  withdraw: 'withdraw',
  planAgain: 'plan_again',
  takeOver: 'take_over',
  applyEdits: 'apply_edits',
  applyMeant: 'apply_meant',
  tour: 'tour',
  rampPause: 'ramp_pause',
  rampResume: 'ramp_resume',
  rampNext: 'ramp_next',
  rampAbort: 'ramp_abort',
  rampFinish: 'ramp_finish',
  rampPutBack: 'ramp_put_back',
  rampWithout: 'ramp_without',
  overRamp: 'over_ramp',
  rampAnew: 'ramp_anew',
  thisOne: 'this_one',
} as const;

/** As many characters of a typed line as a button has room for. Slack takes 2,000 in all. */
export const mostLineLength = 1_900;

/**
 * A button holds the id of a change or a ramp. One that confirms also holds a stamp of what the person was shown. All else comes from the
 * record. `anew`: the line that asks for such a ramp, for a click when the record is lost; it does nothing while there is one.
 */
export interface ButtonValue {
  readonly id: CardId;
  readonly seen?: string;
  readonly anew?: string;
}

export function formatButtonValue({ id, seen, anew }: ButtonValue): string {
  const shown = seen === undefined ? id : `${id}@${seen}`;
  return anew === undefined ? shown : `${shown} ${anew}`;
}

/** Undefined if none of our buttons has such a value. */
export function readButtonValue(value: unknown): ButtonValue | undefined {
  const [, id = '', seen, anew] =
    /^([cr]-[0-9A-Z]{8})(?:@([0-9a-f]{16}))?(?: (\/shift .{1,1893}))?$/s.exec(typeof value === 'string' ? value : '') ??
    [];
  if (!isRampId(id) && (!isChangeId(id) || anew !== undefined)) return undefined;
  return { id, ...(seen !== undefined && { seen }), ...(anew !== undefined && { anew }) };
}

/**
 * A button that does what a typed line does. It acts only on the lock, freeze or difference that was shown. Policy is asked again, as it
 * is for a typed line.
 */
export interface LineValue {
  readonly line: string;
  readonly seen: ChangeId;
}

export function formatLineValue({ line, seen }: LineValue): string {
  return `${seen} ${line}`;
}

export function readLineValue(value: unknown): LineValue | undefined {
  const [, seen = '', line = ''] =
    /^(c-[0-9A-Z]{8}) (\/shift .{1,1900})$/s.exec(typeof value === 'string' ? value : '') ?? [];
  return isChangeId(seen) ? { line, seen } : undefined;
}

/** A button that does what a typed line does, and nothing else: the line says all. Undefined if none of our buttons has such a value. */
export function readTypedLine(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/shift .{1,1893}$/s.test(value) ? value : undefined;
}
