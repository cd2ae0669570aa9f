import { type Change, failReasons, holdReasons, type State } from '../../src/domain/change/change.ts';
import type { Refusal } from '../../src/domain/change/plan.ts';
import { parseCommand } from '../../src/domain/language/parse-command.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { quote } from '../../src/domain/text/typed-text.ts';
import { card, type Message } from '../../src/slack/card/card.ts';
import { answerReply, heldReply, historyReply, mistakeReply, statusReply } from '../../src/slack/replies/answers.ts';
import { helpText } from '../../src/slack/replies/help.ts';
import { type Reply, says } from '../../src/slack/words/reply.ts';
import type { Random } from '../chaos/random.ts';
import { change, changeId, jason, reviews, reviewsObject, revision, rule } from '../support/builders.ts';
import { wrongInMessage } from '../support/slack-reading.ts';
import { hostileText, items, name } from './hostile.ts';
import { target } from './target.ts';

const at = '2026-11-22T14:03:11.000Z';
const now = new Date('2026-11-22T15:03:11Z');

/** Cards of changes with hostile text in everything that came from a person or the cluster. */
export const cards = target<Change, Message>({
  name: 'cards',
  share: 50,
  make: aChange,
  run: card,
  judge: (_, message) => wrongInMessage(message),
});

/** Ephemeral answers. */
export const answers = target<AnswerInput, Reply>({
  name: 'answers',
  share: 40,
  make: (random) => ({
    text: hostileText(random, 80),
    service: text(random),
    rules: items(random, 4, () => text(random)),
    manager: text(random),
    names: items(random, random.chance(0.1) ? 200 : 5, () => text(random)),
    split: aSplit(random),
    change: aChange(random),
    refusal: aRefusal(random),
    which: random.between(0, 12),
  }),
  run: replyTo,
  judge: (_, reply) => wrongInMessage(reply),
});

interface AnswerInput {
  readonly text: string;
  readonly service: string;
  readonly rules: readonly string[];
  readonly manager: string;
  readonly names: readonly string[];
  readonly split: Split;
  readonly change: Change;
  readonly refusal: Refusal;
  /** Which of the answers to render. */
  readonly which: number;
}

function replyTo(input: AnswerInput): Reply {
  const { service, rules, manager, names, split, change: hostile, refusal } = input;
  const object = { ...reviewsObject, cluster: manager, name: service };
  const place = { cluster: manager, namespace: rules[0] ?? 'default', service };
  const revisions = names.map((reason) =>
    revision({ reason, rule: reason, by: manager, from: split, to: split, at: reason }),
  );
  const route = {
    ...reviews(split, {
      rules: [...rules.map((key) => ({ ...jason, key, match: key })), rule(split)],
      revisions,
      object,
    }),
    gateways: names,
    lastWriter: { manager, at: service },
  };
  const command = parseCommand(input.text);
  const undo = { now: split, after: split, changes: revisions, moved: true, stamp: '0123456789abcdef' };
  const open = [hostile, hostile];
  const base = hostile.base;
  const plan = { kind: 'change', rule: service, from: split, to: split, base, pinned: names, warnings: [] } as const;
  const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;
  const except = { rollback: true, who: [] };
  const holds = [{ kind: 'freeze', name: service, target: manager, by: manager, reason: service, except }] as const;
  const routes = () => names.map((each) => ({ ...route, object: { ...object, name: each } }));
  const all: readonly (() => Reply)[] = [
    () => mistakeReply(command.verb === 'mistake' ? command : { verb: 'mistake', wrong: quote(service), next: 'x' }),
    () => answerReply({ kind: 'refused', name: place, refusal }, now),
    () => answerReply({ kind: 'accepted', change: hostile, behind: 2, again: false }, now, { ahead: hostile }),
    () => answerReply({ kind: 'not-found', name: place, found: { kind: 'unknown-service', services: names } }, now),
    () => answerReply({ kind: 'not-found', name: place, found: { kind: 'several', objects: names } }, now),
    () => answerReply({ kind: 'confirm', id: changeId(1), name: place, undo }, now),
    () =>
      answerReply(
        { kind: 'preview', name: place, plan, waiting: 1, trial: { kind: 'rejected', message: manager }, judgement },
        now,
      ),
    () => heldReply({ kind: 'refused', change: hostile, refusal }, now),
    () => heldReply({ kind: 'object-gone', change: hostile }, now),
    () => statusReply({ kind: 'status', name: place, route, open, holds }, now),
    () => statusReply({ kind: 'overview', place, routes: routes(), open, holds }, now),
    () => historyReply({ kind: 'history', name: place, route }, now),
  ];
  return (all[input.which] ?? (() => says(helpText(service, manager, names))))();
}

function text(random: Random): string {
  return random.chance(0.3) ? name(random) : hostileText(random, random.chance(0.1) ? 300 : 30).slice(0, 300);
}

function aSplit(random: Random): Split {
  return Object.fromEntries(items(random, random.chance(0.1) ? 40 : 4, () => [text(random), random.between(0, 100)]));
}

function aChange(random: Random): Change {
  return change({
    service: text(random),
    rule: random.chance(0.5) ? 'default' : text(random),
    by: random.chance(0.5) ? 'U01ALICE' : text(random),
    reason: hostileText(random, 300),
    focus: text(random),
    from: aSplit(random),
    to: aSplit(random),
    pinned: items(random, 8, () => text(random)),
    object: { ...reviewsObject, name: text(random), namespace: text(random), cluster: text(random) },
    state: aState(random),
    insistedBy: text(random),
  });
}

function aState(random: Random): State {
  const states: readonly [State, ...State[]] = [
    { kind: 'queued' },
    {
      kind: 'applied',
      at,
      seq: 1,
      tookMs: random.between(0, 99_999),
      live: aSplit(random),
      warnings: items(random, 6, () => text(random)),
    },
    {
      kind: 'applied',
      at,
      seq: 1,
      tookMs: 1,
      live: aSplit(random),
      warnings: [],
      seen: { kind: 'counted', from: at, until: at, answered: aSplit(random), unanswered: aSplit(random) },
    },
    {
      kind: 'applied',
      at,
      seq: 1,
      tookMs: 1,
      live: {},
      warnings: [],
      rolledBack: { by: text(random), change: changeId(2) },
    },
    { kind: 'held', at, because: random.pick(holdReasons), uid: 'u', live: aSplit(random), lastWriter: text(random) },
    { kind: 'discarded', at, by: text(random) },
    { kind: 'failed', at, because: random.pick(failReasons), detail: text(random) },
  ];
  return random.pick(states);
}

function aRefusal(random: Random): Refusal {
  const texts = () => items(random, 20, () => text(random));
  const refusals: readonly [Refusal, ...Refusal[]] = [
    { reason: 'no-default-rule', rules: texts(), others: [] },
    { reason: 'unknown-rule', rule: text(random), rules: texts() },
    { reason: 'rule-cannot-be-split', rule: text(random), because: 'delegate' },
    { reason: 'unknown-version', version: text(random), versions: texts(), nearest: text(random) },
    { reason: 'several-hosts', version: text(random) },
    { reason: 'nobody-else', version: text(random), percent: 50, others: texts() },
    { reason: 'already-there', split: aSplit(random), since: revision({ by: text(random), at: text(random) }) },
    { reason: 'already-rolled-back', by: revision({ by: text(random) }) },
    { reason: 'nothing-to-roll-back' },
  ];
  return random.pick(refusals);
}
