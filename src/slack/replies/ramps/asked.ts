import { roundedUp } from '../../../domain/guard/bound.ts';
import type { MovingCommand } from '../../../domain/language/command.ts';
import { formatDuration } from '../../../domain/language/duration.ts';
import type { Foreseen } from '../../../domain/policy/ramps/foreseen.ts';
import type { PlannedStep, Ramp } from '../../../domain/ramp/ramp.ts';
import { clusterAt, clustersOf, isSequence, isUnwatched } from '../../../domain/ramp/sequence.ts';
import { isAtOnce, type Stay } from '../../../domain/ramp/steps.ts';
import type { RampAnswer, RampPlan } from '../../../workflow/ramping/ramp-answer.ts';
import { limitNotes } from '../../card/guard-notes.ts';
import { rampTitle } from '../../card/ramp.ts';
import { tookText } from '../../card/ramp-finished.ts';
import { holdText } from '../../card/ramp-notes.ts';
import { actions, formatLineValue } from '../../words/button.ts';
import { code, foreign, names, plain, user } from '../../words/mrkdwn.ts';
import { denialText, needsText, unseenText } from '../../words/policy-words.ts';
import { asks, type Reply, says } from '../../words/reply.ts';
import { moveText } from '../../words/split-text.ts';
import { momentText } from '../../words/time-text.ts';
import { warningText } from '../../words/warning-text.ts';
import { policyLines } from '../preview.ts';
import { notFoundText, refusalText } from '../refusals.ts';
import { whichReply } from '../which.ts';
import { namedRamp as named } from './lines.ts';

