import { wildcardsOver } from '../hosts.ts';
import { type ObjectIndex, ruleKey } from '../object-index.ts';
import type { DestinationRule, Labels, Subset } from '../objects.ts';
import { hasLabels } from '../rules/applies.ts';
import type { KnownHost } from '../services.ts';
import { byAge, exportsOf } from '../visibility.ts';

/** What DestinationRules define for a host, as one caller sees it: several of one namespace and one exportTo are merged. */
export interface Definition {
  readonly rules: readonly DestinationRule[];
  readonly subsets: readonly Subset[];
}

interface Client {
  readonly namespace: string;
  readonly labels?: Labels | undefined;
}

/**
 * The client's namespace is searched first, then the service's, then the root's. The first that has a rule for the host ends the search
 * (istio `PushContext.destinationRule`).
 */
export function definitionFor(
  index: ObjectIndex,
  known: Pick<KnownHost, 'host' | 'namespace'>,
  client: Client,
): Definition | undefined {
  const root = index.settings.rootNamespace;
  const own = client.namespace === root ? undefined : localRules(index, client.namespace, known.host);
  const rules =
    own ?? exportedRules(index, known.namespace, known.host, client) ?? exportedRules(index, root, known.host, client);
  return rules === undefined ? undefined : choose(rules, client.labels);
}

/** Of a client's own namespace those count that are exported to it, `.` included. */
function localRules(index: ObjectIndex, namespace: string, host: string): readonly Definition[] | undefined {
  return closestRules(index, namespace, host, (each) => isExported(index, each, namespace));
}

function exportedRules(
  index: ObjectIndex,
  namespace: string,
  host: string,
  client: Client,
): readonly Definition[] | undefined {
  const found = closestRules(
    index,
    namespace,
    host,
    (each) => !isOwnOnly(index, each) || client.namespace === namespace,
  );
  const seen = found?.filter(({ rules: [first] }) => first !== undefined && isExported(index, first, client.namespace));
  return seen === undefined || seen.length === 0 ? undefined : seen;
}

/** The rules for the host itself, else those of the longest wildcard. */
function closestRules(
  index: ObjectIndex,
  namespace: string,
  host: string,
  counts: (rule: DestinationRule) => boolean,
): readonly Definition[] | undefined {
  for (const pattern of [host, ...wildcardsOver(host)]) {
    const rules = index.destinationRules.get(ruleKey(namespace, pattern)).filter(counts);
    if (rules.length > 0) return mergedRules(rules.toSorted(byAge));
  }
  return undefined;
}

/** Of one subset name, the older definition holds. */
function mergedRules(rules: readonly DestinationRule[]): readonly Definition[] {
  const groups = Map.groupBy(rules, (each) => `${exportKey(each)} ${selectorKey(each)}`);
  return [...groups.values()].map((group) => ({ rules: group, subsets: subsetsOf(group) }));
}

function subsetsOf(rules: readonly DestinationRule[]): readonly Subset[] {
  const byName = new Map<string, Subset>();
  for (const subset of rules.flatMap(({ subsets }) => subsets)) {
    if (!byName.has(subset.name)) byName.set(subset.name, subset);
  }
  return [...byName.values()];
}

/** A rule for the client's labels first; of the others the newest alone. */
function choose(all: readonly Definition[], labels: Labels = {}): Definition | undefined {
  const forLabels = all.find(({ rules: [first] }) => {
    const selector = first?.workloadSelector;
    return selector !== undefined && hasLabels(labels, selector);
  });
  return forLabels ?? all.findLast(({ rules: [first] }) => first?.workloadSelector === undefined);
}

function isExported({ settings }: ObjectIndex, rule: DestinationRule, namespace: string): boolean {
  const exportTo = exportsOf(rule, settings.destinationRuleExportTo);
  return exportTo.includes('*') || exportTo.includes(namespace);
}

function isOwnOnly({ settings }: ObjectIndex, rule: DestinationRule): boolean {
  return exportsOf(rule, settings.destinationRuleExportTo).every((each) => each === rule.namespace);
}

/** As it is written: `*` and nothing mean the same and are not merged. */
function exportKey(rule: DestinationRule): string {
  return exportsOf(rule, []).toSorted().join(',');
}

function selectorKey({ workloadSelector }: DestinationRule): string {
  return JSON.stringify(Object.entries(workloadSelector ?? {}).toSorted());
}
