import type { KnownBlock } from '@slack/types';
import type { Refusal, RuleChoice } from '../../domain/change/refusal.ts';
import { namesClusters } from '../../domain/language/clusters.ts';
import { type Command, formatCommand, type MovingCommand, type Options } from '../../domain/language/command.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { objectWord } from '../../domain/routing/object-word.ts';
import type { NotFound } from '../../workflow/desk.ts';
import { actions, mostLineLength } from '../words/button.ts';
import { code, markup, plain } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { type Reply, says } from '../words/reply.ts';
import { splitText } from '../words/split-text.ts';

/** Slack shows more, and nobody reads them. */
const mostChoices = 8;

/** A command that can be typed once more with what was missing. */
export type Retyped = Extract<MovingCommand, { verb: 'shift' | 'ramp' }>;

export interface Unclear {
  readonly name: ServiceName;
  /** Absent where it cannot be typed once more. */
  readonly typed: Retyped | undefined;
  /** Why it was not done: that is told, and where a choice between rules or objects is missing it is offered. */
  readonly because: Refusal | NotFound;
}

/** Which rule or object is meant, asked with buttons. Any other reason is told alone. */
export function whichReply(text: string, { name, typed, because }: Unclear): Reply {
  if (typed === undefined) return says(text);
  if ('kind' in because)
    return because.kind === 'several'
      ? buttons(text, [...objectChoices(because.objects, name, typed), ...allOfThem(name, typed)])
      : says(text);
  if (because.reason !== 'no-default-rule' && because.reason !== 'several-rules') return says(text);
  const { choices = [] } = because;
  return choices.length < 2 ? says(text) : buttons(text, ruleChoices(choices, name, typed));
}

/** Each rule with what it matches and its split, and all of them. */
function ruleChoices(rules: readonly RuleChoice[], name: ServiceName, typed: Retyped): readonly Choice[] {
  const each = rules.slice(0, mostChoices).map(({ key, match, split }) => ({
    text: `${code(match === undefined || key.includes(match) ? key : `${key}: ${match}`, 160)} → ${code(splitText(split), 160)}`,
    line: formatCommand(retyped(typed, name, { rule: key })),
    button: 'This one',
  }));
  return [...each, ...allOfThem(name, typed)];
}

function allOfThem(name: ServiceName, typed: Retyped): readonly Choice[] {
  const text = `All of them, as one change${typed.verb === 'ramp' ? ' at each step' : ''}.`;
  return [{ text, line: allLine(name, typed), button: 'All of them' }];
}

/** The same with every rule, of every object that requests for the service follow. */
export function allLine(name: ServiceName, typed: Retyped): string {
  return formatCommand(retyped(typed, name, { rule: undefined, allRules: true }));
}

function objectChoices(objects: readonly ObjectRef[], name: ServiceName, typed: Retyped): readonly Choice[] {
  return objects.slice(0, mostChoices).map((object) => {
    const { namespace } = object;
    const service = { ...name, namespace, service: objectWord(object) };
    return {
      text: `${objectName(object)} in ${code(namespace)}`,
      line: formatCommand(retyped(typed, service, {})),
      button: 'This one',
    };
  });
}

function retyped(typed: Retyped, name: ServiceName, more: Pick<Options, 'rule' | 'allRules'>): Command {
  const { cluster } = typed.service;
  const service = namesClusters(cluster) ? { ...name, cluster } : name;
  return typed.verb === 'shift'
    ? { ...typed, service, options: { ...typed.options, ...more } }
    : { ...typed, service, options: { ...typed.options, ...more } };
}

interface Choice {
  readonly text: string;
  readonly line: string;
  readonly button: string;
}

function buttons(text: string, choices: readonly Choice[]): Reply {
  const blocks = choices
    .filter(({ line }) => line.length <= mostLineLength)
    .map(
      ({ text: what, line, button }): KnownBlock => ({
        type: 'section',
        text: markup(what),
        accessory: { type: 'button', action_id: actions.thisOne, value: line, text: plain(button) },
      }),
    );
  return { text, blocks: [{ type: 'section', text: markup(text) }, ...blocks] };
}
