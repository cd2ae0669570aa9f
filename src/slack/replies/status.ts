import type { Change } from '../../domain/change/change.ts';
import { since } from '../../domain/change/plan-weights.ts';
import { rulesNamed } from '../../domain/routing/named-rule.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import { describePinned } from '../../domain/routing/pinned.ts';
import { defaultRule, otherHosts, pinnedRules, type Route, type Rule } from '../../domain/routing/route.ts';
import { effectOf } from '../../domain/routing/standing.ts';
import type { StatusAnswer } from '../../workflow/looking/look-up.ts';
import { astrayText } from '../words/astray-text.ts';
import { statusCommand } from '../words/command-text.ts';
import { effectText } from '../words/effect-text.ts';
import { code, foreign, user } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { ownerText } from '../words/owner-text.ts';
import { unpinCommand } from '../words/pinned-text.ts';
import { type Reply, says } from '../words/reply.ts';
import { byName, splitRows, splitText } from '../words/split-text.ts';
import { openWords } from '../words/title.ts';
import { alsoForText } from '../words/warning-text.ts';
import { when } from '../words/when.ts';
import { within } from './blocks.ts';
import { holdLines } from './hold.ts';
import { rampLines } from './ramps/lines.ts';
import { lostText } from './ramps/lost.ts';
import { ageText, notFoundText, refusalText } from './refusals.ts';

const maxServices = 40;
const maxOpen = 5;
const maxPinned = 10;
/** Characters for the lines of an overview. This leaves room for the lines below them. */
const maxListed = 2_000;

/** The current traffic of a service, or of all services in a namespace. */
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

function statusText(
  { name, route, astray, hides = [], open, ramps, lost, holds }: Extract<StatusAnswer, { kind: 'status' }>,
  now: Date,
): string {
  const rule = rulesNamed(route, undefined)[0];
  const split =
    rule === undefined
      ? ['No rule takes all the rest.', ...route.rules.map((each) => `• ${ruleText(each)}`)].slice(0, 12).join('\n')
      : rule.handsTo === undefined
        ? splitRows(rule.split)
        : undefined;
  const change = rule === undefined ? undefined : since(route, rule);
  return [
    `*${foreign(name.service)}* in ${code(name.namespace)} (${objectName(route.object)}, for ${foreign(reach(route))})`,
    ...(rule === undefined || rule.key === defaultRule ? [] : [`Only for ${code(rule.match ?? rule.key, 120)}:`]),
    ...(split === undefined ? [] : [split]),
    ...(rule?.unsplittable === undefined
      ? []
      : [
          refusalText(
            name,
            { reason: 'rule-cannot-be-split', rule: rule.key, because: rule.unsplittable, handsTo: rule.handsTo },
            { now },
          ),
        ]),
    ...(change === undefined
      ? lastWriter(route, now)
      : [`Since ${change.id}, ${when(change.at, now)}, by ${user(change.by)}.`]),
    ...(route.owners ?? []).map((owner) => `Managed by ${ownerText(owner)}.`),
    ...(astray === undefined ? effectLines(route) : [astrayText(astray)]),
    ...hidesLines(hides),
    ...undefinedLines(route, rule),
    ...alsoLines(route, name),
    ...besidesLines(rule),
    ...pinnedLines(name, route),
    ...holdLines(holds),
    ...rampLines(ramps),
    ...(lost === undefined ? [] : [lostText(lost)]),
    ...openLines(open),
  ].join('\n');
}

/** ``path starts with /orders → v1 90 %, v2 10 %`` */
function ruleText({ key, match, split }: Rule): string {
  return code(`${match ?? key} → ${splitText(split)}`, 160);
}

/** Only routes of the Gateway API and of Consul have a status that tells. */
function effectLines({ standing }: Route): readonly string[] {
  const effect = effectOf(standing);
  return effect === undefined ? [] : [effectText(effect)];
}

const maxHidden = 4;

/** What somebody may take for the object that moves the service. */
function hidesLines(hides: NonNullable<Extract<StatusAnswer, { kind: 'status' }>['hides']>): readonly string[] {
  if (hides.length === 0) return [];
  const shown = hides.slice(0, maxHidden).map((each) => `${objectName(each)} in ${code(each.namespace)}`);
  const more = hides.length > shown.length ? [`${hides.length - shown.length} more`] : [];
  return [`Without effect on these requests, which follow this one: ${[...shown, ...more].join(', ')}.`];
}

