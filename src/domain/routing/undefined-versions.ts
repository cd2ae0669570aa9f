import { resolveHost } from './names.ts';
import type { ObjectContent, ObjectRef } from './object.ts';
import type { Rule } from './route.ts';
import { weightOf } from './split.ts';

/** The versions that one DestinationRule defines. */
export interface Definition {
  /** Its own name. */
  readonly name: string;
  /** Resolved; it may begin with a star. */
  readonly host: string;
  readonly versions: readonly string[];
}

/** A version of a host, resolved. */
export interface HostVersion {
  readonly host: string;
  readonly version: string;
}

/**
 * The versions of the namespace's own hosts that get requests although nothing defines them: the proxies answer those with 503 and have
 * no cluster for them (NC). What is defined for hosts of elsewhere is not known here.
 */
export function undefinedVersions(
  rules: readonly Rule[],
  { namespace }: Pick<ObjectRef, 'namespace'>,
  definitions: readonly Definition[],
): readonly HostVersion[] {
  const sent = rules.flatMap(({ split, backends = [] }) =>
    backends.filter(({ version, label }) => label !== undefined && weightOf(split, version) > 0),
  );
  const lost = sent.filter(
    ({ host, version }) =>
      isIn(namespace, host) && !definitions.some((each) => covers(each, host) && each.versions.includes(version)),
  );
  return [...new Map(lost.map(({ host, version }) => [`${version}.${host}`, { host, version }])).values()];
}

/** What an object is to become; absent where it is to be gone. */
export interface Becoming {
  readonly object: ObjectRef;
  readonly after?: ObjectContent | undefined;
}

/** What DestinationRules define once they are as they are to be: those that are written count as they become. */
export function definitionsAfter(
  definitions: readonly Definition[],
  becoming: readonly Becoming[],
): readonly Definition[] {
  const written = becoming.filter(({ object }) => object.kind === 'DestinationRule');
  const left = definitions.filter(({ name }) => !written.some(({ object }) => object.name === name));
  return [...left, ...written.flatMap((each) => definitionIn(each) ?? [])];
}

function definitionIn({ object: { name, namespace }, after }: Becoming): Definition | undefined {
  const { host, subsets = [] } = after?.spec ?? {};
  if (typeof host !== 'string' || !Array.isArray(subsets)) return undefined;
  return { name, host: resolveHost(host, namespace), versions: subsets.map((subset) => String(subset?.name ?? '')) };
}

function covers({ host: pattern }: Definition, host: string): boolean {
  return pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : withoutDomain(host) === withoutDomain(pattern);
}

/** Whether it is a service of the namespace, in a cluster of whatever domain. */
function isIn(namespace: string, host: string): boolean {
  const [, its, svc] = host.split('.');
  return its === namespace && svc === 'svc';
}

/** The domain of a cluster is not known here: what is written short is the same host. */
function withoutDomain(host: string): string {
  const labels = host.split('.');
  return labels[2] === 'svc' ? labels.slice(0, 3).join('.') : host;
}
