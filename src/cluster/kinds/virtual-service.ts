import { z } from 'zod';
import {
  formatLedger,
  type Ledger,
  ledgerAnnotation,
  maxLedgerLength,
  readLedger,
} from '../../domain/routing/ledger.ts';
import { type RoutingObject, resolveHost } from '../../domain/routing/names.ts';
import { type Backend, defaultRule, type Route, type Rule, type Unsplittable } from '../../domain/routing/route.ts';
import { type Split, weightOf } from '../../domain/routing/split.ts';
import { LedgerUnreadableError, RejectedError, TooLargeError } from '../../workflow/errors.ts';
import type { JsonPatch, Resource } from '../client/kube-client.ts';
import { ownersOf, rolloutAnnotation } from '../object-owners.ts';
import { describeMatches, isCatchAll, match } from './virtual-service-match.ts';

export const virtualServices: Resource = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' };
export const destinationRules: Resource = { group: 'networking.istio.io', version: 'v1', plural: 'destinationrules' };

const destination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: z.int().optional() }).optional(),
  }),
  weight: z.int().optional(),
});

const httpRule = z.object({
  name: z.string().optional(),
  match: z.array(match).optional(),
  route: z.array(destination).optional(),
  redirect: z.unknown().optional(),
  directResponse: z.unknown().optional(),
  delegate: z.unknown().optional(),
  fault: z.unknown().optional(),
  mirror: z.unknown().optional(),
  mirrors: z.unknown().optional(),
});
type HttpRule = z.infer<typeof httpRule>;
type Destination = z.infer<typeof destination>;

/** What we read of a VirtualService; all else is left as it is, and never passes through us. */
const virtualService = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() })).default([]),
    managedFields: z
      .array(
        z.object({
          manager: z.string().default('unknown'),
          time: z.string().default(''),
          fieldsV1: z
            .object({ 'f:spec': z.record(z.string(), z.unknown()) })
            .optional()
            .catch(undefined),
        }),
      )
      .default([]),
  }),
  spec: z
    .object({
      hosts: z.array(z.string()).default([]),
      gateways: z.array(z.string()).default(['mesh']),
      http: z.array(httpRule).default([]),
      tcp: z.array(z.unknown()).default([]),
      tls: z.array(z.unknown()).default([]),
    })
    .default({ hosts: [], gateways: ['mesh'], http: [], tcp: [], tls: [] }),
});
export type VirtualService = z.infer<typeof virtualService>;

const destinationRule = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({
    host: z.string(),
    subsets: z
      .array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional().catch(undefined) }))
      .default([]),
  }),
});
export type DestinationRule = z.infer<typeof destinationRule>;

/** `whose`: how the sentence begins that says it cannot be read. */
export function readVirtualService(object: unknown, whose = 'the API server sent a VirtualService'): VirtualService {
  const parsed = virtualService.safeParse(object);
  if (!parsed.success)
    throw new RejectedError(
      `${whose} we cannot read: ${z.prettifyError({ issues: parsed.error.issues.slice(0, 2) }).slice(0, 300)}`,
    );
  return parsed.data;
}

/** Undefined for an object that names no host: it defines no version. */
export function readDestinationRule(object: unknown): DestinationRule | undefined {
  return destinationRule.safeParse(object).data;
}

/** Fully resolved hosts of all destinations, whose DestinationRules say which versions there are. */
export function destinationHosts({ metadata, spec }: VirtualService): readonly string[] {
  const hosts = spec.http
    .flatMap((rule) => rule.route ?? [])
    .map((each) => resolveHost(each.destination.host, metadata.namespace));
  return [...new Set(hosts)];
}

/** The route as the domain knows it. `rulesOf` gives the DestinationRules of a resolved host. */
export function toRoute(
  cluster: string,
  object: VirtualService,
  rulesOf: (host: string) => readonly DestinationRule[],
): Route {
  const { metadata, spec } = object;
  const subsets = (host: string) => rulesOf(host).flatMap((rule) => rule.spec.subsets);
  const { name, namespace, uid } = metadata;
  const lastWriter = lastWriterOf(metadata);
  return {
    object: { cluster, namespace, kind: 'VirtualService', name },
    uid,
    hosts: spec.hosts,
    gateways: spec.gateways,
    rules: keyedRules(object).map(({ key, rule }) => toRule(rule, key, namespace, subsets)),
    otherLists: (['tcp', 'tls'] as const).filter((list) => spec[list].length > 0),
    ledger: ledgerOf(object),
    lastWriter: lastWriter === undefined ? undefined : { manager: lastWriter.manager, at: lastWriter.time },
    owners: ownersOf(metadata, lastWriter?.manager, rolloutOf(object, rulesOf)),
  };
}

