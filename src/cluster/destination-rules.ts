import { closest } from '../domain/map/hosts.ts';
import { resolveIn } from '../domain/routing/names.ts';
import type { Definition } from '../domain/routing/undefined-versions.ts';
import type { KubeClient } from './client/kube-client.ts';
import { getLive } from './get-live.ts';
import { type DestinationRule, destinationRules, readDestinationRule } from './kinds/destination-rule.ts';

/** The DestinationRules of a resolved host. */
export type RulesOf = (host: string) => readonly DestinationRule[];

export const noRules: RulesOf = () => [];

/** Those for the host itself, else those of the longest wildcard that covers it (istio `MostSpecificHostMatch`). */
export function rulesIn(rules: readonly DestinationRule[], domain?: string): RulesOf {
  const byHost = Map.groupBy(rules, (rule) => hostOf(rule, domain));
  const hosts = [...byHost.keys()];
  return (host) => byHost.get(closest(hosts, host) ?? '') ?? [];
}

/** The rules of these hosts. */
export function rulesFor(
  hosts: readonly string[],
  rules: readonly DestinationRule[],
  domain?: string,
): readonly DestinationRule[] {
  const rulesOf = rulesIn(rules, domain);
  return [...new Set(hosts.flatMap(rulesOf))];
}

/** Reads these rules live. A rule that is gone is left out. */
export async function rulesNow(
  client: KubeClient,
  seen: readonly DestinationRule[],
): Promise<readonly DestinationRule[]> {
  const live = await Promise.all(
    seen.map(({ metadata: { namespace, name } }) => getLive(client, destinationRules, namespace, name)),
  );
  return live.map(readDestinationRule).filter((rule) => rule !== undefined);
}

export async function listRules(client: KubeClient, namespace: string): Promise<readonly DestinationRule[]> {
  const { items } = await client.list(destinationRules, namespace);
  return items.map(readDestinationRule).filter((rule) => rule !== undefined);
}

export function definitionOf(rule: DestinationRule, domain?: string): Definition {
  const versions = rule.spec.subsets.map(({ name }) => name);
  return { name: rule.metadata.name, host: hostOf(rule, domain), versions };
}

function hostOf({ metadata: { namespace }, spec }: DestinationRule, domain: string | undefined): string {
  return resolveIn({ namespace, domain }, spec.host);
}
