import { isUnsettled } from '../../domain/change/change.ts';
import type { FailReason } from '../../domain/change/state.ts';
import { formatDuration } from '../../domain/language/duration.ts';
import { asksWhenResumed } from '../../domain/ramp/next.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { liveStep, type RampHold, type RampStateOf } from '../../domain/ramp/ramp-state.ts';
import {
  clusterToLeaveOut,
  isPutBackHere,
  isSequence,
  madeAt,
  stepAfter,
  without,
} from '../../domain/ramp/sequence.ts';
import type { RampShown } from '../../workflow/ports/cards.ts';
import { code, foreign, user } from '../words/mrkdwn.ts';
import { dateText, holdWords, ruleText } from '../words/policy-words.ts';
import { splitText } from '../words/split-text.ts';
import { shareOfStep } from '../words/step-text.ts';
import { targetsText } from '../words/targets-text.ts';
import { clock, momentText } from '../words/time-text.ts';
import { approvalNotes, approvedBy, deniedWords } from './approval.ts';
import { guardNotes, unlessText } from './guard-notes.ts';
import { proofText } from './guard-text.ts';
import { finishedNotes } from './ramp-finished.ts';

/** What comes next and when; undefined if nothing does by itself. */
export function nextLine(ramp: Ramp): string | undefined {
  const { state } = ramp;
  if (state.kind !== 'running' || state.waitsFor === 'traffic') return undefined;
  const next = stepAfter(ramp, state.step);
  const at = momentText(state.dueAt);
  if (next === undefined)
    return `${ramp.guards === undefined ? 'The last step: it stays so' : 'Watched'} until ${at}, then the ramp is over and nobody needs to look any more.`;
  const last = stepAfter(ramp, next) === undefined ? ', the last step' : '';
  const hours = state.waitsFor === 'hours' ? ', when the hours for steps up begin' : '';
  return `Next: ${foreign(shareOfStep(ramp, next))} at ${at}${last}${hours}${unlessText(ramp)}`;
}

/** What else a person must know, one or two sentences each, already escaped. */
export function rampNotes({ ramp, change }: RampShown): readonly string[] {
  const { state } = ramp;
  switch (state.kind) {
    case 'awaiting':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
      return approvalNotes(ramp, state);
    case 'void':
      return [voidNote(state)];
    case 'stepping':
      return [
        ...(change !== undefined && isUnsettled(change) ? [unsettledNote] : []),
        ...(state.suspected === undefined
          ? []
          : [`*A guard stops it:* ${proofText(ramp, state.suspected, 'hold')} The step in line is taken out of it.`]),
        ...(state.pausedBy === undefined
          ? []
          : [`${user(state.pausedBy)} paused it: it stops once this step is live.`]),
        ...approvedBy(ramp),
      ];
    case 'running':
      return [...blindNote(ramp), ...guardNotes(ramp), ...approvedBy(ramp)];
    case 'paused':
      return [
        `*Paused* by ${user(state.by)} at ${momentText(state.at)}. ${leftText(state.leftMs)} *Resume* goes on with that.`,
        ...guardNotes(ramp),
        ...approvedBy(ramp),
      ];
    case 'held':
      return [heldNote(ramp, state), ...guardNotes(ramp), ...approvedBy(ramp)];
    case 'asking':
      return [
        `*It asks:* may ${nextPercent(ramp, state.step)} be made? If nobody answers by ${dateText(new Date(state.expiresAt))}, it is held.`,
        ...guardNotes(ramp),
        ...approvedBy(ramp),
      ];
    case 'going-back':
      return [
        `${stopText(ramp, state)} It goes back to ${splitsBefore(ramp)} ${isSequence(ramp) ? 'in one cluster after the other' : 'in one change'}.`,
      ];
    case 'back':
      return [backNote(ramp, state)];
    case 'finished':
      return [...finishedNotes(ramp, state, change), ...approvedBy(ramp)];
    case 'superseded':
      return [
        `${state.by ?? 'Another change'} moved the weights, so the ramp is over. Nothing automatic moves them now.`,
      ];
  }
}

