import type { KnownBlock } from '@slack/types';
import { type Change, isWaiting } from '../domain/change.ts';
import type { Revision } from '../domain/ledger.ts';
import type { Mistake } from '../domain/mistake.ts';
import { describePinned, since } from '../domain/plan.ts';
import { defaultRule, findRule, pinnedRules, type Route } from '../domain/route.ts';
import { truncate } from '../domain/typed-text.ts';
import type { HeldAnswer } from '../workflow/held.ts';
import type { HistoryAnswer, StatusAnswer } from '../workflow/look-up.ts';
import type { RollbackAnswer, Undo } from '../workflow/roll-back.ts';
import type { Answer, Trial } from '../workflow/submit.ts';
import { actions, formatButtonValue } from './actions.ts';
import { plain, title } from './card.ts';
import { code, escapeText, user } from './mrkdwn.ts';
import { ownerText, warningText } from './owner-text.ts';
import { ageText, notFoundText, refusalText } from './refusals.ts';
import { moveRows, moveText, splitRows, splitText } from './split-text.ts';
import { denialText, needsText, verdictText } from './verdicts.ts';

/** What only the asker sees. */
export interface Reply {
  readonly text: string;
  readonly blocks?: KnownBlock[];
}

const maxText = 2_900;
const maxServices = 40;

export function mistakeReply({ wrong, next }: Mistake): Reply {
  return says(`${escapeText(wrong)} ${escapeText(next)}`);
}

export function answerReply(answer: RollbackAnswer): Reply {
  switch (answer.kind) {
    case 'accepted':
      return says(acceptedText(answer));
    case 'refused':
      return says(refusalText(answer.name, answer.refusal));
    case 'not-found':
      return says(notFoundText(answer.name, answer.found));
    case 'denied':
      return says(`*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`);
    case 'refused-before':
      return says(
        'Slack has delivered this once more; it was answered before, and nothing was accepted. Nothing will happen; if it is still wanted, type it again.',
      );
    case 'preview':
      return says(previewText(answer));
    case 'confirm':
      return confirmReply(answer.id, answer.name.service, answer.undo);
    case 'unknown-change':
      return says(
        `Nothing is known of ${answer.id} any more: neither a record nor the history of an object that I have looked at since I started. ${code('/shift rollback')} with the name of the service goes by the object itself.`,
      );
    case 'not-applied':
      return says(
        `${answer.change.id} ${isWaiting(answer.change) ? 'is not applied yet' : 'was not applied'}, so there is nothing to take back. Its card says more.`,
      );
  }
}

function acceptedText({ change, behind, again }: Extract<Answer, { kind: 'accepted' }>): string {
  const what = `${change.id}, ${escapeText(title(change))}`;
  if (again) return `Already asked for by ${user(change.by)}: ${what} (${change.state.kind}).`;
  if (change.state.kind === 'awaiting')
    return `Waits for approval: ${what}. ${needsText(change.state.needs)} Its card has the buttons.`;
  const line = behind === 0 ? '' : ` ${behind === 1 ? 'One change stands' : `${behind} changes stand`} before it.`;
  return `Accepted: ${what}.${line} Its card follows it.`;
}

function previewText({ name, plan, waiting, trial, judgement }: Extract<Answer, { kind: 'preview' }>): string {
  const notReached =
    plan.pinned.length > 0
      ? `\nNot reached by the split: ${plan.pinned.map((rule) => code(rule, 120)).join(', ')}`
      : '';
  const line = waiting === 0 ? '' : `\nPlanned from what the ${waiting} waiting before it will leave.`;
  const { verdict } = judgement;
  const policy = verdict.kind === 'allowed' ? '' : `\nPolicy: ${verdictText(verdict)}`;
  const warned = plan.warnings.map((warning) => `\n${warningText(warning)}`).join('');
  return `Dry run of ${code(name.service)} in ${code(name.namespace)}: nothing was changed.\n${moveRows(plan.from, plan.to)}\n${trialText(trial)}${policy}${line}${notReached}${warned}`;
}