function rolloutOf(object: VirtualService, rulesOf: (host: string) => readonly DestinationRule[]): string | undefined {
  const rules = destinationHosts(object).flatMap(rulesOf);
  return rules.map(({ metadata }) => metadata.annotations?.[rolloutAnnotation]).find((rollout) => rollout);
}

/** Whoever changed the rules last. All of them are one owner's; the times alone are whole seconds, and count every annotation. */
function lastWriterOf({ managedFields }: VirtualService['metadata']): { manager: string; time: string } | undefined {
  const ofRules = managedFields.filter(({ fieldsV1 }) => fieldsV1?.['f:spec']['f:http'] !== undefined);
  const writers = ofRules.length > 0 ? ofRules : managedFields;
  return writers.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1);
}

/**
 * Sets one rule's weights and the ledger, and touches nothing else. `replace` of the resourceVersion is the guard: the API server
 * answers 409 when it is stale, where a failed `test` would be a 422 like any malformed patch.
 */
export function weightsPatch(object: VirtualService, ruleKey: string, to: Split, ledger: Ledger): JsonPatch {
  const { metadata } = object;
  const found = keyedRules(object).find(({ key }) => key === ruleKey);
  if (found === undefined) throw new RejectedError(`VirtualService ${metadata.name} has no rule ${ruleKey}`);
  const text = ledgerText(metadata.annotations, ledger);
  refuseIfTooLarge(metadata, text);
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ledgerOperation(metadata.annotations, text),
    ...weightOperations(`/spec/http/${found.at}/route`, found.rule.route ?? [], to),
  ];
}

/** The weights of a rule as an answer of the API server holds them. */
export function splitOf(object: VirtualService, ruleKey: string): Split {
  return toSplit(keyedRules(object).find(({ key }) => key === ruleKey)?.rule.route ?? []);
}

type Subset = DestinationRule['spec']['subsets'][number];

function toRule(rule: HttpRule, key: string, namespace: string, subsets: (host: string) => readonly Subset[]): Rule {
  const route = rule.route ?? [];
  const hosts = [...new Set(route.map((each) => each.destination.host))];
  const defined = hosts
    .map((host) => resolveHost(host, namespace))
    .flatMap((host) => subsets(host).map((subset) => backendOf(subset, host)));
  const withoutSubset = route.filter((each) => each.destination.subset === undefined).map(versionOf);
  return {
    key,
    name: rule.name,
    match: key === defaultRule ? undefined : describeMatches(rule.match ?? []),
    split: toSplit(route),
    unsplittable: whyUnsplittable(rule) ?? (key.startsWith('#') ? 'unnamed' : undefined),
    besides: besides(rule),
    host: hosts.length === 1 ? hosts[0] : undefined,
    served: [...new Set([...defined.map(({ version }) => version), ...withoutSubset])],
    backends: [...defined, ...undefinedBackends(route, namespace, defined)],
  };
}

function backendOf({ name, labels }: Subset, host: string): Backend {
  return { version: name, host, label: labels?.['version'] ?? name };
}

/** Destinations without a subset, and those whose subset no DestinationRule defines: their requests are counted, too, if only as lost. */
function undefinedBackends(
  route: readonly Destination[],
  namespace: string,
  defined: readonly Backend[],
): readonly Backend[] {
  return route
    .map((each) => ({
      version: versionOf(each),
      host: resolveHost(each.destination.host, namespace),
      label: each.destination.subset,
    }))
    .filter(({ version, host }) => !defined.some((each) => each.version === version && each.host === host));
}

function besides({ fault, mirror, mirrors }: HttpRule): Rule['besides'] {
  const isMirrored = mirror !== undefined || mirrors !== undefined;
  return [...(fault === undefined ? [] : (['fault'] as const)), ...(isMirrored ? (['mirror'] as const) : [])];
}

/** Every http rule with the key that the ledger and `--route` know it by. */
function keyedRules({
  spec,
}: VirtualService): readonly { readonly key: string; readonly at: number; readonly rule: HttpRule }[] {
  const defaultAt = spec.http.findIndex((rule) => isCatchAll(rule.match));
  const uses = new Map<string, number>();
  for (const { name = '' } of spec.http) uses.set(name, (uses.get(name) ?? 0) + 1);
  return spec.http.map((rule, at) => ({ key: at === defaultAt ? defaultRule : ownKey(rule, at, uses), at, rule }));
}

