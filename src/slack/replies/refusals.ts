import type { Refusal } from '../../domain/change/refusal.ts';
import type { Command, Options } from '../../domain/language/command.ts';
import type { Mistake } from '../../domain/language/mistake.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { objectWord } from '../../domain/routing/object-word.ts';
import type { PinnedMistake } from '../../domain/routing/pinned.ts';
import type { Rule, Unsplittable } from '../../domain/routing/route.ts';
import { isPlaced, placeOfKey } from '../../domain/routing/rule-key.ts';
import type { Percentages } from '../../domain/routing/split.ts';
import type { GoalAnswer } from '../../workflow/asking/goal.ts';
import type { NotFound } from '../../workflow/desk.ts';
import type { Aged } from '../../workflow/ports/mesh.ts';
import { astrayText } from '../words/astray-text.ts';
import { commandText, statusCommand } from '../words/command-text.ts';
import { code, escapeText, foreign, names, typed, user } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { howToLeave, howToStop, ownerText } from '../words/owner-text.ts';
import { type Reply, says } from '../words/reply.ts';
import { badFileText, unknownFileText } from '../words/rule-file-text.ts';
import { splitText } from '../words/split-text.ts';
import { exactClock } from '../words/time-text.ts';
import { noPodsText } from '../words/warning-text.ts';
import { when } from '../words/when.ts';
import { noFirstRulesText, unroutedText } from './edits/first-rules.ts';

const maxObjects = 5;

/** A command whose plan may be refused. */
export type TypedMove = Extract<Command, { verb: 'shift' | 'rollback' | 'why' }>;

interface Told {
  readonly now: Date;
  /** The command that was typed. Suggested commands keep its flags. */
  readonly typed?: TypedMove | undefined;
}

/** What was not understood, and what to type instead. */
export function mistakeReply({ wrong, next }: Mistake): Reply {
  return says(`${escapeText(wrong)} ${escapeText(next)}`);
}

function nothingDefines(name: string, { version, definer }: Extract<Refusal, { reason: 'unknown-version' }>): string {
  return definer === 'Service'
    ? `I see no Service that ${typed(version)} of ${name} could be. What is sent to one that is not there gets a 500.`
    : `I see no ${definer} that defines a version of ${name}, so I know no ${typed(version)}. I looked in its namespace, and in others that I watch.`;
}

/** Why a plan was not made, and what to type next. */
export function refusalText(of: ServiceName, refusal: Refusal, { now, typed: command }: Told): string {
  const name = code(of.service);
  switch (refusal.reason) {
    case 'owned':
      return `${ownerText(refusal.owner)} sets the weights of ${name}, and would set them again, so nothing was changed. ${howToStop(refusal.owner.tool, undefined)} ${howToLeave(refusal.owner.tool)}`;
    case 'unknown-version':
      return refusal.versions.length === 0
        ? nothingDefines(name, refusal)
        : `${name} has no version ${typed(refusal.version)}; it has ${names(refusal.versions)}.${didYouMean(refusal.nearest)}`;
    case 'no-pods': {
      const next = refusal.mayInsist
        ? `Start its pods first, or type it again with ${code('--anyway')}.`
        : 'Start its pods first; policy does not let `--anyway` do it.';
      return `${noPodsText(refusal)} Nothing was changed. ${next}`;
    }
    case 'undefined-live':
      return undefinedLive(of, refusal, command);
    case 'already-there':
      return alreadyThere(name, refusal, now);
    case 'nobody-else':
      return nobodyElse(of, refusal, command);
    case 'not-followed': {
      const insist = statusCommand({ ...of, service: objectWord(refusal.object) });
      return `${astrayText({ kind: 'not-followed', elsewhere: refusal.elsewhere })} Nothing was changed. To move it all the same, type ${code(objectWord(refusal.object), 120)} in place of ${name}; ${insist} shows it.`;
    }
    case 'no-default-rule':
      if (refusal.rules.length === 0) return `${name} has no rule at all, so there is nothing to split.`;
      return `${name} has no rule that takes all the rest; it has ${names(refusal.rules)}. ${howToName(refusal.rules)}`;
    case 'several-rules':
      return `${name} has several rules that answer to ${typed(refusal.rule)}: ${names(refusal.rules)}. ${howToName(refusal.rules)}`;
    case 'unknown-rule':
      return `${name} has no rule ${typed(refusal.rule)}; it has ${names(refusal.rules)}.`;
    case 'rule-cannot-be-split':
      return `The rule ${code(refusal.rule)} of ${name} cannot be split: ${becauseWords[refusal.because]}.${handsToText(of, refusal.handsTo)}`;
    case 'several-hosts':
      return `${code(refusal.version)} has no destination yet, and the others of ${name} do not share one host to put it beside. Add the destination to the object first.`;
    case 'nothing-to-roll-back':
      return `Nothing to roll back: shiftbot has not changed ${ruleOf(name, refusal)} yet. ${statusCommand(of)} shows what it has.`;
    case 'nothing-left':
      return `Every change of ${ruleOf(name, refusal)} that its history knows is taken back; the last one by ${refusal.by.id} of ${user(refusal.by.by)}. ${commandText(toAChange(of, command))} brings one back.`;
    case 'unknown-change':
      return `The history of ${ruleOf(name, refusal)} has no ${refusal.id}; it has ${names(refusal.known)}.`;
    case 'record-lost': {
      const { id, does = '', from } = refusal.revision;
      return `The change ${id} of ${name} (${code(does, 120)}) did more than set weights, and its record is lost: the history on the object has only the split that was before it, ${foreign(splitText(from))}. So nothing was changed. Type that split, or apply the rule file that you want.`;
    }
    case 'already-rolled-back':
      return `Already rolled back, by ${user(refusal.by.by)} (${refusal.by.id}).`;
  }
}

