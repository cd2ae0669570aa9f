import type { Aim, Change } from '../../src/domain/change/change.ts';
import type { ContentEdit, Edits, ObjectEdit } from '../../src/domain/change/edit.ts';
import type { Refusal } from '../../src/domain/change/refusal.ts';
import {
  failReasons,
  holdReasons,
  type MovedAway,
  type MovedObject,
  movedHow,
  objectMoves,
  type State,
} from '../../src/domain/change/state.ts';
import { parseCommand } from '../../src/domain/language/parse-command.ts';
import type { ObjectContent, ObjectRef } from '../../src/domain/routing/object.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { quote } from '../../src/domain/text/typed-text.ts';
import { card, type Message } from '../../src/slack/card/card.ts';
import { answerReply, heldReply } from '../../src/slack/replies/change.ts';
import { helpText } from '../../src/slack/replies/help.ts';
import { historyReply } from '../../src/slack/replies/history.ts';
import { mistakeReply } from '../../src/slack/replies/refusals.ts';
import { statusReply } from '../../src/slack/replies/status.ts';
import { type Reply, says } from '../../src/slack/words/reply.ts';
import type { Random } from '../chaos/random.ts';
import { planOf } from '../slack/replies/plans.ts';
import {
  applied,
  change,
  changeId,
  contentEdit,
  jason,
  reviews,
  reviewsObject,
  revision,
  rule,
  weightsEdit,
} from '../support/builders.ts';
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
    which: random.between(0, 13),
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
  const moves = [service, ...rules].map((each) => ({ rule: each, from: split, to: split }));
  const target = { id: changeId(1), by: manager, at };
  const undo = { moves, changes: revisions, moved: { manager }, target, stamp: '0123456789abcdef' };
  const open = [hostile, hostile];
  const plan = planOf(hostile.edits, { aim: hostile.aim, trials: [{ kind: 'rejected', message: manager }] });
  const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;
  const except = { rollback: true, who: [] };
  const holds = [{ kind: 'freeze', name: service, target: manager, by: manager, reason: service, except }] as const;
  const several = [object, ...names.map((each) => ({ ...object, name: each }))] as const;
  const routes = () => names.map((each) => ({ ...route, object: { ...object, name: each } }));
  const all: readonly (() => Reply)[] = [
    () => mistakeReply(command.verb === 'mistake' ? command : { verb: 'mistake', wrong: quote(service), next: 'x' }),
    () => answerReply({ kind: 'refused', name: place, refusal }, now),
    () => answerReply({ kind: 'accepted', change: hostile, behind: 2, again: false }, now, { ahead: hostile }),
    () => answerReply({ kind: 'not-found', name: place, found: { kind: 'unknown-service', services: names } }, now),
    () => answerReply({ kind: 'not-found', name: place, found: { kind: 'several', objects: several } }, now),
    () => answerReply({ kind: 'confirm', id: changeId(1), name: place, undo }, now),
    () => answerReply({ kind: 'confirm', id: changeId(1), name: place, undo, plan }, now),
    () => answerReply({ kind: 'preview', name: place, plan, waiting: 1, judgement }, now),
    () => heldReply({ kind: 'refused', change: hostile, refusal }, now),
    () => heldReply({ kind: 'object-gone', change: hostile }, now),
    () => statusReply({ kind: 'status', name: place, route, open, ramps: [], holds }, now),
    () => statusReply({ kind: 'overview', place, routes: routes(), open, ramps: [], holds }, now),
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
  const edits: Edits = [anEdit(random), ...items(random, random.chance(0.1) ? 20 : 2, () => anEdit(random))];
  return change({
    service: text(random),
    aim: anAim(random),
    edits,
    by: random.chance(0.5) ? 'U01ALICE' : text(random),
    reason: hostileText(random, 300),
    state: aState(random, edits),
    insistedBy: text(random),
  });
}

function anAim(random: Random): Aim {
  const whole = random.chance(0.5)
    ? ({ kind: 'file', verb: random.pick(['apply', 'delete'] as const), file: text(random) } as const)
    : random.pick([
        { kind: 'unpin', rule: text(random) },
        { kind: 'init', service: text(random) },
      ] as const);
  return random.pick<Aim>([
    { kind: 'split', focus: random.chance(0.5) ? text(random) : undefined },
    whole,
    { kind: 'back' },
    { kind: 'back', before: whole },
  ]);
}

