import type { Subset } from '../map/objects.ts';
import { type PortProtocol, takesHttp } from '../map/protocol.ts';
import { type RunningVersion, type UnroutedService, versionLabel } from '../map/unrouted.ts';
import { isLabel } from '../routing/names.ts';
import type { ObjectContent } from '../routing/object.ts';
import { type Percentages, percentages } from '../routing/split.ts';
import { isObject, type JsonObject } from '../text/json.ts';

/** What a service without rules is to begin with. */
export interface FirstWish {
  /** The version that gets everything; otherwise each gets what its ready pods get now. */
  readonly version?: string | undefined;
  readonly kind: 'VirtualService' | 'HTTPRoute';
}

export type FirstObjects =
  | {
      readonly kind: 'objects';
      readonly route: FirstObject;
      /** The DestinationRule that gets subsets, and those that it lacks. Absent if all are defined. */
      readonly definition?: FirstDefinition | undefined;
      /** What each version gets. */
      readonly shares: Percentages;
    }
  | { readonly kind: 'refused'; readonly refusal: FirstRefusal };

export interface FirstObject {
  readonly kind: FirstWish['kind'];
  readonly name: string;
  readonly content: ObjectContent;
}

export interface FirstDefinition {
  readonly name: string;
  readonly isNew: boolean;
  readonly host: string;
  readonly subsets: readonly Subset[];
}

/** Why a service cannot begin with rules of ours. */
export type FirstRefusal =
  | { readonly reason: 'pods-not-seen' | 'headless' | 'alias' }
  /** No port of it speaks what the rules would be for. */
  | { readonly reason: 'no-port'; readonly protocols: readonly PortProtocol[] }
  | { readonly reason: 'no-version'; readonly unlabelled: number }
  /** Ready pods that no version has would get nothing. */
  | { readonly reason: 'pods-without-version'; readonly ready: number; readonly versions: readonly string[] }
  | { readonly reason: 'unknown-version'; readonly version: string; readonly versions: readonly string[] }
  | { readonly reason: 'version-not-ready'; readonly version: string; readonly all: number }
  /** No subset can have that name, or something else has it. */
  | { readonly reason: 'bad-version-name'; readonly version: string }
  /** A DestinationRule for more than this host holds; one for this host alone would take its place. */
  | {
      readonly reason: 'defined-elsewhere';
      readonly namespace: string;
      readonly name: string;
      readonly host: string;
      /** The versions that it does not define. */
      readonly lacking: readonly string[];
    }
  /** A DestinationRule holds for some clients alone: others would send to versions that nothing defines for them. */
  | { readonly reason: 'defined-apart'; readonly namespace: string; readonly name: string }
  /** An HTTPRoute divides requests among Services. */
  | { readonly reason: 'no-services'; readonly missing: readonly string[]; readonly isReady: boolean }
  | { readonly reason: 'several-ports'; readonly ports: readonly number[] };

/**
 * The objects that let a service without rules be shifted: what requests get now stays what they get, unless a version is named. A
 * VirtualService divides among the subsets of a DestinationRule, an HTTPRoute among Services.
 */
export function firstObjects(service: UnroutedService, wish: FirstWish): FirstObjects {
  const chosen = choose(service, wish);
  if (chosen.kind === 'refused') return chosen;
  return wish.kind === 'HTTPRoute' ? httpRoute(service, chosen) : virtualService(service, chosen);
}

interface Chosen {
  readonly kind: 'chosen';
  /** All that run, by label. */
  readonly versions: readonly RunningVersion[];
  /** Those that get requests, in percent. */
  readonly shares: readonly { readonly version: RunningVersion; readonly percent: number }[];
}

function choose({ special, pods }: UnroutedService, { version: named }: FirstWish): Chosen | Refused {
  if (special !== undefined) return refused({ reason: special });
  if (pods === undefined) return refused({ reason: 'pods-not-seen' });
  const { versions, unlabelled } = pods;
  const labels = versions.map(({ version }) => version);
  if (named !== undefined) {
    const found = versions.find(({ version }) => [version, subsetName(version)].some((each) => isSame(each, named)));
    if (found === undefined) return refused({ reason: 'unknown-version', version: named, versions: labels });
    if (found.ready === 0) return refused({ reason: 'version-not-ready', version: found.version, all: found.all });
    return { kind: 'chosen', versions, shares: [{ version: found, percent: 100 }] };
  }
  const ready = versions.filter((each) => each.ready > 0);
  if (ready.length === 0) return refused({ reason: 'no-version', unlabelled: unlabelled.all });
  if (unlabelled.ready > 0)
    return refused({ reason: 'pods-without-version', ready: unlabelled.ready, versions: labels });
  const percent = percentages(Object.fromEntries(ready.map((each) => [each.version, each.ready])));
  return {
    kind: 'chosen',
    versions,
    shares: ready.map((each) => ({ version: each, percent: percent[each.version] ?? 0 })),
  };
}

type Refused = Extract<FirstObjects, { kind: 'refused' }>;

function refused(refusal: FirstRefusal): Refused {
  return { kind: 'refused', refusal };
}

/** Names are typed in lower case. */
function isSame(one: string, typed: string): boolean {
  return one.toLowerCase() === typed.toLowerCase();
}