/** Why no routing object was found for a service. */
export function notFoundText({ service, namespace, cluster }: ServiceName, found: NotFound): string {
  switch (found.kind) {
    case 'unknown-cluster':
      return `There is no cluster ${typed(cluster)}; there is ${names(found.clusters)}.`;
    case 'unknown-service': {
      if (found.unrouted !== undefined)
        return `${unroutedText({ service, namespace, cluster }, found.unrouted)}${ageText(found)}`;
      const known =
        found.services.length > 0
          ? ` There is ${names(found.services)}.`
          : ' Nothing in that namespace routes anything, and others were not looked at: another one is named with `-n`.';
      return `There is no service ${code(service)} in ${code(namespace)}.${found.nearest === undefined ? known : didYouMean(found.nearest)}${ageText(found)}`;
    }
    case 'gone':
      return `There is no ${found.object.kind} ${code(found.object.name)} in ${code(namespace)} any more. Nothing was changed.`;
    case 'several':
      return `${severalText(service, namespace, found.objects)}${ageText(found)}`;
  }
}

function severalText(service: string, namespace: string, objects: readonly ObjectRef[]): string {
  const shown = objects
    .slice(0, maxObjects)
    .map((object) => `${objectName(object)}${object.namespace === namespace ? '' : ` in ${code(object.namespace)}`}`);
  const more = objects.length > maxObjects ? [`… +${objects.length - maxObjects}`] : [];
  const words = objects.slice(0, maxObjects).map((object) => code(objectWord(object), 120));
  return `Requests for ${code(service)} follow several objects: ${[...shown, ...more].join(', ')}. Type the one that you mean in place of the service: ${words.join(' or ')}.`;
}

/** Says how old the data is, if the cluster has not confirmed it just now. */
export function ageText({ asOf }: Aged): string {
  return asOf === undefined ? '' : ` This is as of ${exactClock(asOf)}; the cluster has not answered since.`;
}

/** The service, or one rule of it if a rule was named. */
function ruleOf(name: string, { rule }: { readonly rule?: string | undefined }): string {
  return rule === undefined ? name : `the rule ${code(rule)} of ${name}`;
}