function anObject(random: Random): ObjectRef {
  const kind = random.chance(0.8) ? 'VirtualService' : 'DestinationRule';
  return { kind, name: text(random), namespace: text(random), cluster: text(random) };
}

function anEdit(random: Random): ObjectEdit {
  const object = anObject(random);
  const pinned = items(random, 8, () => text(random));
  if (random.chance(0.4)) return aContentEdit(random, object, pinned);
  const move = () => ({
    rule: random.chance(0.5) ? 'default' : text(random),
    from: aSplit(random),
    to: aSplit(random),
  });
  const more = items(random, random.chance(0.7) ? 0 : 6, move);
  return { ...weightsEdit({ object, pinned }), moves: [move(), ...more] };
}

function aContentEdit(random: Random, object: ObjectRef, pinned: readonly string[]): ContentEdit {
  const splits = { from: aSplit(random), to: aSplit(random) };
  return contentEdit({ object, pinned, ...splits, before: aContent(random), after: aContent(random) });
}

function aContent(random: Random): ObjectContent | undefined {
  if (random.chance(0.3)) return undefined;
  const entries = items(random, 6, () => [text(random), text(random)] as const);
  return { spec: Object.fromEntries(entries), ...(random.chance(0.3) && { labels: { a: text(random) } }) };
}

function aMoved(random: Random, edit: ObjectEdit): MovedObject {
  const live = edit.moves.map((move) => ({ rule: move.rule, split: aSplit(random) }));
  return {
    object: edit.object,
    how: random.pick(objectMoves),
    live: random.chance(0.8) ? live : [],
    content: edit.kind === 'content' ? aContent(random) : undefined,
    lastWriter: text(random),
  };
}

function aMovedAway(random: Random, { object, moves }: ObjectEdit): MovedAway {
  const [rule = 'default'] = moves.map((move) => move.rule);
  return { object, rule, at, how: random.pick(movedHow), manager: text(random), live: aSplit(random) };
}

function aState(random: Random, edits: Edits): State {
  const live = aSplit(random);
  const moved = edits.filter(() => random.chance(0.8)).map((edit) => aMoved(random, edit));
  const stamp = '0123456789abcdef';
  const [{ object }] = edits;
  const states: readonly [State, ...State[]] = [
    { kind: 'queued' },
    applied({ at, live, tookMs: random.between(0, 99_999), warnings: items(random, 6, () => text(random)) }, edits),
    applied(
      { at, live, seen: { kind: 'counted', from: at, until: at, answered: live, unanswered: aSplit(random) } },
      edits,
    ),
    applied({ at, live: {}, rolledBack: { by: text(random), change: changeId(2) } }, edits),
    { ...applied({ at, live }, edits), movedAway: aMovedAway(random, random.pick(edits)) },
    { kind: 'held', at, because: random.pick(holdReasons), found: moved, stamp },
    { kind: 'void', at, because: 'moved', moved, stamp },
    { kind: 'discarded', at, by: text(random) },
    { kind: 'failed', at, because: random.pick(failReasons), detail: text(random), object },
    { kind: 'failed', at, because: random.pick(failReasons), detail: text(random), object, written: [object] },
  ];
  return random.pick(states);
}

function aRefusal(random: Random): Refusal {
  const texts = () => items(random, 20, () => text(random));
  const refusals: readonly [Refusal, ...Refusal[]] = [
    { reason: 'no-default-rule', rules: texts() },
    { reason: 'several-rules', rule: text(random), rules: texts() },
    { reason: 'unknown-rule', rule: text(random), rules: texts() },
    { reason: 'rule-cannot-be-split', rule: text(random), because: 'delegate' },
    { reason: 'unknown-version', version: text(random), versions: texts(), nearest: text(random), definer: 'Service' },
    { reason: 'several-hosts', version: text(random) },
    { reason: 'nobody-else', version: text(random), percent: 50, others: texts() },
    { reason: 'already-there', split: aSplit(random), since: revision({ by: text(random), at: text(random) }) },
    { reason: 'already-rolled-back', by: revision({ by: text(random) }) },
    { reason: 'nothing-to-roll-back' },
    { reason: 'nothing-left', by: revision({ by: text(random) }) },
  ];
  return random.pick(refusals);
}
