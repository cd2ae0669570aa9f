import { roundedUp } from '../../domain/guard/bound.ts';
import { formatDuration } from '../../domain/language/duration.ts';
import type { Foreseen } from '../../domain/policy/ramps/foreseen.ts';
import { type Ramp, stepOf } from '../../domain/ramp/ramp.ts';
import { isOver, isStanding } from '../../domain/ramp/ramp-state.ts';
import type { RampId } from '../../domain/routing/names.ts';
import type { AuditEntry } from '../../workflow/ports/audit.ts';
import type { RampApproval } from '../../workflow/ramping/approve-ramp.ts';
import type { RampDecision, RampGesture } from '../../workflow/ramping/decision.ts';
import type { FoundRamp } from '../../workflow/ramping/find-ramp.ts';
import { standingShown } from '../../workflow/ramping/standing-shown.ts';
import type { RampAnswer, RampPlan } from '../../workflow/ramping/start.ts';
import { rampTitle, stepsLine } from '../card/ramp.ts';
import { holdText } from '../card/ramp-notes.ts';
import { actions, formatButtonValue, formatLineValue } from '../words/button.ts';
import { code, foreign, markup, names, plain, user } from '../words/mrkdwn.ts';
import { warningText } from '../words/owner-text.ts';
import { denialText, needsText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { moveText, splitText } from '../words/split-text.ts';
import { momentText } from '../words/time-text.ts';
import { within } from './blocks.ts';
import { policyLines } from './preview.ts';
import { namedRamp as named } from './ramp-lines.ts';
import { notFoundText, refusalText } from './refusals.ts';

/** The answer to a person who asked for a ramp. */
export function rampReply(answer: RampAnswer, now: Date): Reply {
  return says(rampText(answer, now));
}

function rampText(answer: RampAnswer, now: Date): string {
  switch (answer.kind) {
    case 'ramp':
      return acceptedText(answer);
    case 'ramp-preview':
      return previewText(answer, now);
    case 'ramp-refused': {
      const which = answer.step === 1 ? '' : `Step ${answer.step} cannot be made. `;
      return `${which}${refusalText(answer.name, answer.refusal, { now })}`;
    }
    case 'no-such-ramp': {
      const known = answer.known.length === 0 ? 'It names none.' : `It names ${names(answer.known)}.`;
      return `*Not accepted:* the policy file names no ramp ${code(answer.named)}. ${known} Type a percentage, or steps: ${code('/shift reviews v3 10,25,50,100 every 5m')}.`;
    }
    case 'ramp-taken': {
      const other =
        answer.other === undefined ? 'Another ramp' : `${answer.other.id} (${foreign(rampTitle(answer.other))})`;
      return `*Not accepted:* ${other} moves the same rule. Nothing was changed. ${code(`/shift finish ${answer.name.service}`)} or ${code(`/shift abort ${answer.name.service}`)} ends it.`;
    }
    case 'too-short':
      return `*Not accepted:* step ${answer.step} is too short to be watched: guards need two looks, and here that takes ${formatDuration(answer.shortestMs)}. Nothing was changed. Make it longer, or leave the guards out with ${code('--no-guard')} where policy allows it.`;
    case 'ramp-stopped':
      return `*Not accepted:* ${holdText(answer.hold, undefined)} Nothing was changed.`;
    case 'denied':
      return `*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`;
    case 'not-found':
      return notFoundText(answer.name, answer.found);
    case 'refused-before':
      return 'Slack has delivered this once more; it was answered before, and nothing was accepted. Nothing will happen; if it is still wanted, type it again.';
  }
}

function acceptedText({ ramp, again, foreseen = [] }: Extract<RampAnswer, { kind: 'ramp' }>): string {
  const what = named(ramp);
  if (again) return `Already asked for by ${user(ramp.by)}: ${what}.`;
  if (ramp.state.kind === 'awaiting')
    return [
      `Waits for approval: ${what}. ${needsText(ramp.state.needs)} One approval is for all of its steps, and for its way back. Its card has the buttons.`,
      ...foreseenLines(foreseen),
    ].join('\n');
  return [`Accepted: ${what}. Its card follows it.`, ...foreseenLines(foreseen)].join('\n');
}

/** All steps with their times, if the first one is made now. */
function previewText({ plan, judgement }: Extract<RampAnswer, { kind: 'ramp-preview' }>, now: Date): string {
  return [
    `Dry run of a ramp of ${code(plan.name.service)} in ${code(plan.name.namespace)}: nothing was changed.`,
    ...stepLines(plan, now),
    ...(plan.waiting === 0 ? [] : [`${plan.waiting} waiting before the first step.`]),
    ...policyLines(judgement),
    ...foreseenLines(plan.foreseen),
    ...noticeLines(plan),
    ...plan.warnings.map(warningText),
  ].join('\n');
}

/** What is in the way of later steps, as policy is now. */
function foreseenLines(foreseen: readonly Foreseen[]): readonly string[] {
  return foreseen.map(
    ({ step, percent, at, denial }) =>
      `In the way of step ${step} (${percent} %, ${momentText(at.toISOString())} at the earliest): ${denialText(denial)}`,
  );
}

/** What the guards could notice, by the last hour. */
function noticeLines({ guards, foresight, version, steps }: RampPlan): readonly string[] {
  if (guards === undefined) return ['Nothing is measured here: it would go by time.'];
  const outlook = foresight?.outlook;
  if (outlook === undefined)
    return ['What the guards could notice is not known: there are no requests of the last hour to go by.'];
  const rate = `At ${decimal.format(outlook.requestsPerSecond)} requests a second, of which ${decimal.format(100 * outlook.failureRate)} % fail`;
  const told = outlook.noticed.flatMap((ratio, at) => {
    const step = steps[at];
    return ratio === undefined || step === undefined
      ? []
      : [`${step.percent} % notices ${foreign(version)} failing ${decimal.format(roundedUp(ratio))} times as often`];
  });
  if (told.length === 0) return [`${rate}, no step is long enough for the guards to be sure of a failing version.`];
  return [`${rate}: ${told.slice(0, 6).join('; ')}.`];
}

const decimal = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

function stepLines({ before, steps }: RampPlan, now: Date): readonly string[] {
  let dueMs = now.getTime();
  let asked = '';
  let from = before;
  return steps.map(({ to, stay }, at) => {
    const moves = to.map(({ split }, which) => foreign(moveText(from[which]?.split ?? {}, split))).join('; ');
    const when = at === 0 ? 'now' : asked === '' ? momentText(new Date(dueMs).toISOString()) : asked;
    const after = stay.kind === 'ask' ? 'then a person is asked' : `watched for ${formatDuration(stay.ms)}`;
    from = to;
    if (stay.kind === 'ask') asked = 'when a person lets it';
    else if (asked === '') dueMs += stay.ms;
    else asked = `${formatDuration(stay.ms)} later`;
    return `${at + 1}. ${when}: ${moves}, ${after}`;
  });
}

const doneWords: Record<RampGesture, string> = {
  pause: 'Paused',
  resume: 'Goes on',
  next: 'The next step is made now',
  abort: 'Stopped; it goes back to what was before the ramp',
  finish: 'The rest is done now, in one step',
};

/** The answer to what a person does to a ramp. */
export function rampDecisionReply(answer: RampDecision): Reply {
  switch (answer.kind) {
    case 'done':
      return says(`${doneWords[answer.gesture]}: ${named(answer.ramp)}.`);
    case 'not-now':
      return says(`${notNowText(answer.ramp, answer.gesture)} Nothing was changed.`);
    case 'moved-on':
      return says(`${standsText(answer.ramp)} That button was for an earlier moment. Nothing was changed.`);
    case 'stopped':
      return says(
        answer.stop.kind === 'held'
          ? `*Not done:* ${holdText(answer.stop.hold, answer.ramp)} The ramp is held; its card has the buttons.`
          : `*Not done:* ${answer.stop.by} moves the weights, so the ramp is over.`,
      );
    case 'waits':
      return says(
        `*Not done:* steps up are made in certain hours only; the next ones begin ${momentText(answer.until.toISOString())}.`,
      );
    case 'cannot-tell':
      return says(`I cannot tell whether that is allowed: ${foreign(answer.why)}. Try again in a moment.`);
    case 'denied':
      return says(`*Not done:* ${denialText(answer.denial)}`);
    case 'unknown-ramp':
      return unknownRampReply(answer.id);
  }
}

function notNowText(ramp: Ramp, gesture: RampGesture): string {
  const { state, steps } = ramp;
  if ((gesture === 'next' || gesture === 'finish') && isStanding(state) && state.step >= steps.length)
    return `${named(ramp)} has made its last step.`;
  return standsText(ramp);
}

/** Where a ramp is, and since when. */
function standsText(ramp: Ramp): string {
  const { state } = ramp;
  if (isStanding(state)) {
    const step = stepOf(ramp, state.step);
    const share = step === undefined ? '' : ` (${step.percent} %)`;
    return `${named(ramp)}: step ${state.step}${share} was done at ${momentText(state.since)}; it is ${state.kind} now.`;
  }
  if (isOver(state)) return `${named(ramp)} is over.`;
  return `${named(ramp)} is ${state.kind === 'stepping' ? 'making a step' : state.kind.replace('-', ' ')} now.`;
}

export function unknownRampReply(id: RampId): Reply {
  return says(
    `Nothing is known of ${id} any more. \`/shift history\` with the name of the service shows its steps, and \`/shift rollback\` takes them back.`,
  );
}

/** The answer to an approval, a rejection or a withdrawal of a ramp. */
export function rampApprovalReply(answer: RampApproval): Reply {
  switch (answer.kind) {
    case 'approved':
      return says(
        answer.missing === 0
          ? `Approved: ${named(answer.ramp)} begins ${beginsText(answer.ramp)}. Its card follows it.`
          : `Your approval of ${named(answer.ramp)} counts; ${moreText(answer.missing)}`,
      );
    case 'approved-before':
      return says(`You have approved ${named(answer.ramp)} already; ${moreText(answer.missing)}`);
    case 'rejected':
      return says(`Rejected: ${named(answer.ramp)}. Nothing was changed.`);
    case 'withdrawn':
      return says(`Withdrawn: ${named(answer.ramp)}. Nothing was changed.`);
    case 'voided':
      return says(`${named(answer.ramp)} does not stand any more, so nothing was decided. Type it again.`);
    case 'decided':
      return says(`${named(answer.ramp)} does not wait for approval any more. Its card says more.`);
    case 'planned-anew':
      return says(`${named(answer.ramp)} was planned anew since you saw it. Look at its card, then decide.`);
    case 'not-yours':
      return says(
        `Only whoever asked for ${named(answer.ramp)}, ${user(answer.ramp.by)}, withdraws it. Approvers *Reject* it.`,
      );
    case 'denied':
      return says(denialText(answer.denial));
    case 'cannot-tell':
      return says(
        `I cannot tell whether that suffices, so nothing was counted: ${foreign(answer.why)}. Try again in a moment.`,
      );
    case 'unknown-ramp':
      return unknownRampReply(answer.id);
  }
}

function beginsText({ state }: Ramp): string {
  return state.kind === 'running' ? `at ${momentText(state.dueAt)}` : 'now';
}

function moreText(missing: number): string {
  return `${missing} more ${missing === 1 ? 'is' : 'are'} needed.`;
}

/** Asks before the rest of a ramp is done at once. */
export function finishReply(ramp: Ramp): Reply {
  const last = ramp.steps.at(-1);
  const target = (last?.to ?? ramp.before).map(({ split }) => splitText(split)).join('; ');
  const text = `*Not done yet:* ${named(ramp)} would go to ${foreign(target)} at once, without the steps between.`;
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.rampFinish,
            value: formatButtonValue({ id: ramp.id, seen: standingShown(ramp) }),
            style: 'primary',
            text: plain(`Go to ${target} now`),
          },
        ],
      },
    ],
  };
}

