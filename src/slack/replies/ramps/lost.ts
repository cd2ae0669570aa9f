import type { Button } from '@slack/types';
import { formatCommand, type OneRampCommand } from '../../../domain/language/command.ts';
import { movesIn } from '../../../domain/routing/ledger.ts';
import { percentages, weightOf } from '../../../domain/routing/split.ts';
import { type LostRamp, type SinceShown, startOf } from '../../../workflow/ramping/lost-ramp.ts';
import { actions, formatButtonValue, formatLineValue } from '../../words/button.ts';
import { commandText } from '../../words/command-text.ts';
import { fitted, foreign, markup, plain, user } from '../../words/mrkdwn.ts';
import { restOf, routeOf, type TypedRamp } from '../../words/ramp-command.ts';
import { type Reply, says } from '../../words/reply.ts';
import { splitText } from '../../words/split-text.ts';
import { momentText } from '../../words/time-text.ts';
import { namedRamp } from './lines.ts';

/** What a person did when the record was found lost. `typed`: the ramp as the button of its card has it, if there is room for it. */
export type LostFrom =
  | { readonly from: 'card'; readonly typed: TypedRamp | undefined }
  | { readonly from: 'command'; readonly typed?: undefined };

/** What is still known of a ramp without a record, and what a person may do. */
export function lostRampReply(lost: LostRamp, how: LostFrom): Reply {
  const { typed } = how;
  const rest = isUnfinished(lost) && typed !== undefined ? restOf(typed, lost.step) : undefined;
  const lines = [`${lostText(lost)} Nothing was changed.`, ...restLines(lost, rest, how), ...backLines(lost)];
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

function restLines(lost: LostRamp, rest: TypedRamp | undefined, { from }: LostFrom): readonly string[] {
  if (!isUnfinished(lost)) return [];
  if (rest !== undefined)
    return [
      `The rest of it as a new ramp, which starts from what is live: ${commandText(rest)}. Rolled back, that one goes back to what is live now.`,
    ];
  const known = from === 'card' ? '' : ' The buttons of its card still know them.';
  return [
    `Its other steps are not known here.${known} They can be typed as a new ramp, which starts from what is live, like this: ${commandText(likeIt(lost))}.`,
  ];
}

/** A ramp of the version that grew most, with steps as an example. */
function likeIt({ name, last, first }: LostRamp): TypedRamp {
  const [had, has] = [percentages(first.from), percentages(last.to)];
  const grewBy = (version: string) => weightOf(has, version) - weightOf(had, version);
  const [version = ''] = Object.keys(last.to).toSorted((a, b) => grewBy(b) - grewBy(a));
  const stay = { kind: 'for', ms: 300_000 } as const;
  const options = { dryRun: false, noGuard: false, rule: routeOf(last.rule) };
  const steps = [
    { percent: 50, stay },
    { percent: 100, stay },
  ] as const;
  return { verb: 'ramp', service: name, version, steps, options };
}

function backLines(lost: LostRamp): readonly string[] {
  const { step, name, last } = lost;
  if (step === 0) return [];
  if (startOf(lost) === undefined)
    return [
      `What was before it is not known: its first step is no longer in the history. ${commandText({ verb: 'history', service: name })} shows what still is.`,
    ];
  const options = { dryRun: false, rule: routeOf(last.rule) };
  return [`${commandText({ verb: 'rollback', service: name, options })} takes it back.`];
}

/** `seen`: its newest change. A click after another one is answered with what came since. */
function anewButton({ last }: LostRamp, rest: TypedRamp): Button {
  return {
    type: 'button',
    action_id: actions.rampAnew,
    value: formatLineValue({ line: formatCommand(rest), seen: last.id }),
    style: 'primary',
    text: plain('Start the rest anew'),
  };
}

/** The history takes a ramp for one change, and its first step knows what was before it. */
function backButton(lost: LostRamp): Button[] {
  const start = lost.step === 0 ? undefined : startOf(lost);
  if (start === undefined) return [];
  return [
    {
      type: 'button',
      action_id: actions.rollBack,
      value: formatButtonValue({ id: lost.first.id }),
      style: 'danger',
      text: plain(`Roll back to ${start.map(({ from }) => splitText(from)).join('; ')}`),
    },
  ];
}

/** Why the rest of a lost ramp is not started anew: what came since the button was drawn. */
export function notAnewReply(since: Exclude<SinceShown, { kind: 'as-shown' }>): Reply {
  return says(`*Not started:* ${sinceText(since)} Nothing was changed.`);
}

function sinceText(since: Exclude<SinceShown, { kind: 'as-shown' }>): string {
  switch (since.kind) {
    case 'has-record':
      return `the record of ${namedRamp(since.ramp)} is there again. Its card has the buttons.`;
    case 'ramp-runs':
      return `${user(since.ramp.by)} has started ${namedRamp(since.ramp)} already. Its card follows it.`;
    case 'followed': {
      const { by, at, id, ramp } = since.by;
      const what = ramp === undefined || ramp.id === since.id ? id : `${id}, of ramp ${ramp.id}`;
      return `${user(by)} has moved these weights since, at ${momentText(at)} (${what}).`;
    }
    case 'moved':
      return lostText(since.lost);
    case 'unknown':
      return 'nothing is known any more of the step that this button was for. `/shift status` shows what is live.';
  }
}
