import { type Change, isWaiting } from '../../domain/change/change.ts';
import { describePinned, since } from '../../domain/change/plan.ts';
import type { Mistake } from '../../domain/language/mistake.ts';
import type { Revision } from '../../domain/routing/ledger.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import { defaultRule, findRule, pinnedRules, type Route, type Rule } from '../../domain/routing/route.ts';
import { editsOf } from '../../workflow/asking/plan-edits.ts';
import type { RollbackAnswer } from '../../workflow/asking/roll-back.ts';
import type { Answer, Trial } from '../../workflow/asking/submit.ts';
import type { HeldAnswer } from '../../workflow/deciding/held-edits.ts';
import type { HistoryAnswer, StatusAnswer } from '../../workflow/looking/look-up.ts';
import { title } from '../card/card.ts';
import { unpinCommand } from '../card/edits-card.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { serviceOf, statusCommand } from '../words/command-text.ts';
import { code, escapeText, fitted, foreign, markup, plain, user } from '../words/mrkdwn.ts';
import { objectSections } from '../words/object-text.ts';
import { ownerText, warningText } from '../words/owner-text.ts';
import { pinnedText } from '../words/pinned-text.ts';
import { denialText, needsText, verdictText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { byName, moveRows, moveText, splitRows, splitText } from '../words/split-text.ts';
import { when } from '../words/when.ts';
import { holdLines } from './hold.ts';
import { outcomeReply } from './outcome.ts';
import { ageText, notFoundText, refusalText, type TypedMove } from './refusals.ts';

const maxServices = 40;
const maxOpen = 5;
const maxPinned = 10;
/** What the differences of objects may fill beside a question. */
const maxDifference = 6_000;
/** What the lines of an overview or a history may fill, so that what stands below them is still there. */
const maxListed = 2_000;

export function mistakeReply({ wrong, next }: Mistake): Reply {
  return says(`${escapeText(wrong)} ${escapeText(next)}`);
}

interface Context {
  /** The change that stands right before an accepted one. */
  readonly ahead?: Change | undefined;
  readonly typed?: TypedMove | undefined;
}

export function answerReply(answer: RollbackAnswer, now: Date, { ahead, typed }: Context = {}): Reply {
  switch (answer.kind) {
    case 'accepted':
      return says(acceptedText(answer, ahead));
    case 'refused':
      return says(refusalText(answer.name, answer.refusal, { now, typed }));
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
      return confirmReply(answer);
    case 'not-taken':
    case 'busy':
    case 'too-much':
    case 'would-take-back':
    case 'taken-back':
      return outcomeReply(answer);
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

function acceptedText({ change, behind, again }: Extract<Answer, { kind: 'accepted' }>, ahead?: Change): string {
  const what = `${change.id}, ${foreign(title(change))}`;
  if (again) return `Already asked for by ${user(change.by)}: ${what} (${stateText(change)}).`;
  if (change.state.kind === 'awaiting')
    return `Waits for approval: ${what}. ${needsText(change.state.needs)} Its card has the buttons.`;
  const last = ahead === undefined ? '' : `, ${behind === 1 ? '' : 'the last of them '}${openWords(ahead)}`;
  const line =
    behind === 0 ? '' : ` ${behind === 1 ? 'One change stands' : `${behind} changes stand`} before it${last}.`;
  const rule =
    change.pinned.length === 0 || change.edits !== undefined
      ? ''
      : ' Of its rules this is the one that takes all the rest.';
  return `Accepted: ${what}.${rule}${line} Its card follows it.`;
}

function previewText({ name, plan, waiting, trial, judgement }: Extract<Answer, { kind: 'preview' }>): string {
  const notReached = plan.pinned.length > 0 ? `\nNot reached by the split: ${pinnedText(plan.pinned, maxPinned)}` : '';
  const line = waiting === 0 ? '' : `\nPlanned from what the ${waiting} waiting before it will leave.`;
  const { verdict } = judgement;
  const policy = verdict.kind === 'allowed' ? '' : `\nPolicy: ${verdictText(verdict)}`;
  const warned = plan.warnings.map((warning) => `\n${warningText(warning)}`).join('');
  return `Dry run of ${code(name.service)} in ${code(name.namespace)}, rule ${code(plan.rule)}: nothing was changed.\n${moveRows(plan.from, plan.to)}\n${trialText(trial)}${policy}${line}${notReached}${warned}`;
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

function confirmReply({ id, name: { service }, undo, plan }: Extract<RollbackAnswer, { kind: 'confirm' }>): Reply {
  const others = undo.changes.map(({ id: each, by }) => `${each} by ${user(by)}`);
  const lines = [
    others.length > 0 || undo.moved
      ? `*This is no longer the last change of ${code(service)}.* Rolling back ${id} would undo more:`
      : `*Not done yet:* what ${code(service)} was before ${id} is not served any more.`,
    `now:   ${foreign(splitText(undo.now))}`,
    `after: ${foreign(splitText(undo.after))}`,
    ...(others.length > 0
      ? [`undone too: ${others.slice(0, 8).join(', ')}${others.length > 8 ? ` … +${others.length - 8}` : ''}`]
      : []),
    ...(undo.moved ? ['and what somebody else set by hand since.'] : []),
    ...(plan?.warnings ?? []).slice(0, 2).map(warningText),
  ];
  const text = fitted(lines.join('\n'));
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      ...(plan === undefined ? [] : objectSections(editsOf(plan), maxDifference)),
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.rollBackSeen,
            value: formatButtonValue({ id, seen: undo.stamp }),
            style: 'danger',
            text: plain(plan === undefined ? `Roll back to ${splitText(undo.after)}` : 'Roll back all the same'),
          },
        ],
      },
    ],
  };
}