function trialText(trial: Trial): string {
  switch (trial.kind) {
    case 'fine':
      return [
        'The API server would take it.',
        ...trial.warnings.map((warning) => `It warns: ${code(warning, 300)}`),
      ].join('\n');
    case 'rejected':
      return `The API server would refuse it: ${code(trial.message, 500)}`;
    case 'not-asked':
      return 'The API server was not asked, since others are applied first.';
    case 'moved':
      return 'Somebody wrote the object while it was asked, so there is no verdict. Type it again.';
  }
}

function confirmReply(id: Change['id'], service: string, undo: Undo): Reply {
  const others = undo.changes.map(({ id: each, by }) => `${each} by ${user(by)}`);
  const lines = [
    `*This is no longer the last change of ${code(service)}.* Rolling back ${id} would undo more:`,
    `now:   ${escapeText(splitText(undo.now))}`,
    `after: ${escapeText(splitText(undo.after))}`,
    ...(others.length > 0
      ? [`undone too: ${others.slice(0, 8).join(', ')}${others.length > 8 ? ` … +${others.length - 8}` : ''}`]
      : []),
    ...(undo.moved ? ['and what somebody else set by hand since.'] : []),
  ];
  const text = lines.join('\n');
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.rollBackSeen,
            value: formatButtonValue({ id, seen: undo.stamp }),
            style: 'danger',
            text: plain(truncate(`Roll back to ${splitText(undo.after)}`, 70)),
          },
        ],
      },
    ],
  };
}

export function heldReply(answer: HeldAnswer): Reply {
  switch (answer.kind) {
    case 'planned-anew':
      return says(
        answer.change.state.kind === 'awaiting'
          ? `Planned anew: ${answer.change.id} waits for approval of what it would do now. Its card has the buttons.`
          : `Accepted: ${answer.change.id} will be applied to what is live now.`,
      );
    case 'denied':
      return says(`*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`);
    case 'discarded':
      return says(`Discarded ${answer.change.id}. Nothing was changed.`);
    case 'decided':
      return says(
        `${answer.change.id} does not wait for a decision any more (${answer.change.state.kind}). Its card says more.`,
      );
    case 'moved-again':
      return says(`The weights moved again since the card was written. It now shows what is live; decide anew.`);
    case 'refused':
      return says(refusalText(answer.change, answer.refusal));
    case 'object-gone':
      return says(`There is no VirtualService ${code(answer.change.object.name)} any more. *Discard* ends the change.`);
    case 'unknown-change':
      return says(`Nothing is known of ${answer.id} any more. \`/shift status\` shows what is live.`);
  }
}

export function statusReply(answer: StatusAnswer, now: Date): Reply {
  switch (answer.kind) {
    case 'not-found':
      return says(notFoundText(answer.name, answer.found));
    case 'status':
      return says(statusText(answer, now));
    case 'overview':
      return says(overviewText(answer));
  }
}

function statusText({ name, route, open }: Extract<StatusAnswer, { kind: 'status' }>, now: Date): string {
  const rule = findRule(route, defaultRule);
  const split =
    rule === undefined
      ? ['No rule takes all the rest.', ...route.rules.map((each) => `• ${code(describePinned(each), 120)}`)]
          .slice(0, 12)
          .join('\n')
      : splitRows(rule.split);
  const change = rule === undefined ? undefined : since(route, rule);
  return [
    `*${escapeText(name.service)}* in ${code(name.namespace)} (${code(`VirtualService ${route.object.name}`)}, for ${escapeText(reach(route))})`,
    split,
    ...(rule?.unsplittable === undefined
      ? []
      : [refusalText(name, { reason: 'rule-cannot-be-split', rule: rule.key, because: rule.unsplittable })]),
    ...(change === undefined
      ? lastWriter(route, now)
      : [`Since ${change.id}, ${when(change.at, now)}, by ${user(change.by)}.`]),
    ...(route.owners ?? []).map((owner) => `Managed by ${ownerText(owner)}.`),
    ...pinnedLines(route),
    ...openLines(open),
  ].join('\n');
}