/** Versions that get requests and that nothing defines. Of other kinds than VirtualServices the controllers tell. */
function undefinedLines({ object }: Route, rule: Rule | undefined): readonly string[] {
  if (rule === undefined || object.kind !== 'VirtualService' || rule.unsplittable !== undefined) return [];
  const lost = Object.entries(rule.split).filter(([version, weight]) => weight > 0 && !rule.served.includes(version));
  return lost
    .slice(0, maxPinned)
    .map(
      ([version]) =>
        `*No DestinationRule that I see defines* ${code(version, 120)}: what is sent there is answered with 503 (NC), and reaches no pod.`,
    );
}

function alsoLines(route: Route, name: ServiceName): readonly string[] {
  const others = otherHosts(route, name);
  return others.length === 0 ? [] : [alsoForText(others)];
}

/** What a split does not change. A person who looks only at the weights would not expect it. */
function besidesLines(rule: Rule | undefined): readonly string[] {
  return (rule?.besides ?? []).map((each) => besidesWords[each]);
}

const besidesWords: Record<NonNullable<Rule['besides']>[number], string> = {
  fault: 'The rule injects faults, whichever version a request goes to.',
  mirror: 'The rule mirrors its requests, whichever version they go to.',
};

function overviewText({
  place,
  routes,
  open,
  ramps,
  holds,
  asOf,
}: Extract<StatusAnswer, { kind: 'overview' }>): string {
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
    ...rampLines(ramps),
    ...openLines(open),
  ].join('\n');
}

function overviewLine(route: Route): string {
  const rule = rulesNamed(route, undefined)[0];
  const pinned = pinnedRules(route).length;
  return `${code(route.object.name)} ${rule === undefined ? 'no default rule' : foreign(splitText(rule.split))}${pinned > 0 ? ` (+${pinned} pinned)` : ''}`;
}

function openLines(open: readonly Change[] | undefined): readonly string[] {
  if (open === undefined) return ['What waits is not known: Redis does not answer.'];
  const more = open.length > maxOpen ? [`… +${open.length - maxOpen} more that wait`] : [];
  return [...open.slice(0, maxOpen).map((change) => `${openWords(change)}.`), ...more];
}

function pinnedLines(name: ServiceName, route: Route): readonly string[] {
  const pinned = pinnedRules(route);
  const ofVersions = pinned.filter(({ unsplittable }) => unsplittable === undefined);
  const [first] = ofVersions;
  const lines = pinned.slice(0, maxPinned).map((rule) => `Not reached by the split: ${code(pinnedText(rule), 120)}`);
  const more = pinned.length > maxPinned ? [`… +${pinned.length - maxPinned} more that it does not reach`] : [];
  if (first === undefined) return [...lines, ...more];
  const which =
    pinned.length === 1 ? 'it' : pinned[0] === first ? 'the first of them' : code(first.match ?? first.key, 120);
  return [...lines, ...more, `${code(unpinCommand(name, first), 250)} removes ${which}.`];
}

/** A rule that hands over sends its requests on, though to no version of its own. */
function pinnedText(rule: Rule): string {
  const { match, key, handsTo } = rule;
  return handsTo === undefined ? describePinned(rule) : `${match ?? key} → VirtualService ${handsTo.name}`;
}

function lastWriter({ lastWriter: writer }: Route, now: Date): readonly string[] {
  return writer === undefined || writer.at === ''
    ? []
    : [`Last written by ${code(writer.manager)}, ${when(writer.at, now)}.`];
}

function reach({ object, hosts, handedOver = [], gateways }: Route): string {
  if (hosts.length === 0) {
    const all = handedOver.map(({ by }) =>
      by.namespace === object.namespace ? by.name : `${by.namespace}/${by.name}`,
    );
    return all.length === 1
      ? `what VirtualService ${all.join()} hands over to it`
      : `what ${all.length === 0 ? 'other VirtualServices' : `VirtualServices ${all.join(' and ')}`} hand over to it`;
  }
  const named = gateways.filter((gateway) => gateway !== 'mesh');
  const mesh = gateways.includes('mesh') ? ['the mesh'] : [];
  return [...mesh, ...named.map((gateway) => `gateway ${gateway}`)].join(' and ') || 'nothing';
}