const unsettledNote =
  'The API server did not answer, so whether this step took effect is not known. I look again when it is back.';

function leftText(leftMs: number): string {
  const seconds = Math.round(leftMs / 1000);
  return seconds <= 0 ? 'The time of this step was over.' : `${formatDuration(seconds * 1000)} of this step is left.`;
}

function nextPercent(ramp: Ramp, step: number): string {
  const next = stepAfter(ramp, step);
  return next === undefined ? 'the next step' : foreign(shareOfStep(ramp, next));
}

function splitsBefore({ before }: Ramp): string {
  return targetsText(before);
}

function backNote(ramp: Ramp, state: RampStateOf<'back'>): string {
  const { change } = state;
  const how = change === undefined ? 'Nothing had to be taken back.' : `Back to ${splitsBefore(ramp)} (${change}).`;
  return `${stopText(ramp, state)} ${how} Nothing automatic moves it now.`;
}

/** Who stopped it, and why. */
function stopText(ramp: Ramp, { by, at, reason, proof }: RampStateOf<'back' | 'going-back'>): string {
  if (proof !== undefined) return `*Taken back* at ${momentText(at)}: ${proofText(ramp, proof, 'take-back')}`;
  const why = reason === undefined ? '' : `: “${foreign(reason)}”`;
  return `${user(by)} stopped it at ${momentText(at)}${why}.`;
}

/** The step's time is over, and nothing was seen of the canary in it. */
function blindNote({ state }: Ramp): readonly string[] {
  const isBlind = state.kind === 'running' && state.waitsFor === 'traffic';
  return isBlind
    ? [
        '*It waits:* nothing was seen of the new version in this step. It goes on by itself when there is something to see.',
      ]
    : [];
}

function heldNote(ramp: Ramp, state: RampStateOf<'held'>): string {
  const { hold, at } = state;
  return `*Held* since ${momentText(at)}: ${holdText(hold, ramp)}${goOnText(ramp, state)}${putBackText(ramp, state)}${withoutText(ramp, state)} *Roll back* goes back to ${splitsBefore(ramp)}.`;
}

/** What *Go on* does from here. */
function goOnText(ramp: Ramp, { step, hold, leftMs }: RampStateOf<'held'>): string {
  const isLast = stepAfter(ramp, step) === undefined;
  if (hold.because === 'moved')
    return ` *Go on from here* ${isLast ? endsText : `makes ${nextPercent(ramp, step)} of what is live.`}`;
  if (hold.because === 'not-asked-on') return ' *Go on* asks again.';
  if (asksWhenResumed(ramp, { step, leftMs })) return ` *Go on* asks whether ${nextPercent(ramp, step)} may be made.`;
  if (isLast && leftMs === 0) return ` *Go on* ${endsText}`;
  if (leftMs > 0) return ' *Go on* lets the ramp run on.';
  return ` *Go on* makes ${nextPercent(ramp, step)}.`;
}

const endsText = 'ends the ramp here; the split stays.';

function putBackText(ramp: Ramp, state: RampStateOf<'held'>): string {
  if (!isPutBackHere(ramp, state)) return '';
  return ` *Put back* makes it ${targetsText(madeAt(ramp, state.step))} again, and watches that for its full time.`;
}

function withoutText(ramp: Ramp, state: RampStateOf<'held'>): string {
  const cluster = clusterToLeaveOut(ramp, state);
  if (cluster === undefined) return '';
  const name = foreign(cluster);
  const isEnd = stepAfter(without(ramp, state.step, cluster), state.step) === undefined;
  return ` *Go on without ${name}* leaves ${name} as it is, and ${isEnd ? 'ends here' : 'goes on in the others'}.`;
}

