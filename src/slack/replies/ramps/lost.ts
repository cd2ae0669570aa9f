import type { Button } from '@slack/types';
import { formatCommand, type OneRampCommand } from '../../../domain/language/command.ts';
import { movesIn } from '../../../domain/routing/ledger.ts';
import type { LostRamp } from '../../../workflow/ramping/lost-ramp.ts';
import { actions, formatButtonValue, formatLineValue } from '../../words/button.ts';
import { commandText } from '../../words/command-text.ts';
import { code, fitted, foreign, markup, plain } from '../../words/mrkdwn.ts';
import { restOf, routeOf, type TypedRamp } from '../../words/ramp-command.ts';
import { type Reply, says } from '../../words/reply.ts';
import { splitText } from '../../words/split-text.ts';
import { momentText } from '../../words/time-text.ts';

/** What is still known of a ramp without a record, and what a person may do. `typed`: the ramp as the button of its card has it. */
export function lostRampReply(lost: LostRamp, typed: TypedRamp | undefined): Reply {
  const rest = isUnfinished(lost) && typed !== undefined ? restOf(typed, lost.step) : undefined;
  const lines = [`${lostText(lost)} Nothing was changed.`, ...restLines(lost, rest), ...backLines(lost)];
  const text = fitted(lines.join('\n'));
  const elements = [...(rest === undefined ? [] : [anewButton(lost, rest)]), ...backButton(lost)];
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      ...(elements.length === 0 ? [] : [{ type: 'actions', elements } as const]),
    ],
  };
}

/** `The record of ramp r-00000001 is lost: step 2 of 4 was made at 14:30 …` */
export function lostText({ id, step, of, last, now, isLive }: LostRamp): string {
  const made = movesIn(last).map(({ to }) => foreign(splitText(to)));
  const what =
    step === 0 ? 'it went back to what was before it' : `step ${step} of ${of} (${made.join('; ')}) was made`;
  const since = isLive
    ? 'and is still live'
    : `and the weights were moved since; live is now ${now === undefined ? 'nothing: the rule is gone' : foreign(splitText(now))}`;
  return `*The record of ramp ${id} is lost:* ${what} at ${momentText(last.at)}, ${since}. Nothing automatic moves them now.`;
}

/** Asks which of them a command is about, with the command for each. */
export function severalLostReply(all: readonly LostRamp[], command: OneRampCommand): Reply {
  const lines = all.map(
    (lost) => `• ${lostText(lost)} ${commandText({ ...command, service: lost.name, rule: lost.last.rule })}`,
  );
  return says(['Nothing was changed: the records of several ramps are lost. Say which.', ...lines].join('\n'));
}

function isUnfinished({ step, of }: LostRamp): boolean {
  return step > 0 && step < of;
}

function restLines(lost: LostRamp, rest: TypedRamp | undefined): readonly string[] {
  if (!isUnfinished(lost)) return [];
  if (rest !== undefined)
    return [
      `The rest of it as a new ramp, which starts from what is live: ${commandText(rest)}. Rolled back, that one goes back to what is live now.`,
    ];
  return [
    `Its other steps are not known here. The buttons of its card still know them, or type them as a new ramp, which starts from what is live: ${code(`/shift ${lost.name.service} v3 50,100 every 5m`, 200)}, say.`,
  ];
}

function backLines({ step, name, last }: LostRamp): readonly string[] {
  const options = { dryRun: false, rule: routeOf(last.rule) };
  return step === 0 ? [] : [`${commandText({ verb: 'rollback', service: name, options })} takes it back.`];
}

function anewButton({ id }: LostRamp, rest: TypedRamp): Button {
  return {
    type: 'button',
    action_id: actions.rampAnew,
    value: formatLineValue({ line: formatCommand(rest), seen: `c-${id.slice(2)}` }),
    style: 'primary',
    text: plain('Start the rest anew'),
  };
}

/** The history takes a ramp for one change, and its oldest step knows what was before it. */
function backButton({ step, first }: LostRamp): Button[] {
  if (step === 0) return [];
  const target = movesIn(first)
    .map(({ from }) => splitText(from))
    .join('; ');
  return [
    {
      type: 'button',
      action_id: actions.rollBack,
      value: formatButtonValue({ id: first.id }),
      style: 'danger',
      text: plain(`Roll back to ${target}`),
    },
  ];
}
