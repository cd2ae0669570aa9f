import type { KnownBlock } from '@slack/types';
import { formatCommand, type HoldCommand } from '../../domain/language/command.ts';
import { formatDuration } from '../../domain/language/duration.ts';
import { endExamples } from '../../domain/language/end.ts';
import type { Hold, UnreadableHold } from '../../domain/policy/freeze.ts';
import type { Scope } from '../../domain/policy/scope.ts';
import { isPersons, mostFreezes, type SetHold } from '../../domain/policy/set-hold.ts';
import type { FreezeAnswer, ThawAnswer } from '../../workflow/holding/freeze.ts';
import type { LockAnswer, WrongEnd } from '../../workflow/holding/lock.ts';
import type { Notice } from '../../workflow/ports/notices.ts';
import { actions, formatLineValue } from '../words/button.ts';
import { statusCommand } from '../words/command-text.ts';
import { code, markup, names, plain, user } from '../words/mrkdwn.ts';
import { dateText, denialText, holdText, takeOverText, unreadableText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { notFoundText } from './refusals.ts';

const maxHolds = 15;

/** The answer to a lock, unlock, freeze or thaw. */
export function holdReply(answer: LockAnswer | FreezeAnswer | ThawAnswer): Reply {
  switch (answer.kind) {
    case 'take-over?':
      return question(answer, `${code(answer.name.service, 100)} is locked${holdText(answer.hold)}`, 'Take over');
    case 'thaw?':
      return question(answer, `This freeze is not yours: ${holdLine(answer.hold)}`, 'Thaw it');
    case 'which?':
      return whichReply(answer);
    case 'denied':
      return says(`*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`);
    case 'set-before':
      return says('Slack has delivered this once more; it was done before, and nothing is done again.');
    case 'not-found':
      return says(notFoundText(answer.name, answer.found));
    case 'wrong-end':
      return says(wrongEndText(answer));
    case 'unreadable':
      return says(['Nothing was changed.', ...unreadableLines(answer)].join('\n'));
    case 'locked':
    case 'unlocked':
    case 'not-locked':
    case 'not-yours':
      return says([lockText(answer), ...unreadableLines(answer)].join('\n'));
    default:
      return says([freezeText(answer), ...unreadableLines(answer)].join('\n'));
  }
}

function unreadableLines(answer: { readonly unreadable?: readonly UnreadableHold[] | undefined } | object) {
  const unreadable = 'unreadable' in answer ? (answer.unreadable ?? []) : [];
  return unreadable.slice(0, maxHolds).map(unreadableText);
}

/** The locks and freezes of a service or a namespace, as the status shows them. */
export function holdLines(holds: readonly Hold[] | undefined): readonly string[] {
  if (holds === undefined) return ['What is locked or frozen is not known: Redis does not answer.'];
  const more = holds.length > maxHolds ? [`… +${holds.length - maxHolds} more held`] : [];
  return [...holds.slice(0, maxHolds).map(holdLine), ...more];
}

/** The direct message to the owner of a lock or freeze that somebody else ended or took over. */
export function noticeText({ what, hold, by }: Notice): string {
  const yours =
    hold.kind === 'lock' ? `Your lock of ${code(hold.target, 200)}` : `Your freeze ${code(hold.name ?? '')}`;
  const done = { 'taken-over': 'was taken over', unlocked: 'was ended', thawed: 'was thawed' }[what];
  return `${yours} ${done} by ${user(by)}. It was set ${dateText(hold.since)}${holdText({ ...hold, by: undefined, name: undefined })}`;
}

type OfLocks = Extract<LockAnswer, { kind: 'locked' | 'unlocked' | 'not-locked' | 'not-yours' }>;

function lockText(answer: OfLocks): string {
  switch (answer.kind) {
    case 'locked': {
      const service = code(answer.name.service, 100);
      const before = answer.before === undefined ? '' : ` It was the lock of ${user(answer.before.by)}, who is told.`;
      const unlock = code(formatCommand({ verb: 'unlock', service: answer.name }), 300);
      return `Locked: only you move the traffic of ${service} (${code(answer.hold.target, 200)})${untilText(answer.hold)}. ${rollbackText(answer)}${before} ${unlock} ends it.`;
    }
    case 'unlocked':
      return `Unlocked: ${code(answer.name.service, 100)}. The lock was set by ${user(answer.hold.by)}.`;
    case 'not-locked':
      return `${code(answer.name.service, 100)} is not locked. ${statusCommand({ ...answer.name, service: undefined })} shows what is.`;
    case 'not-yours':
      return `It is locked${holdText(answer.hold)} Only its owner unlocks it, or whoever a policy file lets.${takeOverText(answer.hold)}`;
  }
}

type OfFreezes = Exclude<
  FreezeAnswer | ThawAnswer,
  { kind: 'denied' | 'wrong-end' | 'set-before' | 'thaw?' | 'which?' | 'unreadable' }
>;

function freezeText(answer: OfFreezes): string {
  switch (answer.kind) {
    case 'frozen':
      if (answer.before !== undefined)
        return `Your freeze ${code(answer.hold.name ?? '')} covers that already: it goes on${untilText(answer.hold)}, where it would have ended ${dateText(answer.before.until, answer.before.timezone)}. ${rollbackText(answer)} \`/shift thaw ${answer.hold.name}\` ends it.`;
      return `Frozen: ${scopeText(answer.scope)}${untilText(answer.hold)}. ${rollbackText(answer)} \`/shift thaw ${answer.hold.name}\` ends it.`;
    case 'no-scope':
      return noScopeText(answer.scope);
    case 'too-many':
      if (answer.yours !== undefined)
        return [
          `You have ${answer.yours.length} freezes, which is the most of one person; nothing was frozen. ${code('/shift thaw f-…')} ends one:`,
          ...holdLines(answer.yours),
        ].join('\n');
      return `There are ${mostFreezes} freezes of people already; nothing was frozen. \`/shift thaw\` lists them: whoever may shift what one covers can end it, and whoever may shift everything can still freeze.`;
    case 'thawed':
      return `Thawed: ${code(answer.hold.target, 200)}. It was frozen${holdText(answer.hold)}`;
    case 'freezes':
      return answer.holds.length === 0 ? 'Nothing is frozen.' : holdLines(answer.holds).join('\n');
    case 'no-freeze':
      return [`No freeze is called ${code(answer.name)} or covers just that.`, ...holdLines(answer.holds)].join('\n');
    case 'several':
      return ['Several freezes cover just that; name one:', ...holdLines(answer.holds)].join('\n');
    case 'of-the-file':
      return `${code(answer.freeze.name)} stands in line ${answer.freeze.line} of the policy file, and only whoever keeps that file can end it.`;
  }
}

function rollbackText({ stopsRollbacks }: { readonly stopsRollbacks: boolean }): string {
  return stopsRollbacks ? 'Where the policy file says so, rollbacks wait, too.' : 'Rollbacks go through.';
}

/** Names every cluster, so nobody has to guess what a star matches. */
function scopeText({ target, clusters }: Extract<Scope, { kind: 'covers' }>): string {
  if (!target.includes('*'))
    return `the service ${code(target, 200)} (cluster/namespace/service), by whatever object its requests go`;
  return `every service that ${code(target, 200)} (cluster/namespace/service) describes, in ${clusters.length === 1 ? 'cluster' : 'the clusters'} ${names(clusters)}`;
}

function noScopeText(scope: Exclude<Scope, { kind: 'covers' }>): string {
  if (scope.kind === 'no-scope')
    return 'That does not say what to freeze: a service, namespace/service, or cluster/namespace/service, with stars.';
  const [first = ''] = scope.clusters;
  return `No cluster of mine is called ${code(scope.cluster)}; there is ${names(scope.clusters)}. ${code('/shift freeze default/reviews')} covers a service, and ${code(`/shift freeze ${first}/default`, 200)} a whole namespace. Nothing was frozen.`;
}

function wrongEndText({ because, at, timezone, longestMs }: WrongEnd): string {
  const wrong =
    because === 'over'
      ? `That is over already (${dateText(at, timezone)})`
      : `That is too long: it would last until ${dateText(at, timezone)}, and ${formatDuration(longestMs)} is the most`;
  return `${wrong}. What works: ${endExamples}. Nothing was changed.`;
}

function untilText({ until, timezone }: SetHold): string {
  return `, until ${dateText(until, timezone)}`;
}

function holdLine(hold: Hold): string {
  if (hold.unreadable !== undefined) return unreadableText({ ...hold, unreadable: hold.unreadable });
  const what = hold.target === undefined ? '' : ` ${code(hold.target, 200)}`;
  return `${hold.kind === 'lock' ? 'Locked' : 'Frozen'}:${what}${holdText(hold)}`;
}

/** A button for each way to read it. Nothing is frozen before one is pressed. */
function whichReply({ commands, asked }: Extract<FreezeAnswer, { kind: 'which?' }>): Reply {
  const text = `That can be read in two ways. Which do you mean? Nothing was frozen yet.`;
  const blocks: KnownBlock[] = commands.map(({ scope, command }) => ({
    type: 'section',
    text: markup(scopeText(scope)),
    accessory: {
      type: 'button',
      action_id: actions.takeOver,
      value: formatLineValue({ line: formatCommand(command), seen: asked }),
      style: 'danger',
      text: plain('Freeze this'),
    },
  }));
  return { text, blocks: [{ type: 'section', text: markup(text) }, ...blocks] };
}

/** The button does what the typed line does, but only to the lock or freeze that is shown. */
function question(
  { hold, command }: { readonly hold: SetHold; readonly command: HoldCommand },
  what: string,
  button: string,
): Reply {
  const told = isPersons(hold) ? ` ${user(hold.by)} will be told.` : '';
  const text = `${what} Nothing was changed yet.${told}`;
  const value = formatLineValue({ line: formatCommand(command), seen: hold.id });
  const blocks: KnownBlock[] = [
    { type: 'section', text: markup(text) },
    {
      type: 'actions',
      elements: [{ type: 'button', action_id: actions.takeOver, value, style: 'danger', text: plain(button) }],
    },
  ];
  return { text, blocks };
}