function overviewText({ place, routes, open, asOf }: Extract<StatusAnswer, { kind: 'overview' }>): string {
  if (routes.length === 0)
    return `Nothing is routed in ${code(place.namespace)}. Another namespace is named with \`-n\`.${ageText({ asOf })}`;
  const sorted = routes.toSorted((a, b) => a.object.name.localeCompare(b.object.name));
  const lines = sorted.slice(0, maxServices).map((route) => {
    const rule = findRule(route, defaultRule);
    const pinned = pinnedRules(route).length;
    return `${code(route.object.name)} ${rule === undefined ? 'no default rule' : escapeText(splitText(rule.split))}${pinned > 0 ? ` (+${pinned} pinned)` : ''}`;
  });
  const more =
    routes.length > maxServices ? [`… +${routes.length - maxServices} more; name one: \`/shift status reviews\``] : [];
  return [
    `*${escapeText(place.namespace)}* @ ${escapeText(place.cluster)}${asOf === undefined ? '' : '.'}${ageText({ asOf })}`,
    ...lines,
    ...more,
    ...openLines(open),
  ].join('\n');
}

export function historyReply(answer: HistoryAnswer, now: Date): Reply {
  if (answer.kind === 'not-found') return says(notFoundText(answer.name, answer.found));
  const { name, route } = answer;
  const { seq, revisions } = route.ledger;
  if (revisions.length === 0) return says(`shiftbot has not changed ${code(name.service)} yet.`);
  const older = seq - revisions.length;
  return says(
    [
      `*${escapeText(name.service)}*, newest first`,
      ...revisions.map((revision) => revisionLine(revision, now)),
      ...(older > 0 ? [`… +${older} older`] : []),
    ].join('\n'),
  );
}

function revisionLine({ id, at, by, from, to, reason, reverts, rule }: Revision, now: Date): string {
  const why = reason === undefined ? '' : ` · “${escapeText(truncate(reason, 80))}”`;
  const back = reverts === undefined ? '' : ` · takes back ${reverts}`;
  const where = rule === defaultRule ? '' : ` · rule ${code(rule)}`;
  return `${id} · ${when(at, now)} · ${user(by)} · ${escapeText(moveText(from, to))}${where}${back}${why}`;
}

function openLines(open: readonly Change[] | undefined): readonly string[] {
  return open === undefined ? ['What waits is not known: Redis does not answer.'] : open.map(openLine);
}

function openLine(change: Change): string {
  return `${change.id} (${escapeText(title(change))}) is ${change.state.kind}, asked by ${user(change.by)}.`;
}

function pinnedLines(route: Route): readonly string[] {
  return pinnedRules(route)
    .slice(0, 10)
    .map((rule) => `Not reached by the split: ${code(describePinned(rule), 120)}`);
}

function lastWriter({ lastWriter: writer }: Route, now: Date): readonly string[] {
  return writer === undefined || writer.at === ''
    ? []
    : [`Last written by ${code(writer.manager)}, ${when(writer.at, now)}.`];
}

function reach({ gateways }: Route): string {
  const named = gateways.filter((gateway) => gateway !== 'mesh');
  const mesh = gateways.includes('mesh') ? ['the mesh'] : [];
  return [...mesh, ...named.map((gateway) => `gateway ${gateway}`)].join(' and ') || 'nothing';
}

/** How long ago, which needs no time zone; the day and time in UTC once that says more. */
function when(at: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(at)) / 60_000);
  if (Number.isNaN(minutes) || minutes >= 24 * 60)
    return escapeText(at.replace('T', ' ').replace(/:\d{2}(\.\d+)?Z$/, ' UTC'));
  if (minutes < 1) return 'just now';
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

export function says(text: string): Reply {
  return { text: truncate(text, maxText) };
}