/** In characters that a subset may have: `v1.2` is `v1-2`. */
function subsetName(version: string): string {
  return version
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function virtualService(service: UnroutedService, { versions, shares }: Chosen): FirstObjects {
  const { host, name, ports } = service;
  const protocols = ports.map(({ protocol }) => protocol);
  const list = protocols.some(takesHttp) ? 'http' : protocols.includes('tcp') ? 'tcp' : undefined;
  if (list === undefined) return refused({ reason: 'no-port', protocols });
  const defined = define(service, versions);
  if ('reason' in defined) return refused(defined);
  const { nameOf, definition } = defined;
  const route = shares.map(({ version, percent }) => ({
    destination: { host, subset: nameOf(version.version) },
    ...(shares.length > 1 && { weight: percent }),
  }));
  return {
    kind: 'objects',
    route: { kind: 'VirtualService', name, content: { spec: { hosts: [host], [list]: [{ route }] } } },
    definition,
    shares: sharesBy(shares, ({ version }) => nameOf(version)),
  };
}

interface Defining {
  readonly nameOf: (version: string) => string;
  readonly definition: FirstDefinition | undefined;
}

/** A subset for each version that runs: those that are defined keep their names. */
function define(
  { host, namespace, name, definedBy, definedApart, subsets }: UnroutedService,
  versions: readonly RunningVersion[],
): Defining | FirstRefusal {
  if (definedApart !== undefined) return { reason: 'defined-apart', ...definedApart };
  const names = new Map<string, string>();
  const lacking: Subset[] = [];
  for (const { version } of versions) {
    const known = subsets.find(({ labels }) => selectsOnly(labels, version))?.name;
    const own = known ?? subsetName(version);
    const isTaken =
      [...names.values()].includes(own) || (known === undefined && subsets.some((each) => each.name === own));
    if (!isLabel(own) || isTaken) return { reason: 'bad-version-name', version };
    names.set(version, own);
    if (known === undefined) lacking.push({ name: own, labels: { [versionLabel]: version } });
  }
  const nameOf = (version: string) => names.get(version) ?? version;
  if (lacking.length === 0) return { nameOf, definition: undefined };
  const [holding] = definedBy;
  const own = definedBy.find((each) => each.namespace === namespace && !each.host.startsWith('*'));
  if (holding !== undefined && own === undefined) {
    const versionsLacking = lacking.flatMap(({ labels }) => labels[versionLabel] ?? []);
    return { reason: 'defined-elsewhere', ...holding, lacking: versionsLacking };
  }
  const definition = { name: own?.name ?? name, isNew: own === undefined, host, subsets: lacking };
  return { nameOf, definition };
}

function selectsOnly(labels: Subset['labels'], version: string): boolean {
  return Object.keys(labels).length === 1 && labels[versionLabel] === version;
}

function httpRoute({ name, ports }: UnroutedService, { shares }: Chosen): FirstObjects {
  const http = ports.filter(({ protocol }) => takesHttp(protocol)).map(({ number }) => number);
  const [port, ...morePorts] = http;
  if (port === undefined) return refused({ reason: 'no-port', protocols: ports.map(({ protocol }) => protocol) });
  if (morePorts.length > 0) return refused({ reason: 'several-ports', ports: http });
  const backends = shares.flatMap(({ version: { service }, percent }) => {
    const at = service?.ports.includes(port) ? port : service?.ports[0];
    const isClear = service !== undefined && (service.ports.includes(port) || service.ports.length === 1);
    if (!isClear || service.ready === 0 || at === undefined) return [];
    return [{ name: service.name, port: at, weight: percent }];
  });
  if (backends.length < shares.length) {
    const missing = shares.filter(({ version: { service } }) => !backends.some((each) => each.name === service?.name));
    return refused({
      reason: 'no-services',
      missing: missing.map(({ version }) => `${name}-${version.version}`),
      isReady: missing.every(({ version: { service } }) => service?.ready !== 0),
    });
  }
  const parent: JsonObject = { group: '', kind: 'Service', name, port };
  const spec: JsonObject = { parentRefs: [parent], rules: [{ backendRefs: backends }] };
  return {
    kind: 'objects',
    route: { kind: 'HTTPRoute', name, content: { spec } },
    shares: sharesBy(shares, ({ version }) => version),
  };
}

function sharesBy(shares: Chosen['shares'], nameOf: (version: RunningVersion) => string): Percentages {
  return Object.fromEntries(shares.map(({ version, percent }) => [nameOf(version), percent]));
}

/** What a DestinationRule becomes that gets the subsets. All else of it stays, also a subset that somebody has added since. */
export function withSubsets(live: ObjectContent | undefined, { host, subsets }: FirstDefinition): ObjectContent {
  const written = subsets.map(({ name, labels }): JsonObject => ({ name, labels: { ...labels } }));
  if (live === undefined) return { spec: { host, subsets: written } };
  const there = Array.isArray(live.spec['subsets']) ? live.spec['subsets'] : [];
  const lacking = written.filter(({ name }) => !there.some((each) => isObject(each) && each['name'] === name));
  return { ...live, spec: { ...live.spec, subsets: [...there, ...lacking] } };
}