/** The answer to a person who asked for a ramp. */
export function rampReply(answer: RampAnswer, now: Date, typed?: Extract<MovingCommand, { verb: 'ramp' }>): Reply {
  const text = rampText(answer, now);
  if (answer.kind !== 'ramp-refused' && answer.kind !== 'not-found') return says(text);
  const because = answer.kind === 'not-found' ? answer.found : answer.refusal;
  return whichReply(text, { name: answer.name, typed, because });
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
    case 'unseen':
      return unseenText(answer.channel);
    case 'too-many-steps':
      return `*Not accepted:* in all clusters together these are ${answer.steps} steps, and ${answer.most} are the most. Nothing was changed. Leave steps out, or name fewer clusters at a time.`;
    case 'too-short':
      return `*Not accepted:* step ${answer.step} is too short to be watched: guards need two looks, and here that takes ${formatDuration(answer.shortestMs)}. Nothing was changed. Make it longer, or leave the guards out with ${code('--no-guard')} where policy allows it.`;
    case 'unmeasured':
      return `*Not accepted:* Prometheus does not answer, and the guard of latency goes by the last hour before the ramp. Nothing was changed. Type it again in a moment, or leave the guards out with ${code('--no-guard')} where policy allows it.`;
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

function acceptedText({ ramp, again, foreseen = [], foresight }: Extract<RampAnswer, { kind: 'ramp' }>): string {
  const what = named(ramp);
  if (again) return `Already asked for by ${user(ramp.by)}: ${what}.`;
  if (ramp.state.kind === 'awaiting')
    return [
      `Waits for approval: ${what}. ${needsText(ramp.state.needs)} One approval is for all of its steps, and for its way back. Its card has the buttons.`,
      ...foreseenLines(foreseen),
      ...limitLines(ramp, foresight),
    ].join('\n');
  const begins =
    ramp.state.kind === 'running' && ramp.state.step === 0 ? `It begins at ${momentText(ramp.state.dueAt)}. ` : '';
  return [
    `Accepted: ${what}. ${begins}Its card follows it.`,
    ...foreseenLines(foreseen),
    ...limitLines(ramp, foresight),
  ].join('\n');
}

/** What the guards cannot do here, or may not. */
function limitLines(
  ramp: Pick<Ramp, 'before' | 'steps' | 'guards'>,
  foresight: RampPlan['foresight'],
): readonly string[] {
  if (ramp.guards === undefined) return [];
  return [
    ...(foresight?.isUnreachable === true ? [blindStart(ramp.guards)] : []),
    ...limitNotes(ramp, ramp.guards, foresight?.inTheWay?.confounding),
  ];
}

/** The guards look as soon as they can. What policy says of a step in which nothing was seen holds here, too. */
function blindStart({ rule }: NonNullable<Ramp['guards']>): string {
  return [
    'Prometheus does not answer now, so what the guards could notice is not known.',
    ...(rule.latency === undefined ? [] : ['Until it does, a ramp whose latency is watched is not accepted.']),
    ...(rule.blind === 'wait' ? ['It goes up from a step only when something of the new version was seen.'] : []),
  ].join(' ');
}

/** All steps with their times, if the first one is made now, or when the hours for steps up begin. */
function previewText({ plan, judgement }: Extract<RampAnswer, { kind: 'ramp-preview' }>, now: Date): string {
  return [
    `Dry run of a ramp of ${code(plan.name.service)} in ${code(plan.name.namespace)}${whereText(plan)}: nothing was changed.`,
    ...stepLines(plan, now),
    ...(plan.waiting === 0 ? [] : [`${plan.waiting} waiting before the first step.`]),
    ...policyLines(judgement),
    ...foreseenLines(plan.foreseen),
    ...noticeLines(plan),
    ...limitLines(plan, plan.foresight),
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
  if (isUnwatched({ steps })) return [];
  if (guards === undefined) return ['Nothing is measured here: it would go by time.'];
  if (guards.sticky !== undefined) return []; // nothing is compared, and that is said
  if (foresight?.isUnreachable === true) return []; // that is said
  const outlook = foresight?.outlook;
  if (outlook === undefined)
    return ['What the guards could notice is not known: there are no requests of the last hour to go by.'];
  const rate = `At ${decimal.format(outlook.requestsPerSecond)} requests a second`;
  const told = outlook.noticed.flatMap((ratio, at) => {
    const step = steps[at];
    return ratio === undefined || step === undefined ? [] : [{ step, ratio: roundedUp(ratio) }];
  });
  const [first, ...more] = told;
  const fails = (times: number) => `${decimal.format(100 * outlook.failureRate * times)} %`;
  if (first === undefined)
    return [
      `${rate}, of which ${fails(1)} fail, no step is long enough for the guards to be sure of a failing version.`,
    ];
  const shown = more.slice(0, mostNoticed - 1);
  const left = more.length - shown.length;
  const parts = [
    `${whileText(first.step)} notices ${foreign(version)} failing ${decimal.format(first.ratio)} times as often (${fails(1)} → ${fails(first.ratio)})`,
    ...shown.map(({ step, ratio }) => `${whileText(step)}, ${decimal.format(ratio)} times`),
    ...(left > 0 ? [`the other ${left === 1 ? 'step is' : `${left} steps are`} left out here`] : []),
  ];
  return [`${rate}, ${parts.join('; ')}.`];
}

/** As many steps as a person reads. */
const mostNoticed = 6;

/** `10 % for 5 min` */
function whileText({ percent, stay }: PlannedStep): string {
  return stay.kind === 'ask' ? `${percent} % until a person is asked` : `${percent} % for ${tookText(stay.ms)}`;
}

const decimal = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

function stepLines({ before, steps, opens }: RampPlan, now: Date): readonly string[] {
  let dueMs = (opens ?? now).getTime();
  let asked = '';
  let from = before;
  return steps.map(({ to, stay }, at) => {
    const cluster = isSequence({ before }) ? clusterAt({ before, steps }, at + 1) : undefined;
    const moves = to
      .flatMap(({ object, split }, which) =>
        cluster === undefined || object.cluster === cluster ? [foreign(moveText(from[which]?.split ?? {}, split))] : [],
      )
      .join('; ');
    const where = cluster === undefined ? '' : `${foreign(cluster)}, `;
    const last = steps[at - 1];
    const isNext = last !== undefined && isAtOnce(last.stay);
    const byClock = asked === '' ? momentText(new Date(dueMs).toISOString()) : asked;
    const when = at === 0 && opens === undefined ? 'now' : isNext ? 'then' : byClock;
    const after = afterText(stay);
    from = to;
    if (stay.kind === 'ask') asked = 'when a person lets it';
    else if (asked === '') dueMs += stay.ms;
    else if (!isAtOnce(stay)) asked = `${formatDuration(stay.ms)} later`;
    return `${at + 1}. ${when}: ${where}${moves}${after}`;
  });
}

function afterText(stay: Stay): string {
  if (stay.kind === 'ask') return ', then a person is asked';
  return isAtOnce(stay) ? '' : `, watched for ${formatDuration(stay.ms)}`;
}

function whereText({ before }: RampPlan): string {
  return isSequence({ before }) ? ` of ${foreign(clustersOf({ before }).join(', '))}, one after the other` : '';
}

/** Asks before a change that would end a ramp. */
export function rampRunsReply(ramp: Ramp, line: string | undefined): Reply {
  const { service } = ramp.name;
  const text = `*Not accepted:* ${named(ramp)} moves these weights, and this would end it. Nothing was changed. ${code(`/shift finish ${service}`)} does all the rest of it at once, ${code(`/shift abort ${service}`)} goes back to what was before it.`;
  if (line === undefined) return says(text);
  return asks(text, {
    action_id: actions.overRamp,
    value: formatLineValue({ line, seen: `c-${ramp.id.slice(2)}` }),
    style: 'danger',
    text: plain('End the ramp, and do this'),
  });
}