/** A rule without a name of its own is typed by its place. */
function howToName(keys: readonly string[]): string {
  const key = keys.find((each) => !isPlaced(each)) ?? keys[0] ?? '';
  return `Name one: ${code(`--route ${placeOfKey(key)?.replace(/^#/, '') ?? key}`)}.`;
}

function alreadyThere(
  name: string,
  { split, since, waiting }: Extract<Refusal, { reason: 'already-there' }>,
  now: Date,
): string {
  if (waiting !== undefined)
    return `${name} will have ${foreign(splitText(split))} once ${waiting} is applied, so there is nothing to do.`;
  const why = since === undefined ? '' : `, since ${when(since.at, now)}, by change ${since.id} of ${user(since.by)}`;
  return `${name} already has ${foreign(splitText(split))}${why}. Nothing was changed.`;
}

/** The way out of it always works: another version takes everything. */
function undefinedLive(
  of: ServiceName,
  { version, percent, wanted }: Extract<Refusal, { reason: 'undefined-live' }>,
  command: TypedMove | undefined,
): string {
  const all = commandText(withShares(of, { [wanted]: 100 }, command));
  return `${code(version)} has ${percent} % now, and no DestinationRule that I see defines it: what is sent there is answered with 503 (NC). It cannot be given anything, so nothing was changed. ${all} takes everything from it.`;
}

function nobodyElse(
  of: ServiceName,
  { version, percent, others }: Extract<Refusal, { reason: 'nobody-else' }>,
  command: TypedMove | undefined,
): string {
  const [first] = others;
  const rest = 100 - percent;
  const example = version === 'v2' ? 'v1' : 'v2';
  const split = commandText(withShares(of, { [version]: percent, [first ?? example]: rest }, command));
  if (first === undefined)
    return `${code(version)} is the only version with a destination, so nobody could take the other ${rest} %. Name another: ${split}.`;
  return `${code(version)} has everything, so say who gets the other ${rest} %: ${split}.`;
}

/** The command that was typed, with a whole split in place of one share. */
function withShares(service: ServiceName, shares: Percentages, command: TypedMove | undefined): Command {
  const shift = { verb: 'shift', service, wish: { kind: 'whole', shares }, options: optionsOf(command) } as const;
  return command?.verb === 'why' ? { verb: 'why', command: shift } : shift;
}

/** The rollback that was typed, with a placeholder for the change to go back to. */
function toAChange(service: ServiceName, command: TypedMove | undefined): Command {
  const rollback = { verb: 'rollback', service, backTo: 'c-…', options: optionsOf(command) } as const;
  return command?.verb === 'why' ? { verb: 'why', command: rollback } : rollback;
}

function optionsOf(command: TypedMove | undefined): Options {
  return (command?.verb === 'why' ? command.command : command)?.options ?? { dryRun: false };
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : ` Did you mean ${code(nearest)}?`;
}

const becauseWords: Record<Unsplittable, string> = {
  redirect: 'it redirects',
  'direct-response': 'it answers by itself',
  delegate: 'it hands over to another VirtualService; shift that one',
  'no-destination': 'it has no destination',
  'ambiguous-destinations': 'two of its destinations are the same version',
  'invalid-weight': 'one of its weights is below 0',
  'read-only': 'I read objects of this kind and do not write them',
};

/** What to type in place of a service whose rule is another object's. */
function handsToText({ cluster }: ServiceName, to: Rule['handsTo']): string {
  if (to === undefined) return '';
  const service = objectWord({ kind: 'VirtualService', name: to.name });
  return ` It is ${objectName({ kind: 'VirtualService', name: to.name })} in ${code(to.namespace)}: ${statusCommand({ cluster, namespace: to.namespace, service })} shows it.`;
}

/** Why a rule file cannot be applied or deleted, a rule cannot be unpinned, or a service does not begin with rules. */
export function goalText(answer: Exclude<GoalAnswer, { kind: 'not-found' }>): string {
  switch (answer.kind) {
    case 'unknown-file':
      return unknownFileText(answer);
    case 'bad-file':
      return badFileText(answer);
    case 'unknown-cluster':
      return `There is no cluster ${typed(answer.cluster)}; there is ${names(answer.clusters)}.`;
    case 'other-namespace':
      return `The file names the namespace ${code(answer.written)}, and you named ${code(answer.named)}. Nothing was changed. Leave \`-n\` out, or take the namespace out of the file.`;
    case 'no-first-rules':
      return noFirstRulesText(answer.name, answer.because);
    case 'no-pinned-rule':
      return pinnedMistakeText(answer.name.service, answer.mistake);
  }
}

function pinnedMistakeText(service: string, { kind, typed: word, pinned, nearest }: PinnedMistake): string {
  if (pinned.length === 0) return `${code(service)} has no pinned rules. Nothing was changed.`;
  const listed = pinned.slice(0, 10).map(({ named, does }) => `• ${code(does, 120)}: ${code(named, 120)}`);
  const more = pinned.length > 10 ? [`… +${pinned.length - 10}`] : [];
  const meant = nearest === undefined ? '' : ` Did you mean ${code(nearest, 120)}?`;
  const wrong =
    kind === 'several'
      ? `${typed(word)} fits several pinned rules of ${code(service)}; name one by its place:`
      : `${code(service)} has no pinned rule ${typed(word)}.${meant} It has these, and what to type for each:`;
  return [wrong, ...listed, ...more].join('\n');
}