export function noRampReply(found: Exclude<FoundRamp, { kind: 'ramp' }>, verb: RampGesture): Reply {
  const { service } = found.name;
  if (found.kind === 'several-ramps') {
    const rules = found.ramps.map(({ before: [{ rule }] }) => rule);
    return says(
      `Ramps move several rules of ${code(service)}: ${names(rules)}. Say which: ${code(`/shift ${verb} ${service} --route ${rules[0] ?? ''}`)}.`,
    );
  }
  const open = found.open.map(({ name }) => name.service);
  const others = open.length === 0 ? 'No ramp runs.' : `Ramps run for ${names([...new Set(open)])}.`;
  return says(
    `No ramp moves ${code(service)} in ${code(found.name.namespace)}. ${others} ${code(`/shift status ${service}`)} shows what is live.`,
  );
}

export function pauseAllReply(answers: readonly RampDecision[]): Reply {
  if (answers.length === 0) return says('No ramp runs.');
  return says(answers.map((answer) => rampDecisionReply(answer).text).join('\n'));
}

/** What is known of a ramp: its steps, the changes that made them, and what each look of the guards counted, newest first. */
export function rampExplainedReply(ramp: Ramp, entries: readonly AuditEntry[]): Reply {
  const made = ramp.changes.map(({ step, id }) => (step === 0 ? `the way back: ${id}` : `step ${step}: ${id}`));
  const before = ramp.before.map(({ split }) => foreign(splitText(split))).join('; ');
  return says(
    [
      `${named(ramp)}, asked by ${user(ramp.by)} at ${momentText(ramp.acceptedAt)}, is ${ramp.state.kind}.`,
      `Before it: ${before}. ${stepsLine(ramp)}`,
      made.length === 0 ? 'It has made no change.' : `Its changes: ${made.join(', ')}.`,
      ...(ramp.state.kind === 'held' ? [`Held: ${holdText(ramp.state.hold, ramp)}`] : []),
      ...within(entries.flatMap(lookOf), maxLooks, (look) => look),
    ].join('\n'),
  );
}

/** Characters for the looks of the guards. */
const maxLooks = 1_800;

/** What a look counted, with the evidence: anyone can compute it anew. */
function lookOf(entry: AuditEntry): readonly string[] {
  if (entry.kind !== 'event' || entry.event.detail === undefined) return [];
  const { kind, step, detail } = entry.event;
  const isLook = kind === 'ramp-looked' || entry.event.because === 'guard';
  return isLook ? [`step ${step ?? 0}: ${code(detail, 300)}`] : [];
}

/** Asks before a change that would end a ramp. */
export function rampRunsReply(ramp: Ramp, line: string | undefined): Reply {
  const { service } = ramp.name;
  const text = `*Not accepted:* ${named(ramp)} moves these weights, and this would end it. Nothing was changed. ${code(`/shift finish ${service}`)} does all the rest of it at once, ${code(`/shift abort ${service}`)} goes back to what was before it.`;
  if (line === undefined) return says(text);
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.overRamp,
            value: formatLineValue({ line, seen: `c-${ramp.id.slice(2)}` }),
            style: 'danger',
            text: plain('End the ramp, and do this'),
          },
        ],
      },
    ],
  };
}
