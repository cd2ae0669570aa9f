import { type Ramp, stepOf, targetsAt } from '../../../domain/ramp/ramp.ts';
import { isOver, isStanding } from '../../../domain/ramp/ramp-state.ts';
import { clustersOf, isSequence, stepAfter } from '../../../domain/ramp/sequence.ts';
import type { RampId } from '../../../domain/routing/names.ts';
import type { RampDecision, RampGesture } from '../../../workflow/ramping/decision.ts';
import type { FoundRamp } from '../../../workflow/ramping/find-ramp.ts';
import { standingShown } from '../../../workflow/ramping/standing-shown.ts';
import { holdText } from '../../card/ramp-notes.ts';
import { actions, formatButtonValue } from '../../words/button.ts';
import { code, foreign, names, plain } from '../../words/mrkdwn.ts';
import { denialText } from '../../words/policy-words.ts';
import { asks, type Reply, says } from '../../words/reply.ts';
import { shareOfStep } from '../../words/step-text.ts';
import { targetsPlain } from '../../words/targets-text.ts';
import { momentText } from '../../words/time-text.ts';
import { namedRamp as named } from './lines.ts';

/** How the answer to a gesture begins that was done. */
export const doneWords: Record<RampGesture, string> = {
  pause: 'Paused',
  resume: 'Goes on',
  next: 'The next step is made now',
  abort: 'Stopped; it goes back to what was before the ramp',
  finish: 'The rest is done now, in one step',
  'put-back': 'The split of the step is put back, and watched for its full time',
  'go-without': 'Goes on without that cluster, which stays as it is',
};

/** The answer to what a person does to a ramp. */
export function rampDecisionReply(answer: RampDecision): Reply {
  switch (answer.kind) {
    case 'done':
      return says(`${doneWords[answer.gesture]}: ${named(answer.ramp)}.`);
    case 'not-now':
      return says(`${doneText(answer) ?? notNowText(answer.ramp, answer.gesture)} Nothing was changed.`);
    case 'moved-on':
      return says(
        `${doneText(answer) ?? `${standsText(answer.ramp)} That button was for an earlier moment.`} Nothing was changed.`,
      );
    case 'stopped':
      return says(
        answer.stop.kind === 'held'
          ? `*Not done:* ${holdText(answer.stop.hold, answer.ramp)} The ramp is held; its card has the buttons.`
          : `*Not done:* ${answer.stop.by} moves the weights, so the ramp is over.`,
      );
    case 'not-made':
      return says(`*Not done:* ${holdText(answer.hold, answer.ramp)} The ramp stays as it is.`);
    case 'waits':
      return says(
        answer.waitsFor === 'hours'
          ? `*Not done:* steps up are made in certain hours only; the next ones begin ${momentText(answer.until.toISOString())}.`
          : `*Not done:* a version may not get so much in so short a time; this step can be made from ${momentText(answer.until.toISOString())} on.`,
      );
    case 'cannot-tell':
      return says(`I cannot tell whether that is allowed: ${foreign(answer.why)}. Try again in a moment.`);
    case 'denied':
      return says(`*Not done:* ${denialText(answer.denial)}`);
    case 'unknown-ramp':
      return unknownRampReply(answer.id);
  }
}

/** `step 2 (25 %) was done at 14:30 already`: a late or a second click on *Next step*. */
function doneText({ ramp, done }: Extract<RampDecision, { kind: 'not-now' | 'moved-on' }>): string | undefined {
  if (done === undefined) return undefined;
  const { state } = ramp;
  const step = stepText(ramp, done.step);
  if (done.at === undefined) return `${named(ramp)}: ${step} is being made already.`;
  const was = `${named(ramp)}: ${step} was done at ${momentText(done.at)} already`;
  if (isOver(state)) return `${was}, and the ramp is over.`;
  return isStanding(state) && state.step > done.step ? `${was}; ${stepText(ramp, state.step)} is live now.` : `${was}.`;
}

function stepText(ramp: Ramp, number: number): string {
  const isPlanned = stepOf(ramp, number) !== undefined;
  return isPlanned ? `step ${number} (${foreign(shareOfStep(ramp, number))})` : `step ${number}`;
}

function notNowText(ramp: Ramp, gesture: RampGesture): string {
  const { state } = ramp;
  const isLast = isStanding(state) && stepAfter(ramp, state.step) === undefined;
  if ((gesture === 'next' || gesture === 'finish') && isLast) return `${named(ramp)} has made its last step.`;
  return standsText(ramp);
}

/** Where a ramp is, and since when. */
function standsText(ramp: Ramp): string {
  const { state } = ramp;
  if (isStanding(state)) {
    return `${named(ramp)}: ${stepText(ramp, state.step)} was done at ${momentText(state.since)}; it is ${state.kind} now.`;
  }
  if (isOver(state)) return `${named(ramp)} is over.`;
  return `${named(ramp)} is ${state.kind === 'stepping' ? 'making a step' : state.kind.replace('-', ' ')} now.`;
}

export function unknownRampReply(id: RampId): Reply {
  return says(
    `Nothing is known of ${id} any more. \`/shift history\` with the name of the service shows its steps, and \`/shift rollback\` takes them back.`,
  );
}

/** Asks before the rest of a ramp is done at once. */
export function finishReply(ramp: Ramp): Reply {
  const target = targetsPlain(targetsAt(ramp, ramp.steps.length));
  const where = isSequence(ramp) ? ` in ${foreign(clustersOf(ramp).join(', '))}, one after the other,` : '';
  const text = `*Not done yet:* ${named(ramp)} would go to ${foreign(target)}${where} at once, without the steps between.`;
  return asks(text, {
    action_id: actions.rampFinish,
    value: formatButtonValue({ id: ramp.id, seen: standingShown(ramp) }),
    style: 'primary',
    text: plain([...target].length <= 60 ? `Go to ${target} now` : 'Go to the end now'),
  });
}

export function noRampReply(
  found: Exclude<FoundRamp, { kind: 'ramp' }>,
  verb: Exclude<RampGesture, 'put-back' | 'go-without'>,
): Reply {
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