export function heldReply(answer: HeldAnswer, now: Date): Reply {
  switch (answer.kind) {
    case 'planned-anew':
      return says(
        answer.change.state.kind === 'awaiting'
          ? `Planned anew: ${answer.change.id} waits for approval of what it would do now, by others than you, since you asked for it. Its card has the buttons.`
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
      return says(refusalText(serviceOf(answer.change), answer.refusal, { now }));
    case 'as-it-is':
      return says('All its objects are already as they were to be. Nothing was changed.');
    case 'not-now':
      return answer.outcome.kind === 'refused-before' ? says('Nothing was changed.') : answerReply(answer.outcome, now);
    case 'object-gone':
      return says(
        `There is no VirtualService ${code(answer.change.object.name)} any more.${answer.change.state.kind === 'held' ? ' *Discard* ends the change.' : ' Nothing was changed.'}`,
      );
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

function statusText({ name, route, open, holds }: Extract<StatusAnswer, { kind: 'status' }>, now: Date): string {
  const rule = findRule(route, defaultRule);
  const split =
    rule === undefined
      ? ['No rule takes all the rest.', ...route.rules.map((each) => `• ${code(describePinned(each), 120)}`)]
          .slice(0, 12)
          .join('\n')
      : splitRows(rule.split);
  const change = rule === undefined ? undefined : since(route, rule);
  return [
    `*${foreign(name.service)}* in ${code(name.namespace)} (${code(`VirtualService ${route.object.name}`)}, for ${foreign(reach(route))})`,
    split,
    ...(rule?.unsplittable === undefined
      ? []
      : [refusalText(name, { reason: 'rule-cannot-be-split', rule: rule.key, because: rule.unsplittable }, { now })]),
    ...(change === undefined
      ? lastWriter(route, now)
      : [`Since ${change.id}, ${when(change.at, now)}, by ${user(change.by)}.`]),
    ...(route.owners ?? []).map((owner) => `Managed by ${ownerText(owner)}.`),
    ...besidesLines(route, rule),
    ...pinnedLines(name, route),
    ...holdLines(holds),
    ...openLines(open),
  ].join('\n');
}

/** What a split does not change, and who looks at the weights alone would not expect. */
function besidesLines({ otherLists = [] }: Route, rule: Rule | undefined): readonly string[] {
  return [
    ...(rule?.besides ?? []).map((each) => besidesWords[each]),
    ...otherLists.map((list) => `It has ${code(list)} rules too; of those I split none.`),
  ];
}

const besidesWords: Record<NonNullable<Rule['besides']>[number], string> = {
  fault: 'The rule injects faults, whichever version a request goes to.',
  mirror: 'The rule mirrors its requests, whichever version they go to.',
};

function overviewText({ place, routes, open, holds, asOf }: Extract<StatusAnswer, { kind: 'overview' }>): string {
  if (routes.length === 0)
    return `Nothing is routed in ${code(place.namespace)}. Another namespace is named with \`-n\`.${ageText({ asOf })}`;
  const sorted = routes.toSorted((a, b) => byName(a.object.name, b.object.name));
  const shown = within(sorted.slice(0, maxServices), maxListed, overviewLine);
  const [next] = sorted.slice(shown.length);
  const more =
    next === undefined
      ? []
      : [
          `… +${sorted.length - shown.length} more; name one: ${statusCommand({ ...place, service: next.object.name })}`,
        ];
  return [
    `*${foreign(place.namespace)}* @ ${foreign(place.cluster)}${asOf === undefined ? '' : '.'}${ageText({ asOf })}`,
    ...shown,
    ...more,
    ...holdLines(holds),
    ...openLines(open),
  ].join('\n');
}

function overviewLine(route: Route): string {
  const rule = findRule(route, defaultRule);
  const pinned = pinnedRules(route).length;
  return `${code(route.object.name)} ${rule === undefined ? 'no default rule' : foreign(splitText(rule.split))}${pinned > 0 ? ` (+${pinned} pinned)` : ''}`;
}

/** As many lines, from the first on, as the room takes; the others are not even made. */
function within<T>(all: readonly T[], room: number, lineOf: (each: T) => string): readonly string[] {
  const lines: string[] = [];
  let used = 0;
  for (const each of all) {
    const line = lineOf(each);
    used += line.length + 1;
    if (used > room) break;
    lines.push(line);
  }
  return lines;
}

export function historyReply(answer: HistoryAnswer, now: Date): Reply {
  if (answer.kind === 'not-found') return says(notFoundText(answer.name, answer.found));
  const { name, route } = answer;
  const { seq, revisions } = route.ledger;
  if (revisions.length === 0) return says(`shiftbot has not changed ${code(name.service)} yet.`);
  const lines = within(revisions, maxListed + 500, (revision) => revisionLine(revision, now));
  const older = seq - lines.length;
  return says(
    [`*${foreign(name.service)}*, newest first`, ...lines, ...(older > 0 ? [`… +${older} older`] : [])].join('\n'),
  );
}

function revisionLine({ id, at, by, from, to, reason, reverts, rule, does }: Revision, now: Date): string {
  const why = reason === undefined ? '' : ` · “${foreign(reason, 80)}”`;
  const back = reverts === undefined ? '' : ` · takes back ${reverts}`;
  const where = rule === defaultRule ? '' : ` · rule ${code(rule)}`;
  const more = does === undefined ? '' : ` · ${code(does, 80)}`;
  return `${id} · ${when(at, now)} · ${user(by)} · ${foreign(moveText(from, to))}${more}${where}${back}${why}`;
}

function openLines(open: readonly Change[] | undefined): readonly string[] {
  if (open === undefined) return ['What waits is not known: Redis does not answer.'];
  const more = open.length > maxOpen ? [`… +${open.length - maxOpen} more that wait`] : [];
  return [...open.slice(0, maxOpen).map((change) => `${openWords(change)}.`), ...more];
}

/** Whose change it is, and how far. */
function openWords(change: Change): string {
  return `${change.id} (${foreign(title(change), 120)}) ${change.state.kind === 'awaiting' ? '' : 'is '}${stateText(change)}, asked by ${user(change.by)}`;
}

function stateText({ state }: Change): string {
  return state.kind === 'awaiting' ? 'waits for approval' : state.kind;
}

function pinnedLines(name: ServiceName, route: Route): readonly string[] {
  const pinned = pinnedRules(route);
  const [first] = pinned;
  const lines = pinned
    .slice(0, maxPinned)
    .map((rule) => `Not reached by the split: ${code(describePinned(rule), 120)}`);
  const more = pinned.length > maxPinned ? [`… +${pinned.length - maxPinned} more that it does not reach`] : [];
  return first === undefined
    ? []
    : [
        ...lines,
        ...more,
        `${code(unpinCommand(name, first), 250)} removes ${pinned.length === 1 ? 'it' : 'the first of them'}.`,
      ];
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