export function holdText(hold: RampHold, ramp: Ramp | undefined): string {
  switch (hold.because) {
    case 'moved': {
      const { manager, live, at } = hold.away;
      const by = manager === undefined ? 'somebody else' : code(manager);
      const when = Number.isNaN(Date.parse(at)) ? '' : ` at ${clock(at)}`;
      return `${by} moved the weights${when}; live is now ${foreign(splitText(live))}.`;
    }
    case 'step-failed':
      return `the next step${whereNext(ramp)} could not be made: ${failText[hold.reason]}${hold.detail === undefined ? '' : ` (${code(hold.detail, 200)})`}.`;
    case 'no-plan':
      return `the next step${whereNext(ramp)} cannot be planned: ${noPlanText(hold.refusal)}.`;
    case 'denied': {
      const by = hold.rule === undefined ? '' : ` (${ruleText(hold.rule)})`;
      const until = hold.heldUntil === undefined ? undefined : new Date(hold.heldUntil);
      const held = hold.hold === undefined && until === undefined ? '' : holdWords({ ...hold.hold, until });
      return `policy does not allow the next step${whereNext(ramp)}${hold.denied === undefined ? '' : `: ${deniedWords[hold.denied]}`}${held}${by}.`;
    }
    case 'late':
      return `the next step${whereNext(ramp)} was due ${formatDuration(Math.round(hold.lateMs / 1000) * 1000)} ago, and nobody made it.`;
    case 'guard':
      return ramp === undefined ? 'a guard stopped it.' : proofText(ramp, hold.proof, 'hold');
    case 'back-failed': {
      const why = hold.reason === 'denied' ? 'policy does not allow it' : failText[hold.reason];
      const detail = hold.detail === undefined ? '' : ` (${code(hold.detail, 200)})`;
      return `the way back could not be made: ${why}${detail}.`;
    }
    case 'not-asked-on':
      return 'nobody let it go on in time.';
  }
}

/** ` (50 % in us)` */
function whereNext(ramp: Ramp | undefined): string {
  return ramp !== undefined && isSequence(ramp) ? ` (${nextPercent(ramp, liveStep(ramp.state))})` : '';
}

function voidNote({ because, denied }: RampStateOf<'void'>): string {
  switch (because) {
    case 'moved':
      return '*The plan does not hold any more:* its objects have moved since. Nothing was changed.';
    case 'relabelled':
      return '*The plan does not hold any more:* the labels of a version were changed, so its name means other pods than those that were shown. Nothing was changed.';
    case 'denied':
      return `*Policy does not allow it any more*${denied === undefined ? '' : `: ${deniedWords[denied]}`}. Nothing was changed.`;
  }
}

function noPlanText(refusal: string): string {
  return (Object.hasOwn(noPlanWords, refusal) ? noPlanWords[refusal] : undefined) ?? code(refusal);
}

/** By the reason of the refusal. */
const noPlanWords: Partial<Record<string, string>> = {
  gone: 'the object is gone',
  'object-gone': 'the object is gone',
  'as-it-is': 'the weights are already as it would make them',
  'already-there': 'the weights are already as it would make them',
  owned: 'another tool sets the weights of the object',
  'not-followed':
    'no requests follow the rule now, so nothing would be seen of it. `/shift status` says what they follow',
  'unknown-rule': 'its rule is gone',
  relabelled:
    'the labels of a version were changed, so its name means other pods than those that were approved. *Abort* it, and ask for it anew',
  'several-rules': 'several rules are called so',
  'rule-cannot-be-split': 'its rule can no longer be split',
  'unknown-version': 'a version is no longer defined',
  'undefined-live': 'a version that has requests is no longer defined',
  'several-hosts': 'the destinations of the rule do not share one host any more',
};

const failText: Record<FailReason, string> = {
  'object-gone': 'the object is gone',
  'rule-gone': 'its rule is gone',
  'rule-changed': 'its rule can no longer be split',
  'version-gone': 'a version is no longer defined',
  'ledger-unreadable': 'the history on the object is not what I wrote',
  'not-permitted': 'the cluster does not allow it',
  rejected: 'the API server refused the object',
  'too-large': 'the object would grow too large',
  contended: 'somebody else kept writing the object',
  'half-applied': 'only a part of it was written',
  'creation-unclear': 'what became of it is not known',
  unreachable: 'the API server did not answer',
  'not-reached': 'the API server could not be reached',
  'policy-unknown': 'Slack did not tell who is who',
  expired: 'it waited too long',
};
