import { resolveHost } from '../domain/routing/names.ts';
import type { Manifest } from '../domain/routing/rule-file.ts';
import { type Gathered, type NeededSubset, takesAll } from './gathering.ts';
import type { RouteRule } from './of-2017/route-rule.ts';
import { describeLabels } from './of-2017/subsets.ts';

/** What became of the rules of one destination, one sentence each. `present`: the manifests that the file also contains. */
export function tellConversion(gathered: Gathered, present: readonly Manifest[]): readonly string[] {
  return [
    whatBecame(gathered),
    ...equalPrecedence(gathered),
    ...neverReached(gathered),
    ...gathered.rules.flatMap(leftOut),
    ...gathered.rules.flatMap(oddWeights),
    ...rest(gathered),
    ...needed(gathered, present),
  ];
}

function whatBecame({ name, rules }: Gathered): string {
  const all = rules.map((rule) => `${nameOf(rule)} (line ${rule.object.line})`);
  return rules.length === 1
    ? `The route rule ${joined(all)} became VirtualService \`${name}\`.`
    : `The route rules ${joined(all)} became the rules of VirtualService \`${name}\`, in this order.`;
}

function equalPrecedence({ rules }: Gathered): readonly string[] {
  return [...Map.groupBy(rules, ({ spec }) => spec.precedence)]
    .filter(([, equal]) => equal.length > 1)
    .map(
      ([precedence, equal]) =>
        `${joined(equal.map(nameOf))} have the same precedence (${precedence}): they keep the order of the file.`,
    );
}

function neverReached({ rules }: Gathered): readonly string[] {
  const at = rules.findIndex(takesAll);
  const above = rules[at];
  if (above === undefined) return [];
  return rules
    .slice(at + 1)
    .map((rule) => `${nameOf(rule)} is never reached: ${nameOf(above)} comes before it and takes all requests.`);
}

function leftOut(rule: RouteRule): readonly string[] {
  return rule.spec.websocketUpgrade === undefined
    ? []
    : [`\`websocketUpgrade\` of ${nameOf(rule)} is dropped: today every route accepts WebSockets.`];
}

function oddWeights(rule: RouteRule): readonly string[] {
  const { route } = rule.spec;
  const sum = route.reduce((all, { weight = 0 }) => all + weight, 0);
  if (sum === 100 || route.every(({ weight }) => weight === undefined)) return [];
  return route.length === 1
    ? [`The only destination of ${nameOf(rule)} gets everything, not ${sum} %.`]
    : [`The weights of ${nameOf(rule)} sum to ${sum}: they are kept as proportions.`];
}

function rest({ host, rules }: Gathered): readonly string[] {
  if (rules.some(takesAll)) return [];
  const others = `No rule in the file takes the other requests to \`${host}\``;
  return [
    `${others}, so a last rule sends them to all its versions. If another rule should take them, add it to this file.`,
  ];
}

function needed({ namespace = '', subsets }: Gathered, present: readonly Manifest[]): readonly string[] {
  const missing = subsets.filter((subset) => !present.some((manifest) => defines(manifest, subset, namespace)));
  return [...Map.groupBy(missing, ({ host }) => host)].map(([host, all]) => {
    const wanted = all.map(({ name, labels }) => `\`${name}\` (${describeLabels(labels)})`);
    return `A DestinationRule for \`${host}\` must have the subset${all.length === 1 ? '' : 's'} ${joined(wanted)}: requests to a missing subset get a 503.`;
  });
}

function defines({ kind, namespace, spec }: Manifest, subset: NeededSubset, ruleNamespace: string): boolean {
  const { host, subsets } = spec;
  if (kind !== 'DestinationRule' || typeof host !== 'string' || !Array.isArray(subsets)) return false;
  const isOfHost = resolveHost(host, namespace ?? ruleNamespace) === resolveHost(subset.host, ruleNamespace);
  return isOfHost && subsets.some((each) => each.name === subset.name);
}

function nameOf({ name }: RouteRule): string {
  return `\`${name}\``;
}

function joined(all: readonly string[]): string {
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
