import { resolveHost } from '../domain/routing/names.ts';
import type { Definition } from '../domain/routing/undefined-versions.ts';
import type { KubeClient } from './client/kube-client.ts';
import { getLive } from './get-live.ts';
import { type DestinationRule, destinationRules, readDestinationRule } from './kinds/destination-rule.ts';

/** The DestinationRules of a resolved host. */
export type RulesOf = (host: string) => readonly DestinationRule[];

export const noRules: RulesOf = () => [];

export function rulesIn(rules: readonly DestinationRule[]): RulesOf {
  const byHost = Map.groupBy(rules, hostOf);
  return (host) => byHost.get(host) ?? [];
}

/** The rules of these hosts. */
export function rulesFor(hosts: readonly string[], rules: readonly DestinationRule[]): readonly DestinationRule[] {
  return rules.filter((rule) => hosts.includes(hostOf(rule)));
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

export function definitionOf(rule: DestinationRule): Definition {
  const versions = rule.spec.subsets.map(({ name }) => name);
  return { name: rule.metadata.name, host: hostOf(rule), versions };
}

function hostOf({ metadata, spec }: DestinationRule): string {
  return resolveHost(spec.host, metadata.namespace);
}
