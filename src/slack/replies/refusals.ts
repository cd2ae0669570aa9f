import type { Refusal } from '../../domain/change/plan.ts';
import type { Command } from '../../domain/language/command.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { Unsplittable } from '../../domain/routing/route.ts';
import type { Percentages } from '../../domain/routing/split.ts';
import type { NotFound } from '../../workflow/desk.ts';
import type { Aged } from '../../workflow/ports/mesh.ts';
import { commandText, statusCommand } from '../words/command-text.ts';
import { code, foreign, names, typed, user } from '../words/mrkdwn.ts';
import { howToLeave, howToStop, ownerText } from '../words/owner-text.ts';
import { splitText } from '../words/split-text.ts';
import { exactClock } from '../words/time-text.ts';
import { when } from '../words/when.ts';

/** A command whose plan may be refused. */
export type TypedMove = Extract<Command, { verb: 'shift' | 'rollback' | 'why' }>;

interface Told {
  readonly now: Date;
  /** The command that was typed: what is suggested keeps its flags. */
  readonly typed?: TypedMove | undefined;
}

/** Why a plan was not made, and what to type next. */
export function refusalText(of: ServiceName, refusal: Refusal, { now, typed: command }: Told): string {
  const name = code(of.service);
  switch (refusal.reason) {
    case 'owned':
      return `${ownerText(refusal.owner)} sets the weights of ${name}, and would set them again, so nothing was changed. ${howToStop(refusal.owner.tool, undefined)} ${howToLeave(refusal.owner.tool)}`;
    case 'unknown-version':
      return refusal.versions.length === 0
        ? `No DestinationRule in its namespace defines a version of ${name}, so there is no ${typed(refusal.version)}.`
        : `${name} has no version ${typed(refusal.version)}; it has ${names(refusal.versions)}.${didYouMean(refusal.nearest)}`;
    case 'already-there':
      return alreadyThere(name, refusal, now);
    case 'nobody-else':
      return nobodyElse(of, refusal, command);
    case 'no-default-rule':
      if (refusal.rules.length === 0) return withoutHttp(name, refusal.others);
      return `${name} has no rule that takes all the rest; it has ${names(refusal.rules)}. ${howToName(refusal.rules)}`;
    case 'unknown-rule':
      return `${name} has no rule ${typed(refusal.rule)}; it has ${names(refusal.rules)}.`;
    case 'rule-cannot-be-split':
      return `The rule ${code(refusal.rule)} of ${name} cannot be split: ${becauseWords[refusal.because]}.`;
    case 'several-hosts':
      return `${code(refusal.version)} has no destination yet, and the others of ${name} do not share one host to put it beside. Add the destination to the object first.`;
    case 'nothing-to-roll-back':
      return `Nothing to roll back: shiftbot has not changed ${name} yet. ${statusCommand(of)} shows what it has.`;
    case 'unknown-change':
      return `The history of ${name} has no ${refusal.id}; it has ${names(refusal.known)}.`;
    case 'record-lost': {
      const { id, does = '', from } = refusal.revision;
      return `The newest change of ${name}, ${id} (${code(does, 120)}), did more than set weights, and its record is lost: the history on the object has only the split that was before it, ${foreign(splitText(from))}. So nothing was changed. Type that split, or apply the rule file that you want.`;
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
      const known =
        found.services.length > 0
          ? ` There is ${names(found.services)}.`
          : ' Nothing is routed there: another namespace is named with `-n`.';
      return `There is no service ${code(service)} in ${code(namespace)}.${found.nearest === undefined ? known : didYouMean(found.nearest)}${ageText(found)}`;
    }
    case 'gone':
      return `There is no VirtualService ${code(found.object.name)} in ${code(namespace)} any more. Nothing was changed.`;
    case 'several':
      return `${code(service)} is routed by ${names(found.objects)} at once, and in a mesh only one of them holds. Merge them first.${ageText(found)}`;
  }
}

/** Nothing is claimed of the present that the cluster has not said. */
export function ageText({ asOf }: Aged): string {
  return asOf === undefined ? '' : ` This is as of ${exactClock(asOf)}; the cluster has not answered since.`;
}

/** A rule that is known by its place alone cannot be named. */
function howToName(rules: readonly string[]): string {
  const named = rules.find((rule) => !rule.startsWith('#'));
  return named === undefined
    ? 'None of them has a `name`: give one to the rule you mean, in the object.'
    : `Name one: ${code(`--route ${named}`)}.`;
}

/** Of the lists of a VirtualService only `http` is ours to split. */
function withoutHttp(name: string, others: readonly string[]): string {
  if (others.length === 0) return `${name} has no rule at all in its VirtualService, so there is nothing to split.`;
  return `${name} has only ${others.map((each) => code(each)).join(' and ')} rules in its VirtualService, and of those I split none: I set the weights of \`http\` rules.`;
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
  const { options } = (command?.verb === 'why' ? command.command : command) ?? { options: { dryRun: false } };
  const shift = { verb: 'shift', service, wish: { kind: 'whole', shares }, options } as const;
  return command?.verb === 'why' ? { verb: 'why', command: shift } : shift;
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
  unnamed: 'it has no name of its own, and its place is not enough to know it by; give it a `name` in the object first',
};