/** A name that two rules share tells neither. */
function ownKey({ name }: HttpRule, at: number, uses: ReadonlyMap<string, number>): string {
  const isTelling = name !== undefined && name !== '' && name !== defaultRule && !name.startsWith('#');
  return isTelling && uses.get(name) === 1 ? name : `#${at + 1}`;
}

function whyUnsplittable(rule: HttpRule): Unsplittable | undefined {
  if (rule.redirect !== undefined) return 'redirect';
  if (rule.directResponse !== undefined) return 'direct-response';
  if (rule.delegate !== undefined) return 'delegate';
  const versions = (rule.route ?? []).map(versionOf);
  if (versions.length === 0) return 'no-destination';
  if ((rule.route ?? []).some(({ weight = 0 }) => weight < 0)) return 'invalid-weight';
  return new Set(versions).size < versions.length ? 'ambiguous-destinations' : undefined;
}

/** A subset names a version; a destination without one sends to every pod of its host, and is called by that. */
function versionOf({ destination: { host, subset } }: Destination): string {
  return subset ?? host;
}

/** An omitted weight is 0, but a single destination has everything whatever its weight says (istio `BuildHTTPRoutesForVirtualService`). */
function toSplit(route: readonly Destination[]): Split {
  const [only] = route;
  if (route.length === 1 && only !== undefined) return { [versionOf(only)]: 100 };
  return Object.fromEntries(route.map((each) => [versionOf(each), Math.max(0, each.weight ?? 0)]));
}

function weightOperations(path: string, route: readonly Destination[], to: Split): JsonPatch {
  const present = new Set(route.map(versionOf));
  const added = Object.entries(to).filter(([version, weight]) => !present.has(version) && weight > 0);
  if (route.length + added.length === 1) return [];

  const changed = route.flatMap((each, at) => {
    const weight = weightOf(to, versionOf(each));
    return (each.weight ?? 0) === weight ? [] : [{ op: 'add' as const, path: `${path}/${at}/weight`, value: weight }];
  });
  return [
    ...changed,
    ...added.map(([version, weight]) => ({
      op: 'add' as const,
      path: `${path}/-`,
      value: beside(route, version, weight),
    })),
  ];
}

/** A new destination beside the others: their host and port, and nothing that somebody meant for one of them alone. */
function beside([sibling]: readonly Destination[], subset: string, weight: number): Destination {
  const { host = '', port } = sibling?.destination ?? {};
  return { destination: { host, subset, ...(port === undefined ? {} : { port }) }, weight };
}

/** What the API server takes of all annotations of an object together (apimachinery `TotalAnnotationSizeLimitB`). */
const maxAnnotationBytes = 256 * 1024;

/** Our history gives way to what others have noted on the object: it is no reason to refuse a rollback. */
export function ledgerText(annotations: Readonly<Record<string, string>> = {}, ledger: Ledger): string {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return formatLedger(ledger, maxAnnotationBytes - bytesOf({ ...others, [ledgerAnnotation]: '' }));
}

function bytesOf(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

/** Said before it is tried, since the API server's own words name neither the object nor what to do. */
function refuseIfTooLarge({ annotations, namespace, name }: VirtualService['metadata'], ledger: string): void {
  if (ledger.length > maxLedgerLength)
    throw new TooLargeError(
      `what shiftbot would record on VirtualService ${namespace}/${name} is ${ledger.length} characters, over the ${maxLedgerLength} that it reads again: the rule has too many versions, or too long a name`,
    );
  const all = { ...annotations, [ledgerAnnotation]: ledger };
  const bytes = bytesOf(all);
  if (bytes <= maxAnnotationBytes) return;
  const [largest = ''] = Object.entries(all).toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  throw new TooLargeError(
    `the annotations of VirtualService ${namespace}/${name} would be ${bytes} bytes, over the ${maxAnnotationBytes} that the API server takes; the largest is ${largest}`,
  );
}

function ledgerOperation(annotations: Record<string, string> | undefined, text: string): JsonPatch[number] {
  if (annotations === undefined)
    return { op: 'add', path: '/metadata/annotations', value: { [ledgerAnnotation]: text } };
  return { op: 'add', path: `/metadata/annotations/${ledgerAnnotation.replace('/', '~1')}`, value: text };
}

export function ledgerOf({ metadata }: VirtualService): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'ledger') return reading.ledger;
  const object: Pick<RoutingObject, 'namespace' | 'name'> = metadata;
  throw new LedgerUnreadableError(
    `the annotation ${ledgerAnnotation} of VirtualService ${object.namespace}/${object.name} holds what shiftbot did not write: ${reading.why}`,
  );
}
